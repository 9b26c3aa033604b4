import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { snapshotFormat, isSameFormat } from '../../codec/formats.ts';
import { icyTitleText } from '../../wire/icy.ts';
import { FrameRing } from '../stream/ring.ts';
import type { Micros } from '../../base/units.ts';
import type { OutputOf } from '../output/output.ts';
import { MOST_AT_ONCE_US, type FallbackSink, type FallbackSource } from './source.ts';

export interface FallbackMountOptions {
  /** Of the other mountpoint. */
  readonly name: string;
  readonly budget: MemoryBudget;
  readonly sink: FallbackSink;
}

/** Of the other mountpoint's newest seconds: at 512 kbit/s. */
const KEPT_BYTES = 262_144;
const UNTITLED = icyTitleText('');

/**
 * Another mountpoint of the same edge, whatever it gives out: one of its streams, or a fallback of its own. Its newest
 * seconds are kept, so that what was missed can follow at once.
 */
export class FallbackMount implements FallbackSource {
  readonly name: string;
  readonly #sink: FallbackSink;
  readonly #ring: FrameRing;
  #isOn = false;
  #format: FrameFormat | undefined;
  #heardAt = 0 as Micros;
  /** Where in the ring the last frame that was given ends: none before that is given again. */
  #givenUntilUs = 0;

  constructor({ name, budget, sink }: FallbackMountOptions) {
    this.name = name;
    this.#sink = sink;
    this.#ring = new FrameRing(MOST_AT_ONCE_US, KEPT_BYTES, budget);
  }

  get format(): FrameFormat | undefined {
    return this.#format;
  }

  get bitrateBps(): number {
    return this.#ring.bitrateBps;
  }

  get heldBytes(): number {
    return this.#ring.heldBytes;
  }

  /** The mountpoint begins, perhaps anew: its first frame continues nothing that it gave out before. */
  begins(): void {
    this.#ring.clear();
    this.#givenUntilUs = 0;
    if (this.#isOn) this.#sink.cut();
  }

  /** The mountpoint has given out a frame, of this format; `text` is what its listeners see. */
  heard(now: Micros, bytes: Uint8Array, durationUs: number, { text, format }: Pick<OutputOf, 'text' | 'format'>): void {
    const ring = this.#ring;
    if (!isSameFormat(format, this.#format)) {
      this.#format = format;
      this.begins();
    }
    ring.push(bytes, ring.endUs, durationUs, text === '' ? UNTITLED : text);
    this.#heardAt = now;
    if (this.#isOn) this.#give(now, ring.count - 1);
  }

  start(now: Micros, since: Micros): void {
    this.#isOn = true;
    this.#sink.cut();
    const ring = this.#ring;
    // A frame that is still being heard there is given even if it came before that: who calls for something in place of silence goes on with the silence until then.
    const newestUs = ring.count === 0 ? 0 : ring.frame(ring.count - 1).durationUs;
    const soundingUs = now - this.#heardAt < newestUs ? newestUs : 0;
    // Frames that came faster than they play reach further back than the time that has passed.
    const fromUs = Math.max(ring.endUs - Math.max(this.#heardAt - since, soundingUs), this.#givenUntilUs);
    for (let index = 0; this.#isOn && index < ring.count; index++) if (ring.frame(index).mediaUs >= fromUs) this.#give(now, index);
  }

  stop(): void {
    this.#isOn = false;
  }

  dispose(): void {
    this.stop();
    this.#ring.dispose();
  }

  snapshot(a: Snapshot): void {
    this.#ring.snapshot(a);
    this.#isOn = a.flag(this.#isOn);
    this.#format = snapshotFormat(a, this.#format);
    this.#heardAt = a.number(this.#heardAt);
    this.#givenUntilUs = a.number(this.#givenUntilUs);
  }

  #give(now: Micros, index: number): void {
    const { bytes, mediaUs, durationUs, text } = this.#ring.frame(index);
    this.#givenUntilUs = mediaUs + durationUs;
    this.#sink.frame(now, bytes, durationUs, text ?? UNTITLED, (back) => this.#ring.before(index, back));
  }
}
