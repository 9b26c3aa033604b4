import { expect, test } from 'vitest';
import { programmeEnd } from '../../../../core/codec/tags/trailing-tags.ts';
import { apeTag, ascii, id3v1, id3v2, join, lyrics3, mpegFrame, times } from '../build.ts';

const programme = times(3, mpegFrame());

test.each([
  ['none', []],
  ['ID3v1', [id3v1()]],
  ['APE with a footer alone', [apeTag(5_000, { header: false })]],
  ['APE of version 1', [apeTag(500, { header: false, version: 1000 })]],
  ['APE with header and footer, then ID3v1', [apeTag(5_000), id3v1()]],
  ['Lyrics3, then ID3v1', [lyrics3(900), id3v1()]],
  ['all of them', [apeTag(40, { header: false }), lyrics3(12), id3v1()]],
])('the programme of a file ends where its tags begin: %s', (_, tags) => {
  expect(programmeEnd(join(id3v2(100), programme, ...tags))).toBe(110 + programme.length);
});

test('what is no tag stays', () => {
  expect(programmeEnd(new Uint8Array(0))).toBe(0);
  expect(programmeEnd(join(programme, ascii('LYRICS200')))).toBe(programme.length + 9);
  expect(programmeEnd(join(programme, ascii('999999LYRICS200')))).toBe(programme.length + 15);
  const long = apeTag(0, { header: false });
  long[15] = 0xff;
  expect(programmeEnd(join(programme, long)), 'longer than the file').toBe(programme.length + 32);
});
