import { SILENT, type FrameLevels } from '../format/family.ts';
import type { FrameFormat } from '../format/format.ts';
import { Layer2Reader, LAYER2_PARTS, NO_SCALE } from './layer2.ts';
import { granulesOf, isEmpty, SideInfoReader } from './side-info.ts';

/**
 * How loud the parts of a frame of MPEG audio are:
 *
 *     MP3   global_gain, a value for each granule: half a frame in MPEG-1, the whole in the low sample rates
 *     MP2   the largest scale factor, a value for each third of a frame
 *
 * Layer I has none.
 */
export class MpegLevels implements FrameLevels {
  readonly #sideInfo: SideInfoReader = new SideInfoReader();
  readonly #layer2: Layer2Reader = new Layer2Reader();
  isSilent = false;

  read(bytes: Uint8Array, levels: number[], format: FrameFormat): number {
    this.isSilent = false;
    if (format.codec === 'mp3') return this.#readMp3(bytes, levels, format);
    return format.codec === 'mp2' ? this.#readMp2(bytes, levels, format) : 0;
  }

  #readMp3(bytes: Uint8Array, levels: number[], format: FrameFormat): number {
    const sideInfo = this.#sideInfo;
    sideInfo.start(bytes, format);
    const granules = granulesOf(format);
    let isSilent = true;
    for (let granule = 0; granule < granules; granule++) {
      let loudest = SILENT;
      for (let channel = 0; channel < format.channels; channel++) {
        const part = sideInfo.next();
        if (!isEmpty(part)) loudest = Math.max(loudest, part.globalGain);
      }
      if (!sideInfo.isWithin) return granule;
      if (loudest !== SILENT) isSilent = false;
      levels[granule] = loudest;
    }
    this.isSilent = isSilent;
    return granules;
  }

  #readMp2(bytes: Uint8Array, levels: number[], format: FrameFormat): number {
    const layer2 = this.#layer2;
    layer2.read(bytes, format);
    this.isSilent = layer2.isSilent;
    for (let part = 0; part < LAYER2_PARTS; part++) levels[part] = this.isSilent ? SILENT : (NO_SCALE - layer2.scales[part]!) * STEPS_A_SCALE;
    return LAYER2_PARTS;
  }
}

/**
 * Scale factors go in steps of 2 dB, and that twice: the peak of the loudest subband moves half as much as the step of a quantiser. With it
 * two encodings of music were found to lie where they do at every look, to 1.1 ms, and of speech to 0.5 ms.
 */
const STEPS_A_SCALE = 8 / 3;
