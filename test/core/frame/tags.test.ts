import { describe, expect, test } from 'vitest';
import { MAX_TAG_BYTES, readTag, tagHeadBytes } from '../../../core/frame/tags.ts';
import { apeTag, ascii, id3v1, id3v2, join, mpegFrame, times } from './build.ts';
import { Collector, scanWhole } from './collect.ts';

test('tags tell their length', () => {
  expect(readTag(id3v2(0), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: 10 });
  expect(readTag(id3v2(300), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: 310 });
  expect(readTag(id3v2(300, { footer: true }), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: 320 });
  expect(readTag(id3v2(MAX_TAG_BYTES), 0)).toEqual({ reason: 'id3v2-tag', lengthBytes: MAX_TAG_BYTES + 10 });
  expect(readTag(id3v1(), 0)).toEqual({ reason: 'id3v1-tag', lengthBytes: 128 });
  expect(readTag(apeTag(100), 0)).toEqual({ reason: 'ape-tag', lengthBytes: 164 });
  expect(readTag(apeTag(100, { header: false }), 100), 'a footer').toEqual({ reason: 'ape-tag', lengthBytes: 32 });
  expect(readTag(apeTag(100, { header: false, version: 1000 }), 100)).toEqual({ reason: 'ape-tag', lengthBytes: 32 });
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
  expect(readTag(id3v2(MAX_TAG_BYTES + 1), 0)).toBeUndefined();
  expect(readTag(changed(id3v2(10), 3, 0xff), 0), 'version').toBeUndefined();
  expect(readTag(changed(id3v2(10), 4, 0xff), 0), 'revision').toBeUndefined();
  expect(readTag(changed(id3v2(10), 5, 0x01), 0), 'flags').toBeUndefined();
  for (const at of [6, 7, 8, 9]) expect(readTag(changed(id3v2(10), at, 0x80), 0), 'size').toBeUndefined();
  expect(readTag(apeTag(MAX_TAG_BYTES), 0), 'the footer makes it too long').toBeUndefined();
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

  test('a tag that claims too much is garbage, and hides nothing', () => {
    const { found, skips } = scanWhole(join(frame, frame, id3v2(MAX_TAG_BYTES + 1).subarray(0, 50), frame, frame));
    expect(found).toHaveLength(4);
    expect(skips).toEqual({ garbage: '1/50' });
  });

  test('the items of an APE tag of version 1 cannot be known; its footer behind them is part of that', () => {
    const { found, skips } = scanWhole(join(frame, frame, apeTag(60, { version: 1000, header: false }), frame, frame));
    expect(found).toHaveLength(4);
    expect(skips).toEqual({ garbage: '1/92' });
  });
});
