import { ms, type Micros } from '../../core/base/units.ts';
import { exponential, type Dice, type Random } from './rng.ts';
import type { World } from './world.ts';

/** How one direction of a path treats what is sent by it. */
export interface Conditions {
  readonly latencyMs: number;
  /** Up to so much more; small delays are likelier. */
  readonly jitterMs: number;
  /** Packets lost in bursts, as the Gilbert-Elliott model has it: the bad state loses all. */
  readonly loss: BurstLoss;
  /** Datagrams that arrive twice, as a share. */
  readonly duplicates: number;
  /** Datagrams that are held back on the way, as a share, and for how long on average. */
  readonly reordered: number;
  readonly reorderMs: number;
  /** Infinity: as fast as it comes. */
  readonly bitsPerSecond: number;
  /** A datagram that would wait for longer than this is dropped. */
  readonly queueMs: number;
}

export interface BurstLoss {
  /** Share of all packets that are lost. */
  readonly share: number;
  /** Mean number of packets lost in a row. */
  readonly burst: number;
}

export const ordinary: Conditions = {
  latencyMs: 10,
  jitterMs: 2,
  loss: { share: 0, burst: 1 },
  duplicates: 0,
  reordered: 0,
  reorderMs: 30,
  bitsPerSecond: Infinity,
  queueMs: 200,
};

/** A packet that does not arrive. */
export const LOST = -1;

const PACKET_BYTES = 1_448;

/** One direction of the path between two hosts: it says how long a packet takes, or that it is lost. */
export class Way {
  readonly #world: World;
  readonly #jitter: Random;
  readonly #lossDraw: Random;
  readonly #reorderDraw: Random;
  readonly #duplicateDraw: Random;
  #conditions: Conditions;
  #isCut = false;
  /** Connections that were begun before then are swallowed. */
  #forgottenBefore = 0 as Micros;
  #inBadState = false;
  #freeAt = 0 as Micros;

  constructor(world: World, dice: Dice, name: string, conditions: Conditions) {
    this.#world = world;
    this.#conditions = conditions;
    this.#jitter = dice.stream(`path:${name}:jitter`);
    this.#lossDraw = dice.stream(`path:${name}:loss`);
    this.#reorderDraw = dice.stream(`path:${name}:reorder`);
    this.#duplicateDraw = dice.stream(`path:${name}:duplicate`);
  }

  get conditions(): Conditions {
    return this.#conditions;
  }

  change(changes: Partial<Conditions>): void {
    this.#conditions = { ...this.#conditions, ...changes };
  }

  /** Nothing gets through until it is healed, and nobody is told. What is on its way still arrives. */
  cut(): void {
    this.#isCut = true;
  }

  heal(): void {
    this.#isCut = false;
  }

  /**
   * Something on the way that keeps account of connections (a firewall, a NAT) forgets those that there are: what they
   * carry is swallowed from now on, and nobody is told. New ones get through.
   */
  forget(): void {
    this.#forgottenBefore = this.#world.now;
  }

  /** It remembers them again. */
  recall(): void {
    this.#forgottenBefore = 0 as Micros;
  }

  /** Whether nothing gets through of a connection that was begun at that time. */
  swallows(begunAt: Micros): boolean {
    return this.#isCut || begunAt < this.#forgottenBefore;
  }

  /** Without jitter, loss and queue. */
  get latency(): Micros {
    return ms(this.#conditions.latencyMs);
  }

  /** How long these bytes of a TCP connection that was begun then take, or LOST when one of their packets is. */
  stream(bytes: number, begunAt: Micros): number {
    return this.swallows(begunAt) || this.#loses(packets(bytes)) ? LOST : this.#travel(this.#transmit(bytes));
  }

  /** How long this datagram takes, or LOST. */
  datagram(bytes: number): number {
    const { queueMs, reordered, reorderMs } = this.#conditions;
    if (this.#isCut || this.#loses(packets(bytes))) return LOST;
    if (this.#freeAt - this.#world.now > ms(queueMs)) return LOST;
    const delay = this.#travel(this.#transmit(bytes));
    if (reordered === 0 || this.#reorderDraw() >= reordered) return delay;
    return delay + exponential(this.#reorderDraw, ms(reorderMs));
  }

  /** How long after the datagram a second copy of it comes, or LOST when there is none. */
  duplicate(): number {
    const { duplicates, reorderMs } = this.#conditions;
    if (duplicates === 0 || this.#duplicateDraw() >= duplicates) return LOST;
    return exponential(this.#duplicateDraw, ms(reorderMs));
  }

  /** Whether single packets are lost or wait, so that a TCP connection had better send them singly. */
  get isPoor(): boolean {
    return this.#conditions.loss.share > 0 || this.#conditions.bitsPerSecond !== Infinity;
  }

  /** From when on a TCP connection sends more: it feels its way, and does not fill a queue for minutes. */
  get clearAt(): Micros {
    return (this.#freeAt - ms(this.#conditions.queueMs)) as Micros;
  }

  #travel(queued: number): number {
    const { latencyMs, jitterMs } = this.#conditions;
    const draw = jitterMs === 0 ? 0 : this.#jitter();
    return queued + ms(latencyMs + jitterMs * draw * draw);
  }

  /** Takes the path for as long as these bytes need; returns for how long, from now, they wait and are sent. */
  #transmit(bytes: number): number {
    const { bitsPerSecond } = this.#conditions;
    if (bitsPerSecond === Infinity) return 0;
    const now = this.#world.now;
    this.#freeAt = (Math.max(now, this.#freeAt) + Math.ceil((bytes * 8_000_000) / bitsPerSecond)) as Micros;
    return this.#freeAt - now;
  }

  #loses(packets: number): boolean {
    const { share, burst } = this.#conditions.loss;
    if (share === 0) return false;
    let lost = false;
    for (let i = 0; i < packets; i++) {
      const flip = this.#inBadState ? 1 / burst : share / (burst * (1 - share));
      if (this.#lossDraw() < flip) this.#inBadState = !this.#inBadState;
      if (this.#inBadState) lost = true;
    }
    return lost;
  }
}

/** One even when there is nothing to say but that a connection opens or closes. */
function packets(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / PACKET_BYTES));
}
