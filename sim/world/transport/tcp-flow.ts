import { ms, NEVER, type Micros } from '../../../core/base/units.ts';
import { Alarm } from '../alarm.ts';
import { Fifo } from './fifo.ts';
import { LOST, type Way } from '../path.ts';
import type { KernelEnd } from './kernel-end.ts';
import { parcel, type Channel, type Parcel, type Trace } from '../trace.ts';
import type { World } from '../world.ts';

export interface FlowOptions {
  readonly world: World;
  /** When the connection was begun. */
  readonly begunAt: Micros;
  readonly trace: Trace;
  readonly channel: Channel;
  readonly way: Way;
  /** The way that acknowledgements take. */
  readonly back: Way;
  readonly from: KernelEnd;
  readonly to: KernelEnd;
}

interface Segment {
  /** Undefined: the end of the stream (FIN). */
  readonly parcel: Parcel | undefined;
  /** NEVER: lost, to be sent again. */
  arriveAt: Micros;
}

/** What the sending kernel holds at most until it is acknowledged; beyond that the process has to keep it. */
const SEND_BUFFER_BYTES = 87_040;
const SEGMENT_BYTES = 16_384;
const PACKET_BYTES = 1_448;
const MIN_PROBE_MS = 10;
const MIN_TIMEOUT_MS = 200;
const MAX_TIMEOUT_MS = 120_000;
/** Linux gives a connection up after 15 retransmissions. */
const GIVE_UP_MS = 924_600;

/**
 * One direction of a TCP connection, whose bytes arrive all and in order, or not at all:
 *
 *     send -> waiting (in the process) -> in flight (in the kernel, until acknowledged) -> the other kernel
 *
 * A lost segment is sent again: after two round trips at first, later after a timeout that doubles. Those behind it
 * arrive when it does. So loss and short cuts become delay.
 */
export class Flow {
  readonly #options: FlowOptions;
  readonly #waiting = new Fifo<Segment>();
  readonly #flight = new Fifo<Segment>();
  readonly #acks = new Fifo<{ readonly at: Micros; readonly bytes: number }>();
  readonly #arrive = (): void => this.#arrived();
  readonly #repair: Alarm;
  readonly #pump: Alarm;
  readonly #acknowledgeAgain: Alarm;
  #waitingBytes = 0;
  #unackedBytes = 0;
  /** Acknowledgements that have not been sent, because the receiver's buffer is full or the way back is cut. */
  #owedBytes = 0;
  #timeouts = 0;
  /** When the first of the segments that are being sent again was lost. */
  #roundTripUs = 0;
  #brokenSince: Micros = NEVER;
  #isSilent = false;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#repair = new Alarm(options.world, () => this.#sendAgain());
    this.#pump = new Alarm(options.world, () => this.#fill());
    this.#acknowledgeAgain = new Alarm(options.world, () => this.acknowledge());
  }

  /** Bytes that the kernel has not taken. */
  get backlogBytes(): number {
    this.#settle();
    if (this.#waiting.length > 0) this.#fill();
    return this.#waitingBytes;
  }

  /** The backlog for those who only look: nothing is handed over to the kernel meanwhile. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bytes that the other side has not acknowledged: the backlog, and what the kernel has taken. */
  get unacknowledgedBytes(): number {
    this.#settle();
    return this.#waitingBytes + this.#unackedBytes;
  }

  /** Whether something was sent that the other side has not acknowledged. */
  get isUnacknowledged(): boolean {
    this.#settle();
    return this.#unackedBytes > 0;
  }

  send(bytes: Uint8Array): void {
    const { world, trace, channel, way } = this.#options;
    const most = way.isPoor ? PACKET_BYTES : SEGMENT_BYTES;
    for (let at = 0; at < bytes.length; at += most) {
      const piece = parcel(bytes.length <= most ? bytes : bytes.subarray(at, at + most));
      trace.traffic(world.now, 'sent', channel, piece);
      this.#waiting.push({ parcel: piece, arriveAt: NEVER });
      this.#waitingBytes += piece.bytes.length;
    }
    this.#fill();
  }

  /** The stream ends behind what is waiting. */
  end(): void {
    this.#waiting.push({ parcel: undefined, arriveAt: NEVER });
    this.#fill();
  }

  /** The process lets go of it: what only the process had is lost, what the kernel has is still delivered. */
  close(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    const fin: Segment = { parcel: undefined, arriveAt: NEVER };
    this.#flight.push(fin);
    this.#launch(fin, 0);
  }

  /** The sender exists no more, without a word. */
  silence(): void {
    this.#isSilent = true;
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#repair.cancel();
    this.#pump.cancel();
    this.#acknowledgeAgain.cancel();
  }

  /** The receiver has room again: what it owes it acknowledges. */
  acknowledge(): void {
    const { world, begunAt, back } = this.#options;
    if (this.#owedBytes === 0) return;
    if (back.swallows(begunAt)) {
      // The sender would send again until one of the answers gets through.
      this.#acknowledgeAgain.set((world.now + ms(2 * MIN_TIMEOUT_MS)) as Micros);
      return;
    }
    this.#acks.push({ at: (world.now + back.latency) as Micros, bytes: this.#owedBytes });
    this.#owedBytes = 0;
    if (this.#waiting.length > 0) this.#pump.set((world.now + back.latency) as Micros);
  }

  #settle(): void {
    const now = this.#options.world.now;
    for (let ack = this.#acks.first; ack !== undefined && ack.at <= now; ack = this.#acks.first) {
      this.#unackedBytes -= ack.bytes;
      this.#acks.shift();
    }
  }

  /** Hands over to the kernel as much as it takes. */
  #fill(): void {
    if (this.#isSilent) return;
    this.#settle();
    const { world, way } = this.#options;
    for (let next = this.#waiting.first; next !== undefined; next = this.#waiting.first) {
      const bytes = next.parcel?.bytes.length ?? 0;
      if (way.clearAt > world.now) {
        this.#pump.set(way.clearAt);
        return;
      }
      if (this.#unackedBytes > 0 && this.#unackedBytes + bytes > SEND_BUFFER_BYTES) break;
      this.#waiting.shift();
      this.#waitingBytes -= bytes;
      this.#unackedBytes += bytes;
      this.#flight.push(next);
      this.#launch(next, 0);
    }
    const ack = this.#acks.first;
    if (this.#waiting.length > 0 && ack !== undefined) this.#pump.set(ack.at);
  }

  #launch(segment: Segment, delay: number): void {
    const { world, begunAt, way, to } = this.#options;
    const travel = way.stream(segment.parcel?.bytes.length ?? 0, begunAt);
    if (travel === LOST) {
      this.#lose(segment);
      return;
    }
    segment.arriveAt = (world.now + delay + travel + to.host.wakeDelay()) as Micros;
    world.at(segment.arriveAt, this.#arrive);
  }

  #arrived(): void {
    const { world, to } = this.#options;
    if (this.#isSilent && !to.isOpen) return;
    for (let head = this.#flight.first; head !== undefined && head.arriveAt <= world.now; head = this.#flight.first) {
      if (!to.host.isOn) {
        this.#lose(head);
        return;
      }
      this.#flight.shift();
      this.#timeouts = 0;
      this.#brokenSince = NEVER;
      if (!to.isOpen || to.isReset) this.#refused();
      else if (head.parcel === undefined) to.kernelEnds();
      else this.#deliver(head.parcel);
    }
  }

  #deliver(what: Parcel): void {
    this.#owedBytes += what.bytes.length;
    this.#options.to.kernelTakes(what);
    if (this.#options.to.hasRoom) this.acknowledge();
  }

  /** Nobody at the other end knows this connection: its kernel says so. */
  #refused(): void {
    const { world, begunAt, back, from } = this.#options;
    this.#flight.clear();
    const travel = back.stream(0, begunAt);
    if (travel !== LOST) world.after(travel, () => from.kernelResets('reset'));
  }

  #lose(segment: Segment): void {
    segment.arriveAt = NEVER;
    if (this.#isSilent) return;
    const { world, way, back } = this.#options;
    if (this.#brokenSince === NEVER) this.#brokenSince = world.now;
    if (this.#repair.at !== NEVER) return;
    // While nothing gets through nobody learns that a round trip takes longer now.
    if (this.#timeouts === 0) this.#roundTripUs = way.latency + back.latency;
    const timeout =
      this.#timeouts === 0
        ? Math.max(ms(MIN_PROBE_MS), 2 * this.#roundTripUs)
        : Math.min(ms(MAX_TIMEOUT_MS), (ms(MIN_TIMEOUT_MS) + this.#roundTripUs) * 2 ** (this.#timeouts - 1));
    this.#repair.set((world.now + timeout) as Micros);
  }

  #sendAgain(): void {
    const { world, way, back, from } = this.#options;
    if (world.now - this.#brokenSince > ms(GIVE_UP_MS)) {
      this.#flight.clear();
      from.kernelResets('timed out');
      return;
    }
    let delay = 0;
    for (const segment of this.#flight) {
      if (segment.arriveAt !== NEVER) continue;
      if (way.clearAt > world.now) {
        // The rest waits here, not on a narrow path: it may be wide again before that would have been through.
        this.#repair.set(way.clearAt);
        return;
      }
      // Nothing is on its way, and nothing that waits for a narrow path is lost by that.
      if (segment === this.#flight.first) this.#timeouts++;
      this.#launch(segment, delay);
      // The first one probes; the others follow when it has been acknowledged.
      delay = way.latency + back.latency;
    }
  }
}
