import { ms, type Micros } from '../../../core/base/units.ts';
import { MAX_MODEL_FRAME_BYTES } from '../../programme/model-frame.ts';
import { nominalFrameUs, type ModelStream } from '../../programme/programme.ts';
import type { Pull } from '../../world/topology.ts';
import type { World } from '../../world/world.ts';

/** From the last sample of a frame to its bytes at whoever pulls. */
const DELAY_MS = 40;

/** A mountpoint of an Icecast, which several encoders can pull: the same frames for all, whenever they come. */
export class MountServer {
  readonly source: ModelStream;
  readonly #world: World;
  readonly #pauses: NonNullable<Pull['pauses']>;
  readonly #pulling = new Set<(frame: Uint8Array) => void>();

  constructor(world: World, source: ModelStream, { pauses = [] }: Pull) {
    this.#world = world;
    this.#pauses = pauses;
    this.source = source;
    this.#schedule();
  }

  /** Gives its newest audio at once, as a burst, and then each frame as it comes; returns what ends that. */
  pull(burstMs: number, take: (frame: Uint8Array) => void): () => void {
    const { made, format } = this.source;
    const burstFrames = Math.floor(ms(burstMs) / nominalFrameUs(format));
    for (let index = Math.max(0, made - burstFrames); index < made; index++) take(this.#frame(index));
    this.#pulling.add(take);
    return () => void this.#pulling.delete(take);
  }

  #schedule(): void {
    let at = this.source.positionUs(this.source.made + 1) + ms(DELAY_MS);
    for (const { fromS, forS } of this.#pauses) if (at >= fromS * 1e6) at += forS * 1e6;
    this.#world.at(at as Micros, () => {
      const frame = new Uint8Array(MAX_MODEL_FRAME_BYTES);
      const whole = frame.subarray(0, this.source.make(frame));
      for (const take of this.#pulling) take(whole);
      this.#schedule();
    });
  }

  #frame(index: number): Uint8Array {
    const frame = new Uint8Array(MAX_MODEL_FRAME_BYTES);
    return frame.subarray(0, this.source.write(frame, index));
  }
}
