import { describe, expect, test } from 'vitest';
import { findTag, readTag, tagHeadBytes } from '../../../../core/codec/tags/tags.ts';
import { apeTag, ascii, id3v1, id3v2, join, lyrics3, mpegFrame, times } from '../build.ts';
import { Collector, scanWhole } from '../collect.ts';

test('tags tell their length', () => {
  expect(readTag(id3v2(0), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: 10, endsWithMark: false });
  expect(readTag(id3v2(300), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: 310, endsWithMark: false });
  expect(readTag(id3v2(300, { footer: true }), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: 320, endsWithMark: false });
  expect(readTag(Uint8Array.of(...ascii('ID3'), 4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: 2 ** 28 - 1 + 10, endsWithMark: false });
  expect(readTag(id3v1(), 0)).toEqual({ reason: 'id3v1-tag', lengthBytes: 128, endsWithMark: false });
  expect(readTag(apeTag(100), 0)).toEqual({ reason: 'ape-tag', lengthBytes: 164, endsWithMark: false });
  expect(readTag(apeTag(100, { header: false }), 100), 'a footer').toEqual({ reason: 'ape-tag', lengthBytes: 32, endsWithMark: false });
  expect(readTag(apeTag(100, { header: false, version: 1000 }), 100)).toEqual({ reason: 'ape-tag', lengthBytes: 32, endsWithMark: false });
});

test('and how many bytes it takes to know them', () => {
  for (const tag of [id3v1(), id3v2(50), apeTag(50)]) {
    const headBytes = tagHeadBytes(tag[0]!);
    expect(readTag(tag.slice(0, headBytes), 0)).toEqual(readTag(tag, 0));
    expect(readTag(tag.slice(0, headBytes), 0)).toBeDefined();
  }
  for (const other of [0x00, 0xff, 0x42]) expect(tagHeadBytes(other)).toBe(0);
});

test('what is not believed', () => {
  const changed = (tag: Uint8Array, at: number, value: number): Uint8Array => {
    tag[at] = value;
    return tag;
  };
  expect(readTag(changed(id3v2(10), 3, 0xff), 0), 'version').toBeUndefined();
  expect(readTag(changed(id3v2(10), 4, 0xff), 0), 'revision').toBeUndefined();
  expect(readTag(changed(id3v2(10), 5, 0x01), 0), 'flags').toBeUndefined();
  for (const at of [6, 7, 8, 9]) expect(readTag(changed(id3v2(10), at, 0x80), 0), 'size').toBeUndefined();
  expect(readTag(changed(apeTag(10), 8, 0), 0), 'version').toBeUndefined();
  expect(readTag(ascii('TAB'), 0)).toBeUndefined();
});

describe('in a stream', () => {
  const frame = mpegFrame();

  test('tags before, between and behind frames are not programme, and cost no frame', () => {
    const { found, skips } = scanWhole(join(id3v2(500), id3v2(3), frame, frame, apeTag(40), id3v1(), frame, id3v2(9, { footer: true }), frame, id3v1()));
    expect(found).toHaveLength(4);
    expect(skips).toEqual({ 'id3v2-tag': '3/552', 'ape-tag': '1/104', 'id3v1-tag': '2/256' });
  });

  test('a tag confirms the one frame before it', () => {
    const { scanner, found } = new Collector();
    scanner.push(join(frame, ascii('TA')));
    expect(found).toHaveLength(0);
    scanner.push(ascii('G'));
    expect(found).toHaveLength(1);
  });

  test('frames inside a tag are not frames', () => {
    const tag = id3v2(3 * frame.length);
    tag.set(times(3, frame), 10);
    const { found, skips } = scanWhole(join(tag, frame));
    expect(found).toHaveLength(1);
    expect(skips).toEqual({ 'id3v2-tag': `1/${tag.length}` });
  });

  test('a tag inside garbage is garbage: it could be audio', () => {
    const { found, skips } = scanWhole(join(Uint8Array.of(1, 2), id3v1(), frame, frame));
    expect(found).toHaveLength(2);
    expect(skips).toEqual({ garbage: '1/130' });
  });

  test('a tag is not held, and may be cut by the end or by a gap', () => {
    const { scanner, found } = new Collector();
    scanner.push(id3v2(1_000_000).subarray(0, 600_000));
    expect(scanner.heldBytes).toBe(0);
    scanner.gap();
    scanner.push(times(2, frame));
    expect(found).toHaveLength(2);
    expect(scanner.skipped['id3v2-tag']).toEqual({ count: 1, bytes: 600_000 });
  });

  test('the items of an APE tag of version 1 cannot be known; its footer behind them is part of that', () => {
    const { found, skips } = scanWhole(join(frame, frame, apeTag(60, { version: 1000, header: false }), frame, frame));
    expect(found).toHaveLength(4);
    expect(skips).toEqual({ garbage: '1/92' });
  });
});

describe('in a source, which is files one behind the other', () => {
  const frame = mpegFrame();
  const scan = (...parts: Uint8Array[]): Collector => scanWhole(join(...parts), { isSource: true });

  /** Frames, which nobody must hear, as the body of a tag. */
  function filled(tag: Uint8Array, from: number): Uint8Array {
    for (let at = from; at + frame.length <= tag.length - 32; at += frame.length) tag.set(frame, at);
    return tag;
  }

  test.each([
    ['an ID3v2 tag with a picture of 1.2 MB', filled(id3v2(1_200_000), 10), 'id3v2-tag'],
    ['an APE tag of 5 MB', filled(apeTag(5_000_000), 32), 'ape-tag'],
    ['Lyrics3, version 2', filled(lyrics3(900_000), 11), 'lyrics3-tag'],
    ['Lyrics3, version 1', filled(lyrics3(5_000, { version: 1 }), 11), 'lyrics3-tag'],
  ] as const)('nothing in %s is a frame, and none of it is held', (_, tag, reason) => {
    const { scanner, found } = new Collector({ isSource: true });
    scanner.push(join(frame, frame));
    let mostHeld = 0;
    for (let at = 0; at < tag.length; at += 10_000) {
      scanner.push(tag.subarray(at, at + 10_000));
      mostHeld = Math.max(mostHeld, scanner.heldBytes);
    }
    scanner.push(join(frame, frame));
    expect(mostHeld).toBeLessThan(100);
    expect(found).toHaveLength(4);
    // The footer of an APE tag is counted by itself.
    expect(scanner.skipped[reason].bytes).toBe(tag.length);
  });

  test('a tag stands behind padding', () => {
    const { found, skips } = scan(id3v2(20), new Uint8Array(3_000), frame, frame, new Uint8Array(500), id3v2(50), new Uint8Array(7), frame, frame, new Uint8Array(1), id3v1());
    expect(found).toHaveLength(4);
    expect(skips).toEqual({ 'padding': '4/3508', 'id3v2-tag': '2/90', 'id3v1-tag': '1/128' });
  });

  test('a frame that the end of its file has cut hides no tag, wherever it was cut', () => {
    for (let cut = 5; cut < frame.length; cut++) {
      // Where a frame in the tag stands just where the cut one would end, nothing tells this from a whole frame.
      if (cut === frame.length - 10) continue;
      const tag = filled(id3v2(4_000), 10);
      const { found, scanner } = scan(frame, frame, frame, frame.subarray(0, cut), tag, frame, frame, frame);
      const foreign = scanner.skipped['id3v2-tag'].bytes + scanner.skipped['cut-frame'].bytes + 6 * frame.length;
      // With fewer than ten bytes left, the head of the tag lies across the end of the frame: that goes out, and the rest of the tag does not.
      const isAcross = frame.length - cut < 10;
      expect(found.length, `cut at ${cut}`).toBe(isAcross ? 7 : 6);
      expect(foreign + (isAcross ? frame.length : 0), `cut at ${cut}`).toBe(6 * frame.length + cut + tag.length);
    }
  });

  test.each([
    ['ID3v2', id3v2(100_000).subarray(0, 10)],
    ['APE', apeTag(100_000).subarray(0, 32)],
    ['Lyrics3', ascii('LYRICSBEGIN')],
  ] as const)('audio that has the head of %s in it by chance is audio: the next frame stands where it ends', (_, head) => {
    for (const at of [4, 100, frame.length - head.length]) {
      const likeATag = frame.slice();
      likeATag.set(head, at);
      const { found, skips } = scan(frame, frame, likeATag, frame, frame, frame);
      expect(found.map(({ bytes }) => bytes)).toEqual([frame, frame, likeATag, frame, frame, frame]);
      expect(skips).toEqual({});
    }
  });

  test.each([
    ['APE', apeTag(3_000), 'ape-tag'],
    ['Lyrics3', lyrics3(3_000), 'lyrics3-tag'],
  ] as const)('nor does it hide one of %s', (_, tag, reason) => {
    const { found, scanner } = scan(frame, frame, frame, frame.subarray(0, 200), tag, frame, frame, frame);
    expect(found).toHaveLength(6);
    expect(scanner.skipped[reason].bytes).toBe(tag.length);
    expect(scanner.skipped['cut-frame'].bytes).toBe(200);
  });

  test('an ID3v1 tag that lies across the end of a cut frame hides no tag behind it', () => {
    const tag = filled(id3v2(4_000), 10);
    for (let cut = 5; cut < frame.length; cut++) {
      for (const [behind, headBytes] of [[tag, 10], [filled(apeTag(3_000), 32), 32], [filled(lyrics3(3_000), 11), 11]] as const) {
        if (cut + 128 + headBytes === frame.length) continue;
        const { found } = scan(frame, frame, frame, frame.subarray(0, cut), id3v1(), behind, frame, frame, frame);
        // What is made up of the cut frame and the beginning of the ID3v1 tag cannot be told from a frame.
        expect(found.length, `cut at ${cut}`).toBeLessThanOrEqual(7);
      }
    }
  });

  test('a tag is known behind bytes that are nothing, in pieces of any length', () => {
    for (const [name, tag] of [['id3v2-tag', filled(id3v2(4_000), 10)], ['ape-tag', filled(apeTag(3_000), 32)], ['lyrics3-tag', filled(lyrics3(3_000), 11)]] as const) {
      const bytes = join(frame, frame, ascii('IAL nothing ID. APETAG LYRICS'), tag, frame, frame);
      for (const step of [1, 7, 100, bytes.length]) {
        const { found, scanner } = new Collector({ isSource: true });
        for (let at = 0; at < bytes.length; at += step) scanner.push(bytes.subarray(at, at + step));
        scanner.end();
        expect(found, name).toHaveLength(4);
        expect(scanner.skipped[name].bytes).toBe(tag.length);
        expect(scanner.skipped.garbage).toEqual({ count: 1, bytes: 29 });
      }
    }
  });

  test('of an encoder’s messages that is not so: their frames are whole, and zeros are garbage', () => {
    const { found, skips } = scanWhole(join(frame, frame, new Uint8Array(9), id3v1(), frame, frame));
    expect(found).toHaveLength(4);
    expect(skips).toEqual({ garbage: '1/137' });
  });
});

test('a tag is found in the middle of bytes by its whole head', () => {
  const bytes = join(new Uint8Array(40).fill(0x49), id3v2(5), new Uint8Array(9));
  expect(findTag(bytes, 0, bytes.length)).toBe(40);
  expect(findTag(bytes, 0, 49), 'cut').toBe(-1);
  expect(findTag(join(ascii('APETAGE'), apeTag(3)), 0, 200)).toBe(7);
  expect(findTag(join(ascii('LYRICSBE'), lyrics3(300)), 0, 200)).toBe(8);
});
