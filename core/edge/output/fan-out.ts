import type { MountId } from '../../base/machine.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import { type FrameFormat, type FrameHeader, emptyFrameHeader } from '../../codec/format/format.ts';
import { isSameFormat, snapshotFormat } from '../../codec/formats.ts';
import { readHeader } from '../../codec/header.ts';
import type { OutputEvent } from './events.ts';
import { ListenerExperience } from './experience.ts';
import type { Discontinuity, FrameOutput, MountOutput, OutputOf } from './output.ts';

export interface FanOutOptions {
  readonly id: MountId;
  readonly name: string;
  /** What a new listener is given at once. */
  readonly burstUs: Micros;
  readonly outputs: (of: OutputOf) => readonly MountOutput[];
  /** How many listen, for events. */
  readonly listeners: () => number;
  readonly event: (event: OutputEvent) => void;
}

/** Takes each frame of a mountpoint that it has as its fallback. `bytes` is borrowed for the call. */
export interface Follower {
  /** The mountpoint begins. */
  opened(): void;
  frame(now: Micros, bytes: Uint8Array, durationUs: number): void;
}

/** What the header of the newest frame of any mountpoint says. */
const header: FrameHeader = emptyFrameHeader();

/**
 * What one mountpoint gives out, to each of its outputs.
 *
 *     frame, with a text or none -> format? title? frame -> listeners
 *                                                        -> a mountpoint that has this one as its fallback
 *                                                        -> ...
 */
export class FanOut implements FrameOutput, OutputOf {
  readonly id: MountId;
  readonly name: string;
  /** What its listeners notice. */
  readonly experience: ListenerExperience;
  readonly #outputs: readonly MountOutput[];
  #followers: readonly Follower[] = [];
  readonly #options: FanOutOptions;
  #format: FrameFormat | undefined;
  #text = '';
  #bytes = 0;

  constructor(options: FanOutOptions) {
    this.id = options.id;
    this.name = options.name;
    this.experience = new ListenerExperience(options.burstUs);
    this.#options = options;
    this.#outputs = options.outputs(this);
  }

  get format(): FrameFormat | undefined {
    return this.#format;
  }

  get text(): string {
    return this.#text;
  }

  /** All frames given out since the start. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Mountpoints that have this one as their fallback from now on. They come last: they may end, and be followed themselves. */
  followedBy(followers: readonly Follower[]): void {
    this.#followers = followers;
  }

  /** What its first frame will have, which is on its way: whoever comes before that is told. */
  announce(now: Micros, format: FrameFormat): void {
    for (const output of this.#outputs) output.format(now, format);
  }

  opened(now: Micros): void {
    for (const output of this.#outputs) output.opened(now);
    for (const follower of this.#followers) follower.opened();
  }

  discontinuity(now: Micros, discontinuity: Discontinuity): void {
    // Before the first frame there is nothing that could go on.
    if (this.#format === undefined) return;
    this.experience.discontinuity(discontinuity);
    for (const output of this.#outputs) output.discontinuity(now, discontinuity);
  }

  frame(now: Micros, bytes: Uint8Array, durationUs: number, text: string | undefined): void {
    if (readHeader(bytes, 0, header) === undefined && !isSameFormat(header.format, this.#format)) this.#newFormat(now, header.format);
    if (text !== undefined && text !== this.#text) this.#newText(now, text);
    this.#bytes += bytes.length;
    this.experience.frame(now, durationUs);
    for (const output of this.#outputs) output.frame(now, bytes, durationUs);
    for (const follower of this.#followers) follower.frame(now, bytes, durationUs);
  }

  ended(now: Micros): void {
    for (const output of this.#outputs) output.ended(now);
  }

  /** Saves or restores its state; its outputs have one of their own. */
  snapshot(a: Snapshot): void {
    this.#format = snapshotFormat(a, this.#format);
    this.#text = a.text(this.#text);
    this.#bytes = a.number(this.#bytes);
  }

  #newText(now: Micros, text: string): void {
    this.#text = text;
    for (const output of this.#outputs) output.title(now, text);
  }

  #newFormat(now: Micros, format: FrameFormat): void {
    const before = this.#format;
    this.#format = format;
    for (const output of this.#outputs) output.format(now, format);
    if (before === undefined) return;
    const { name, listeners, event } = this.#options;
    const { codec, sampleRateHz, channels } = format;
    event({ kind: 'new-format', mount: name, codec, sampleRateHz, channels, before, listeners: listeners() });
  }
}
