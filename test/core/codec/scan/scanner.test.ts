import { describe, expect, test } from 'vitest';
import { MAX_HELD_BYTES } from '../../../../core/codec/scan/scanner.ts';
import { adtsFrame, ascii, id3v1, id3v2, infoFrame, join, mpegFrame, times } from '../build.ts';
import { Collector, scanWhole } from '../collect.ts';

const mp3 = mpegFrame({ padding: true });
const aac = adtsFrame();

describe('locking', () => {
  test('the first frame waits for a header that agrees, the next ones for nothing', () => {
    const { scanner, found } = new Collector();
    scanner.push(mp3);
    expect([found.length, scanner.heldBytes]).toEqual([0, mp3.length]);
    scanner.push(mp3.subarray(0, 3));
    expect(found).toHaveLength(0);
    scanner.push(mp3.subarray(3, 4));
    expect(found).toHaveLength(1);
    scanner.push(mp3.subarray(4));
    expect([found.length, scanner.heldBytes]).toEqual([2, 0]);
  });

  test('a first frame that still waits can be taken back, and one that has gone out cannot', () => {
    const { scanner, found } = new Collector();
    scanner.push(mp3);
    expect(scanner.takeBack()).toEqual(mp3);
    expect([found.length, scanner.heldBytes]).toEqual([0, 0]);
    scanner.push(aac);
    scanner.push(aac);
    expect(found).toHaveLength(2);
    expect(found.every(({ header }) => header.format.codec === 'aac')).toBe(true);
    expect(scanner.takeBack()).toBeUndefined();
  });

  test('bitrate, padding, CRC and the way of coding two channels may change from frame to frame', () => {
    const frames = [mpegFrame({ kbps: 32 }), mpegFrame({ kbps: 320, padding: true }), mpegFrame({ crc: true }), mpegFrame({ mode: 'joint' })];
    const { found, skips } = scanWhole(join(...frames));
    expect(found.map(({ header }) => header.bitrateBps)).toEqual([32_000, 320_000, 128_000, 128_000]);
    expect(skips).toEqual({});
  });

  test('a stream entered in the middle of a frame begins with the next one', () => {
    const { found, skips } = scanWhole(times(4, mp3).subarray(100));
    expect(found).toHaveLength(3);
    expect(skips).toEqual({ garbage: '1/318' });
  });

  test('every kind of frame, several raw data blocks included', () => {
    for (const one of [
      aac, adtsFrame({ crc: true, blocks: 4, lengthBytes: 1_500 }), adtsFrame({ mpegVersion: '2', lengthBytes: 8_191 }),
      mpegFrame({ layer: 1, padding: true }), mpegFrame({ layer: 2 }), mpegFrame({ version: '2.5' }), mpegFrame({ crc: true }),
    ]) {
      const { lengths, skips } = scanWhole(times(5, one));
      expect(lengths).toEqual([one, one, one, one, one].map((each) => each.length));
      expect(skips).toEqual({});
    }
  });
});

describe('false syncs', () => {
  test('inside the payload of a locked stream are not looked at', () => {
    const payload = mp3.slice();
    payload.set(aac.subarray(0, 7), 50);
    payload.set(mp3.subarray(0, 4), 200);
    const { found, skips } = scanWhole(times(3, payload));
    expect(found).toHaveLength(3);
    expect(skips).toEqual({});
  });

  test('before the first frame are refused, because the next header does not agree', () => {
    const tail = mp3.slice(200);
    tail.set(aac.subarray(0, 7), 20);
    tail.set(mpegFrame({ kbps: 64 }).subarray(0, 4), 60);
    const { found, skips } = scanWhole(join(tail, mp3, mp3));
    expect(found).toHaveLength(2);
    expect(skips).toEqual({ 'garbage': `1/${tail.length - 2}`, 'false-sync': '2/2' });
  });

  test('a header of the same codec and another format does not agree', () => {
    const { found } = scanWhole(join(mp3, mpegFrame({ mode: 'mono' }), ascii('end')));
    expect(found).toHaveLength(0);
  });

  test('hide nothing that comes behind them before the end', () => {
    const liar = adtsFrame({ lengthBytes: 8_000 }).subarray(0, 30);
    const { found, skips } = scanWhole(join(liar, mp3, mp3));
    expect(found).toHaveLength(2);
    expect(skips).toEqual({ 'garbage': '1/29', 'false-sync': '1/1' });
  });
});

describe('what is left out', () => {
  test('garbage in the middle is one stretch, and the frames around it are whole', () => {
    const { found, skips } = scanWhole(join(mp3, mp3, new Uint8Array(77), mp3, mp3, Uint8Array.of(0xff, 0xff), mp3, mp3));
    expect(found).toHaveLength(6);
    // FF FF FF FB: Layer I with the forbidden bitrate, then an FF before an FF FB that is a frame.
    expect(skips).toEqual({ 'garbage': '1/77', 'reserved-value': '2/2' });
  });

  test('stretches of garbage are told apart by what is between them', () => {
    const noise = ascii('noise');
    expect(scanWhole(join(noise, mp3, mp3, noise, mp3, mp3, noise)).skips).toEqual({ garbage: '3/15' });
    expect(scanWhole(join(mp3, mp3, id3v1(), noise, mp3, mp3, id3v1(), noise)).skips).toEqual({ 'garbage': '2/10', 'id3v1-tag': '2/256' });
    const collector = new Collector();
    collector.scanner.push(noise);
    collector.scanner.gap();
    collector.scanner.push(noise);
    expect(collector.skips).toEqual({ garbage: '2/10' });
  });

  test('free format and reserved values are counted, once for each header', () => {
    const free = mpegFrame();
    free[2] = 0;
    const reserved = mpegFrame();
    reserved[2] = 0x9c;
    const { found, skips } = scanWhole(join(free, free, reserved, mp3, mp3));
    expect(found).toHaveLength(2);
    expect(skips).toEqual({ 'garbage': `1/${3 * 417 - 3}`, 'free-format': '2/2', 'reserved-value': '1/1' });
  });

  test('tables of contents are left out wherever they stand, and confirm frames as any other', () => {
    for (const [letters, reason] of [['Xing', 'xing-frame'], ['Info', 'xing-frame'], ['VBRI', 'vbri-frame']] as const) {
      const info = infoFrame(letters);
      const { lengths, skips, scanner } = scanWhole(join(info, mp3, info, mp3));
      expect(lengths).toEqual([mp3.length, mp3.length]);
      expect(scanner.frames).toBe(2);
      expect(skips).toEqual({ [reason]: `2/${2 * info.length}` });
      expect(scanWhole(info).skips).toEqual({ [reason]: `1/${info.length}` });
    }
  });
});

test('a change of format loses no frame on either side', () => {
  const formats = [mp3, aac, mpegFrame({ version: '2' }), mpegFrame({ layer: 2, mode: 'mono' }), adtsFrame({ sampleRateHz: 48_000 })];
  const { lengths, skips } = scanWhole(join(...formats.map((one) => times(3, one))));
  expect(lengths).toEqual(formats.flatMap((one) => [one.length, one.length, one.length]));
  expect(skips).toEqual({});
});

describe('a gap', () => {
  test('drops an unfinished frame', () => {
    const collector = new Collector();
    collector.scanner.push(join(mp3, mp3, mp3.subarray(0, 99)));
    collector.scanner.gap();
    expect([collector.found.length, collector.scanner.heldBytes]).toEqual([2, 0]);
    expect(collector.skips).toEqual({ 'cut-frame': '1/99' });
  });

  test('drops the unfinished first frame of a stream as well', () => {
    const collector = new Collector();
    collector.scanner.push(mp3.subarray(0, 99));
    collector.scanner.gap();
    expect(collector.skips).toEqual({ 'cut-frame': '1/99' });
  });

  test('then a chunk that is exactly a frame of the same format needs no confirmation', () => {
    const { scanner, found, borrowed } = new Collector();
    scanner.push(mp3);
    scanner.push(mp3);
    scanner.gap();
    scanner.push(mp3);
    expect(found).toHaveLength(3);
    expect(borrowed[2]).toBe(mp3);
    scanner.push(mp3.subarray(0, 50));
    scanner.push(mp3.subarray(50));
    expect(found).toHaveLength(4);
  });

  test('then anything else does', () => {
    for (const chunk of [aac, mp3.subarray(1), join(mp3, ascii('x'))]) {
      const { scanner, found } = new Collector();
      scanner.push(times(2, mp3));
      scanner.gap();
      scanner.push(chunk);
      expect(found).toHaveLength(2);
    }
  });

  test('then a frame in the body of a tag is still none', () => {
    const { scanner, found } = new Collector();
    scanner.push(times(2, mp3));
    scanner.gap();
    scanner.push(id3v2(mp3.length).subarray(0, 10));
    scanner.push(mp3);
    expect(found).toHaveLength(2);
    scanner.push(mp3);
    expect(found).toHaveLength(3);
  });

  test('a whole frame that waits for confirmation, and ends at the gap, is a frame', () => {
    const { scanner, found } = new Collector();
    scanner.push(mp3);
    scanner.gap();
    expect(found).toHaveLength(1);
    scanner.push(mp3);
    expect(found).toHaveLength(2);
  });

  test('where nothing was missing yet, changes nothing', () => {
    const collector = new Collector();
    collector.scanner.gap();
    collector.scanner.gap();
    expect(collector.skips).toEqual({});
  });
});

describe('the end', () => {
  test('makes a frame of what ends exactly there, alone as it may be', () => {
    expect(scanWhole(mp3).found).toHaveLength(1);
    expect(scanWhole(join(ascii('noise'), aac)).found).toHaveLength(1);
    expect(scanWhole(join(mp3, mp3, aac)).lengths).toEqual([mp3.length, mp3.length, aac.length]);
  });

  test('but not of what goes on behind it, or is cut', () => {
    expect(scanWhole(join(mp3, Uint8Array.of(0))).found).toHaveLength(0);
    expect(scanWhole(mp3.subarray(0, -1)).skips).toEqual({ 'cut-frame': `1/${mp3.length - 1}` });
  });

  test('frames behind something that waited for more are found', () => {
    const liar = adtsFrame({ lengthBytes: 8_191 }).subarray(0, 7);
    expect(scanWhole(join(liar, mp3, mp3, mp3, aac, aac, aac.subarray(0, 60))).lengths).toEqual([418, 418, 418, 372, 372]);
    expect(scanWhole(join(mp3, mp3, ascii('A'), mp3.subarray(0, 20))).skips).toEqual({ 'garbage': '1/1', 'cut-frame': '1/20' });
  });

  test('forgets the stream: the next one is confirmed anew', () => {
    const { scanner, found } = new Collector();
    scanner.push(times(2, mp3));
    scanner.end();
    scanner.gap();
    scanner.push(mp3);
    expect(found).toHaveLength(2);
    scanner.push(mp3);
    expect(found).toHaveLength(4);
  });
});

describe('memory', () => {
  test('a chunk that is one frame goes out as it came, and nothing is held', () => {
    const { scanner, borrowed } = new Collector();
    scanner.push(times(2, mp3));
    for (let i = 0; i < 5; i++) scanner.push(mp3);
    expect(borrowed.slice(2).every((bytes) => bytes === mp3)).toBe(true);
    expect(scanner.heldBytes).toBe(0);
  });

  test('frames of a large chunk lie in it, but for those that its ends cut', () => {
    const { scanner, borrowed } = new Collector();
    const large = times(5_000, mp3);
    scanner.push(large.subarray(0, 100));
    scanner.push(large.subarray(100));
    expect(borrowed).toHaveLength(5_000);
    expect(borrowed.filter((bytes) => bytes.buffer !== large.buffer)).toHaveLength(1);
  });

  test('the longest frame, byte by byte, is the most that is held', () => {
    const longest = adtsFrame({ lengthBytes: 8_191 });
    const { scanner, found } = new Collector();
    let most = 0;
    for (const byte of join(longest, ascii('APETAGEX'), new Uint8Array(24), longest)) {
      scanner.push(Uint8Array.of(byte));
      most = Math.max(most, scanner.heldBytes);
    }
    expect(found).toHaveLength(0);
    expect(most).toBe(MAX_HELD_BYTES - 1);
  });

  test('an empty chunk is nothing', () => {
    const { scanner } = new Collector();
    scanner.push(new Uint8Array(0));
    scanner.push(mp3.subarray(0, 10));
    scanner.push(new Uint8Array(0));
    expect(scanner.heldBytes).toBe(10);
  });
});

test('the work for a byte is bounded: headers that never come true, as dense as can be', () => {
  // Each FF F1 claims a frame of several thousand bytes, and where it ends no header agrees.
  const liars = Uint8Array.from({ length: 400_000 }, (_, at) => [0xff, 0xf1, 0x50, 0x83, 0xff, 0x00, 0xfc][at % 7]!);
  const { scanner, found } = new Collector();
  for (let at = 0; at < liars.length; at += 100) scanner.push(liars.subarray(at, at + 100));
  scanner.end();
  expect(found).toHaveLength(0);
  expect(scanner.skipped['false-sync'].count).toBeGreaterThan(50_000);
});
