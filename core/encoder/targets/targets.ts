import { assert } from '../../base/assert.ts';
import type { TargetId } from '../../base/machine.ts';
import type { Timer } from '../../base/timers.ts';
import { earliest, NEVER, type Micros } from '../../base/units.ts';
import type { Settings } from '../../config/settings.ts';
import type { Transport } from '../../links/transport.ts';
import type { SetTitle } from '../../wire/messages/set-title.ts';
import { Lane } from './lane.ts';
import type { EncoderStream } from '../stream.ts';
import { Target, type EncoderSink, type TargetFigures } from './target.ts';
import { TargetsLeft } from './targets-left.ts';

export interface TargetAddress {
  readonly transport: Transport;
  /** For events. */
  readonly label: string;
  /** The name by which sources choose it; its label, unless given. A name can have several addresses. */
  readonly name?: string;
  /** The replica number of its copies; the lowest that is free, unless given. */
  readonly id?: TargetId;
}

export interface TargetsOptions {
  readonly settings: Settings;
  readonly sink: EncoderSink;
  readonly timer: (reason: 'target-slow' | 'target-flush' | 'no-target', fire: (now: Micros) => void) => Timer<string>;
  /** All streams, those that have ended and are kept among them. */
  readonly streams: () => Iterable<EncoderStream>;
  /** A target says which title was set for the mountpoint of a stream. */
  readonly title: (now: Micros, mountpoint: string, set: SetTitle) => void;
}

/** The replica number is one byte. */
export const MAX_TARGETS = 256;

interface OpenTarget {
  readonly target: Target;
  readonly name: string;
  readonly lanes: Map<EncoderStream, Lane>;
}

/** All targets of an encoder, and which streams go to each. */
export class Targets {
  readonly #options: TargetsOptions;
  readonly #slow: Timer<string>;
  readonly #flush: Timer<string>;
  /** By replica number; those that are free are undefined. */
  readonly #all: (OpenTarget | undefined)[] = [];
  readonly #left: TargetsLeft;

  constructor(options: TargetsOptions) {
    const { sink, timer } = options;
    this.#options = options;
    this.#slow = timer('target-slow', (now) => this.pump(now));
    this.#flush = timer('target-flush', (now) => this.pump(now));
    this.#left = new TargetsLeft({
      up: () => this.#all.filter((open) => open?.target.isUp === true).length,
      timer,
      event: (event) => sink.event(event),
    });
  }

  /** Whether one that is up has not been given everything yet, or has not confirmed it. */
  get isBehind(): boolean {
    return this.#slow.armed || this.#flush.armed;
  }

  /** What was dropped, by target, because it was unreachable or slow for too long. */
  get lostMessages(): readonly number[] {
    return this.#all.map((open) => open?.target.lostMessages ?? 0);
  }

  /** What came back from them and acknowledges nothing that they were sent. */
  get strayMessages(): number {
    return this.#all.reduce((sum, open) => sum + (open?.target.strayMessages ?? 0), 0);
  }

  get figures(): readonly TargetFigures[] {
    return this.#all.flatMap((open) => open?.target.figures ?? []);
  }

  add(now: Micros, { transport, label, name = label, id = this.#freeId }: TargetAddress): TargetId {
    assert(id < MAX_TARGETS, 'a replica number is one byte');
    assert(this.#all[id] === undefined, 'two targets have one replica number');
    while (this.#all.length <= id) this.#all.push(undefined);
    const { settings, sink, streams } = this.#options;
    const target = new Target({ id, transport, label, settings, sink, wentDown: (at) => this.#left.down(at, label, 'stuck'), title: (at, lane, set) => this.#titleSaid(at, open, lane, set) });
    const open: OpenTarget = { target, name, lanes: new Map() };
    this.#all[id] = open;
    for (const stream of streams()) addLane(open, stream);
    this.#left.added(now, label);
    return id;
  }

  remove(id: TargetId): void {
    this.#target(id);
    this.#all[id] = undefined;
  }

  /** The connection to one is made. What is sent to it first goes out at the next `pump`. */
  up(now: Micros, id: TargetId): void {
    const target = this.#target(id);
    target.up(now);
    this.#left.up(now, target.label);
  }

  down(now: Micros, id: TargetId, reason: string): void {
    const target = this.#target(id);
    target.down();
    this.#left.down(now, target.label, reason);
  }

  /** What one sends back by its connection. */
  said(now: Micros, id: TargetId, bytes: Uint8Array): void {
    this.#target(id).said(now, bytes);
  }

  /** One more stream goes to those that it chooses. */
  addStream(stream: EncoderStream): void {
    for (const open of this.#all) if (open !== undefined) addLane(open, stream);
  }

  removeStream(stream: EncoderStream): void {
    for (const open of this.#all) {
      const lane = open?.lanes.get(stream);
      if (lane === undefined) continue;
      open!.lanes.delete(stream);
      open!.target.remove(lane);
    }
  }

  /** A message is in the journal of a stream. */
  added(stream: EncoderStream, message: Uint8Array): void {
    for (const open of this.#all) {
      const lane = open?.lanes.get(stream);
      if (lane !== undefined) open!.target.added(lane, message);
    }
  }

  /** What has been collected goes out at the next `pump`. */
  collectNoMore(now: Micros): void {
    for (const open of this.#all) open?.target.collectNoMore(now);
  }

  /** Sends as much as the systems take. */
  pump(now: Micros): void {
    let slow = NEVER;
    let flush = NEVER;
    for (const open of this.#all) {
      if (open === undefined) continue;
      slow = earliest(slow, open.target.pump(now));
      flush = earliest(flush, open.target.flushAt);
    }
    if (slow !== NEVER) this.#slow.setEarlier(slow);
    if (flush !== NEVER) this.#flush.setEarlier(flush);
  }

  #titleSaid(now: Micros, { lanes }: OpenTarget, lane: Lane, set: SetTitle): void {
    for (const [stream, its] of lanes) if (its === lane) return this.#options.title(now, stream.mountpoint, set);
  }

  get #freeId(): TargetId {
    const free = this.#all.indexOf(undefined);
    return (free < 0 ? this.#all.length : free) as TargetId;
  }

  #target(id: TargetId): Target {
    const open = this.#all[id];
    assert(open !== undefined, `there is no target ${id}`);
    return open.target;
  }
}

function addLane({ target, name, lanes }: OpenTarget, stream: EncoderStream): void {
  if (stream.to !== undefined && !stream.to.includes(name)) return;
  const lane = new Lane(stream.id, stream.journal);
  lanes.set(stream, lane);
  target.add(lane);
}
