import type { Machine, PathId } from '../../../core/base/machine.ts';
import { ms, type Micros } from '../../../core/base/units.ts';
import { framesOf, readProgramme } from '../../load/frames.ts';
import { mountName, type LoadPlan } from '../../load/plan.ts';
import { RelayStream } from '../../load/stream.ts';

/** What comes at one moment by one path. */
interface Chunk {
  readonly atUs: Micros;
  /** Which encoder of all, or which relay. */
  readonly from: number;
  readonly bytes: Uint8Array;
}

/** What encoders or relays send for a while, made before it is measured. */
export interface Traffic {
  readonly chunks: readonly Chunk[];
  readonly messages: number;
  readonly endUs: Micros;
}

const TICK_MS = 5;
/** Calls of `receive` between two of `pause`. */
const PAUSE_EVERY = 64;

/**
 * What the encoders of a plan send, from a time on. By 'encoder': a chunk for each message, as a relay gets them. By 'relay': a chunk for all
 * messages of a tick of 5 ms, as an edge gets them from each of its relays.
 */
export class TrafficMaker {
  readonly #plan: LoadPlan;
  readonly #by: 'encoder' | 'relay';
  readonly #streams: readonly RelayStream[];
  #chunks: Chunk[] = [];
  #tick: Uint8Array[][];
  #nowMs = 0;

  constructor(plan: LoadPlan, by: 'encoder' | 'relay') {
    this.#plan = plan;
    this.#by = by;
    this.#tick = plan.ports.map(() => []);
    const programme = readProgramme(plan.programme);
    const streams: RelayStream[] = [];
    for (let mount = 0; mount < plan.mounts; mount++) {
      for (let encoder = 0; encoder < plan.encoders; encoder++) {
        const number = streams.length;
        const outlets = plan.ports.map((_, relay) => ({ write: (bytes: Uint8Array, length: number) => this.#write(number, relay, bytes.slice(0, length)) }));
        streams.push(new RelayStream({ mount: mountName(mount), ...framesOf(plan, programme, mount, encoder), outlets, startMs: 0 }));
      }
    }
    this.#streams = streams;
  }

  /** How many paths it comes by. */
  get paths(): number {
    return this.#by === 'relay' ? this.#plan.ports.length : this.#streams.length;
  }

  /** What is sent in the next so many milliseconds. */
  next(spanMs: number): Traffic {
    this.#chunks = [];
    let messages = 0;
    for (const endMs = this.#nowMs + spanMs; this.#nowMs < endMs; this.#nowMs += TICK_MS) {
      for (const stream of this.#streams) messages += stream.tick(this.#nowMs);
      if (this.#by === 'relay') this.#tick.forEach((parts, relay) => parts.length > 0 && this.#add(relay, Buffer.concat(parts)));
      this.#tick = this.#tick.map(() => []);
    }
    return { chunks: this.#chunks, messages, endUs: ms(this.#nowMs) };
  }

  #write(stream: number, relay: number, bytes: Uint8Array): void {
    if (this.#by === 'relay') this.#tick[relay]!.push(bytes);
    else this.#add(stream, bytes);
  }

  #add(from: number, bytes: Uint8Array): void {
    this.#chunks.push({ atUs: ms(this.#nowMs + 1), from, bytes });
  }
}

/** A machine that bytes come to by paths. */
export interface Receiver extends Machine {
  receive(now: Micros, path: PathId, bytes: Uint8Array): void;
}

/** Gives it to a machine as a driver would: bytes when they come, and a call at every deadline. `pause` is called now and then between two calls. */
export function play(machine: Receiver, paths: readonly PathId[], { chunks, endUs }: Traffic, pause: () => void = () => undefined): void {
  for (let index = 0; index < chunks.length; index++) {
    const { atUs, from, bytes } = chunks[index]!;
    while (machine.deadline <= atUs) machine.advance(machine.deadline);
    machine.receive(atUs, paths[from]!, bytes);
    if (index % PAUSE_EVERY === 0) pause();
  }
  while (machine.deadline <= endUs) machine.advance(machine.deadline);
}
