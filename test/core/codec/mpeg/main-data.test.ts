import { describe, expect, it } from 'vitest';
import { mainDataAt, mainDataBytes } from '../../../../core/codec/mpeg/main-data.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { headerOf, layer3Frame } from '../../probe/layer3.ts';

describe('main data of Layer III', () => {
  it.each([0, 1, 381, 512, 700, 2_044])('is read from the side info: %d bytes', (audioBytes) => {
    const frame = layer3Frame({ begin: 511, audioBytes });
    const { format, mainDataBegin } = headerOf(frame);
    expect(mainDataBegin).toBe(511);
    expect(mainDataAt(frame, format)).toBe(36);
    expect(mainDataBytes(frame, format)).toBe(audioBytes);
  });

  it('lies two bytes further on behind a CRC', () => {
    const frame = layer3Frame({ audioBytes: 300 });
    const withCrc = Uint8Array.from([...frame.subarray(0, 4), 0, 0, ...frame.subarray(4, -2)]);
    withCrc[1] = 0xfa;
    const { format } = headerOf(withCrc);
    expect(mainDataAt(withCrc, format)).toBe(38);
    expect(mainDataBytes(withCrc, format)).toBe(300);
  });

  it('follows that of the frame before it without a gap in what LAME makes', () => {
    let unclaimed = -1;
    for (const { bytes } of loadProgramme().a.frames) {
      const { format, mainDataBegin } = headerOf(bytes);
      if (unclaimed >= 0) expect(mainDataBegin).toBe(unclaimed);
      unclaimed = mainDataBegin + bytes.length - mainDataAt(bytes, format) - mainDataBytes(bytes, format);
    }
  });
});
