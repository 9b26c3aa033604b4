import { describe, expect, it } from 'vitest';
import type { EndedMount } from '../../../../../core/edge/edge.ts';
import type { PeerFigures } from '../../../../../core/links/paths/peer-figures.ts';
import { endedPart, mountPart, pathStates } from '../../../../../shell/operations/page/parts/edge-parts.ts';
import { mountProblems, Problems, relayProblems } from '../../../../../shell/operations/page/parts/problems.ts';
import type { MountFigures } from '../../../../../core/edge/mountpoint/figures.ts';
import { figures, onAir, stream } from '../support.ts';

const info = { name: 'radio', headers: [], title: '', format: { codec: 'mp3', sampleRateHz: 44_100, channels: 2 }, fallback: undefined } as unknown as Parameters<typeof mountPart>[1];
const lastOf = (kind: string): number | undefined => (kind === 'fallback-entered' ? 42 : undefined);

function found(streams: Parameters<typeof figures>[0], changes: Partial<MountFigures> = {}, more: object = {}): string[] {
  const of = figures(streams, changes);
  const lostMs = of.redundancyLostUs === undefined ? undefined : of.redundancyLostUs / 1_000;
  return mountProblems(mountPart(of, { ...info!, ...more }), { lostMs, nowMs: 10_000, lastOf }).map(({ level, text, sinceMs }) => `${level}: ${text}${sinceMs === undefined ? '' : ` @${sinceMs}`}`);
}

describe('what is wrong with a mountpoint', () => {
  it.each<readonly [string, string[], () => string[]]>([
    ['nothing', [], () => found([stream('a', onAir), stream('b')], { redundancyLostUs: 0 })],
    ['a lost backup', ['warn: backup lost, nothing stands by @7000'], () => found([stream('a', onAir)], { redundancyLostUs: 3_000_000 })],
    ['one encoder that has always been alone', ['note: a single encoder, nothing stands by'], () => found([stream('a', onAir)])],
    ['a fallback', ['bad: no encoder is on air, listeners hear the fallback sorry @42'], () => found([], { state: 'fallback', redundancyLostUs: 1 }, { fallback: 'sorry' })],
    ['a stall', ['bad: the encoder on air has stalled, and nothing can take over'], () => found([stream('a', onAir)], { state: 'stalled' })],
    ['silence', ['bad: silence is on air'], () => found([stream('a', { ...onAir, contentFault: 'silent' }), stream('b')], { redundancyLostUs: 0 })],
    ['silence of a backup', [], () => found([stream('a', onAir), stream('b', { contentFault: 'silent' })], { redundancyLostUs: 0 })],
  ])('is %s', (_, expected, look) => {
    expect(look()).toEqual(expected);
  });

  it('is that it has ended, since then', () => {
    const ended = { name: 'radio', why: 'no-source', silentMs: 12_000, listeners: 3, streams: [] } as unknown as EndedMount;
    expect(mountProblems(endedPart(ended, 77), { lostMs: undefined, nowMs: 10_000, lastOf })).toEqual([{ level: 'bad', text: 'ended: no frame from any encoder for 12 s', mount: 'radio', sinceMs: 77 }]);
  });
});

describe('what is wrong with relays', () => {
  const [up, down] = [{ label: 'r1', isUp: true }, { label: 'r2', isUp: false }];

  it('is one that is lost, or that none is left', () => {
    expect(relayProblems([up, { ...up, label: 'r2' }], 5)).toEqual([]);
    expect(relayProblems([up, down], 5)).toEqual([{ level: 'warn', text: 'relay lost: r2' }]);
    expect(relayProblems([down], 5)).toEqual([{ level: 'bad', text: 'no relay left: r2', sinceMs: 5 }]);
    expect(relayProblems([], 5)).toEqual([]);
  });

  it('is seen in paths, also of a relay that has never been connected', () => {
    const peer = (name: string, changes: Partial<PeerFigures> = {}): PeerFigures => ({
      peer: name, isUpstream: true, transport: 'tcp', open: 1, messages: 1, bytes: 1, dropped: new Map([['duplicate', 9], ['late', 2]]), reordered: 0, lagUs: 12_400, ...changes,
    });
    const paths = pathStates([peer('r1'), peer('gone', { open: 0 }), peer('udp', { isUpstream: false, transport: 'udp', messages: 0 }), peer('', { isUpstream: false })], [up, down]);
    expect(paths).toEqual([
      { name: 'r1', isRelay: true, transport: 'tcp', open: 1, isUp: true, dropped: 2, lagMs: 10 },
      { name: 'all others', isRelay: false, transport: 'tcp', open: 1, isUp: true, dropped: 2, lagMs: 10 },
      { name: 'r2', isRelay: true, transport: 'tcp', open: 0, isUp: false, dropped: 0, lagMs: null },
    ]);
  });
});

describe('a list of problems', () => {
  it('says since when, until they are over', () => {
    const problems = new Problems();
    const one = { level: 'warn', text: 'x', mount: 'm' } as const;
    expect(problems.at(100, [one])[0]!.sinceMs).toBe(100);
    expect(problems.at(200, [{ ...one, sinceMs: 150 }])[0]!.sinceMs).toBe(100);
    problems.at(300, []);
    expect(problems.at(400, [{ ...one, sinceMs: 390 }])[0]!.sinceMs).toBe(390);
  });

  it('has the worst first, and is bounded', () => {
    const found = [...Array.from({ length: 60 }, (_, index) => ({ level: 'warn', text: `w${index}` }) as const), { level: 'note', text: 'n' } as const, { level: 'bad', text: 'b' } as const];
    const told = new Problems().at(1, found);
    expect(told.length).toBe(51);
    expect(told[0]!.text).toBe('b');
    expect(told.at(-1)!.text).toBe('and 12 more');
  });
});
