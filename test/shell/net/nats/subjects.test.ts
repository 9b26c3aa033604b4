import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../../../core/links/peers/globs.ts';
import { mountpointProblem } from '../../../../core/wire/messages/announce.ts';
import { parseSubject, subjectOf, subjectsOf, titleSubjectOf } from '../../../../shell/net/nats/subjects.ts';
import { matches } from './fake-server.ts';

const streamId = Uint8Array.from({ length: 16 }, (_, at) => at * 17);
const begin = 'davecast.v1.00112233445566778899aabbccddeeff';
const mounts = fc.string({ unit: fc.constantFrom(...'aA9-_~./%*>$é€🎵 ='), minLength: 1, maxLength: 24 }).filter((name) => mountpointProblem(name) === undefined);

describe('a subject', () => {
  it('of titles has no stream', () => {
    expect(titleSubjectOf('davecast', 'stations/radio.mp3')).toBe('davecast.v1-title.stations.radio%2Emp3');
  });

  it.each([
    ['radio', `${begin}.radio`],
    ['radio.mp3', `${begin}.radio%2Emp3`],
    ['stations/north/main', `${begin}.stations.north.main`],
    ['a//b/', `${begin}.a.%.b.%`],
    ['100%', `${begin}.100%25`],
    ['a*b>', undefined],
    ['ü', `${begin}.%C3%BC`],
  ])('of %s', (mount, expected) => {
    if (expected !== undefined) expect(subjectOf('davecast', { streamId, mount })).toBe(expected);
    expect(parseSubject('davecast', subjectOf('davecast', { streamId, mount }))).toEqual(mount.includes('>') ? undefined : { streamId, mount });
  });

  it('has one mountpoint, and each mountpoint one subject, whatever its characters', () => {
    fc.assert(fc.property(mounts, (mount) => {
      const subject = subjectOf('a.b', { streamId, mount });
      expect(subject).toMatch(/^[\w%.-]+$/);
      expect(subject).not.toMatch(/\.\.|\.$/);
      expect(parseSubject('a.b', subject)).toEqual({ streamId, mount });
    }));
  });

  it.each([
    'davecast.v2.00112233445566778899aabbccddeeff.radio',
    'other.v1.00112233445566778899aabbccddeeff.radio',
    'davecast.v1.00112233445566778899AABBCCDDEEFF.radio',
    'davecast.v1.00112233445566778899aabbccddee.radio',
    'davecast.v1.00112233445566778899aabbccddeeff',
    `${begin}.`,
    `${begin}..radio`,
    `${begin}.%`,
    `${begin}.radio%2e`,
    `${begin}.radio%2`,
    `${begin}.%41`,
    `${begin}.%FF`,
    `${begin}.a b`,
    `${begin}.admin.stats`,
  ])('%s is none', (text) => {
    expect(parseSubject('davecast', text)).toBeUndefined();
  });
});

describe('the subjects of patterns', () => {
  it.each([
    [undefined, ['d.v1.*.>']],
    [['radio'], ['d.v1.*.radio']],
    [['stations/*', 'radio.mp3'], ['d.v1.*.stations.>', 'd.v1.*.radio%2Emp3']],
    [['stations/no*', 'stations/north/main', 'stations/*'], ['d.v1.*.stations.>']],
    [['rad*', 'other'], ['d.v1.*.>']],
    [[], []],
  ])('%j', (globs, expected) => {
    expect(subjectsOf('d', globs)).toEqual(expected);
  });

  it('have every mountpoint that a pattern has', () => {
    const globs = fc.string({ unit: fc.constantFrom(...'ab/*'), minLength: 1, maxLength: 8 });
    const named = fc.string({ unit: fc.constantFrom(...'ab/'), minLength: 1, maxLength: 8 }).filter((name) => mountpointProblem(name) === undefined);
    fc.assert(fc.property(fc.array(globs, { minLength: 1, maxLength: 4 }), named, (patterns, mount) => {
      if (!patterns.some((glob) => matchesGlob(glob, mount))) return;
      const heard = subjectsOf('d', patterns).filter((one) => matches(one, subjectOf('d', { streamId, mount })));
      expect(heard).toHaveLength(1);
    }));
  });
});
