import { SILENT, type FrameLevels } from '../format/family.ts';
import { RawBlockReader } from './raw-block.ts';

/** How loud an AAC frame is: global_gain, a value for its raw data block; none where the first channel hides behind rarer elements. */
export class AacLevels implements FrameLevels {
  readonly #block: RawBlockReader = new RawBlockReader();

  read(bytes: Uint8Array, levels: number[]): boolean {
    const block = this.#block;
    block.read(bytes);
    if (block.globalGain !== undefined || block.emptyChannels > 0) levels.push(block.globalGain ?? SILENT);
    return block.isSilent;
  }
}
