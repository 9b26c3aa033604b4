import type { PathId } from '../../../core/base/machine.ts';
import { icyTitleText } from '../../../core/wire/icy.ts';
import type { EdgeRig } from './edge-rig.ts';
import { FRAME_US, numbered } from './frames.ts';
import { announce, data, hex, metadata, streamId } from './messages.ts';

export const FRAME_MS: number = FRAME_US / 1000;

export interface SourceOptions {
  stream: number;
  mount?: string;
  /** When its frame 0 begins in the programme, in ms: less than a frame unless it starts later. */
  phaseMs?: number;
  /** How much later than its end a frame arrives, by turns. */
  delayMs?: readonly number[];
  /** The first sequence number. */
  first?: number;
  /** Makes the frame of a number. */
  frame?: (number: number, maker: number) => Uint8Array;
  title?: string;
}

/** An encoder as an edge sees it: frame n holds the programme from `phaseMs + n` frames on, and arrives when that is over. */
export class Source {
  readonly stream: number;
  readonly name: string;
  readonly phaseMs: number;
  readonly mount: string;
  sequence: number;
  number = 0;
  title: string | undefined;
  /** Paths that it comes by. */
  paths: PathId[];
  transport: 'tcp' | 'udp' = 'tcp';
  readonly #delayMs: readonly number[];
  readonly #frame: (number: number, maker: number) => Uint8Array;
  #announcedAt = -Infinity;
  #lastAt = -Infinity;

  constructor(paths: PathId | PathId[], { stream, mount = 'test', phaseMs = 0, delayMs = [5], first = 1, frame = numbered, title }: SourceOptions) {
    this.paths = Array.isArray(paths) ? paths : [paths];
    this.stream = stream;
    this.name = hex(streamId(stream));
    this.mount = mount;
    this.phaseMs = phaseMs;
    this.sequence = first;
    this.title = title;
    this.#delayMs = delayMs;
    this.#frame = frame;
  }

  /** When its next frame arrives. */
  get nextMs(): number {
    const at = this.phaseMs + (this.number + 1) * FRAME_MS + this.#delayMs[this.number % this.#delayMs.length]!;
    return Math.max(at, this.#lastAt);
  }

  /** Sends what belongs to its next frame: announcements every 2 s, then the frame itself. */
  send(rig: EdgeRig): void {
    const messages: Uint8Array[] = [];
    this.#lastAt = this.nextMs;
    if (this.nextMs - this.#announcedAt >= 2_000) {
      this.#announcedAt = this.nextMs;
      messages.push(announce(this.sequence++, this.mount, this));
      messages.push(metadata(this.sequence++, icyTitleText(this.title ?? ''), this));
    }
    messages.push(data(this.sequence++, this.#frame(this.number++, this.stream), this));
    for (const path of this.paths) rig[this.transport](path, ...messages);
  }

  /** Its next frame, and what belongs to it, never arrives anywhere. */
  lose(count = 1): void {
    this.sequence += count;
    this.number += count;
  }

  setTitle(rig: EdgeRig, title: string): void {
    this.title = title;
    for (const path of this.paths) rig[this.transport](path, metadata(this.sequence++, icyTitleText(title), this));
  }

  /** Frames while it was not heard are not made, or not kept: it goes on with the one that is due. */
  skipTo(atMs: number): void {
    while (this.nextMs < atMs) {
      this.sequence++;
      this.number++;
    }
  }
}

/** Lets these sources send what is due until `untilMs`. */
export function onAir(rig: EdgeRig, sources: readonly Source[], untilMs: number): void {
  for (;;) {
    const due = [...sources].sort((a, b) => a.nextMs - b.nextMs)[0];
    if (due === undefined || due.nextMs > untilMs) break;
    rig.until(due.nextMs);
    due.send(rig);
  }
  rig.until(untilMs);
}
