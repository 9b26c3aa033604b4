import { SILENT, type FrameLevels } from '../format/family.ts';
import { RawBlockReader } from './raw-block.ts';

/** How loud an AAC frame is: global_gain, a value for its raw data block; none where the first channel hides behind rarer elements. */
export class AacLevels implements FrameLevels {
  readonly #block: RawBlockReader = new RawBlockReader();

  get isSilent(): boolean {
    return this.#block.isSilent;
  }

  read(bytes: Uint8Array, levels: number[]): number {
    const block = this.#block;
    block.read(bytes);
    if (block.globalGain === undefined && block.emptyChannels === 0) return 0;
    levels[0] = block.globalGain ?? SILENT;
    return 1;
  }
}
