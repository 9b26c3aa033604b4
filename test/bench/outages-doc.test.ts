import { describe, expect, it } from 'vitest';
import { withFigures } from '../../bench/common/report/document.ts';
import type { Experience, SessionResult } from '../../bench/outages/experience.ts';
import { goalsOf } from '../../bench/outages/report/goals.ts';
import { plot } from '../../bench/outages/report/plot.ts';
import { tables } from '../../bench/outages/report/table.ts';
import { readResults, writeResults, type Results } from '../../bench/outages/report/results.ts';

const nothing: Experience = {
  missingMs: 0,
  repeatedMs: 0,
  garbledMs: 0,
  silentMs: 0,
  splices: 0,
  stallMs: 52,
  bufferMs: 60,
  complaints: 0,
  disconnects: 0,
  switches: 0,
};

function session(system: string, fault: string, rounds: readonly Partial<Experience>[]): SessionResult {
  return { system, codec: 'mp3', fault, rounds: rounds.map((round) => ({ ...nothing, ...round })), calm: nothing, said: [], told: [] };
}

const kills = [2, 4, 6, 8].map((missingMs) => ({ missingMs, splices: 1, stallMs: 300 + missingMs, switches: 1 }));
const results: Results = {
  measured: { on: '2026-01-02', minutes: 3, processors: 2, rigsAtATime: 4, load: 0.5, programs: ['ffmpeg 5.1'] },
  skipped: ['Liquidsoap: liquidsoap not installed here'],
  sessions: [
    session('davecast', 'encoder-kill', kills),
    session('davecast', 'relay-kill', [{}, {}]),
    session('icecast', 'encoder-kill', [{ missingMs: 140, complaints: 4, switches: null }]),
    { ...session('icecast', 'frozen', []), problem: 'it did not start' },
  ],
};

describe('the page of outages', () => {
  const page = withFigures('before\n<!-- figures: made by npm run bench -- outages-doc -->\nold\n<!-- end of figures -->\nafter\n', 'outages-doc', tables(results));

  it('has the figures in the place of the old ones, with medians and worst', () => {
    expect(page).toMatch(/^before\n/);
    expect(page).toMatch(/\nafter\n$/);
    expect(page).not.toContain('old');
    expect(page).toContain('| encoder killed | Davecast | 4 | 5 / 8 | 0 | 0 | 0 | 305 / 308 | 60 / 60 | 0 | 0 |');
    expect(page).toContain('|  | Icecast, fallback-mount | 1 | 140 / 140 | 0 | 0 | 0 | 52 / 52 | 60 / 60 | 4 / 4 | 0 |');
    expect(page).toContain('Skipped: Liquidsoap: liquidsoap not installed here.');
    expect(page).toContain('| Icecast, fallback-mount | failed |');
  });

  it('is the same when it is made again of what was written', () => {
    expect(withFigures(page, 'outages-doc', tables(readResults(writeResults(results))))).toBe(page);
  });

  it('is not made of anything else', () => {
    expect(() => withFigures('no place', 'outages-doc', '')).toThrow('no place for figures');
    expect(() => readResults('{"sessions": 1}')).toThrow('not what outages --json writes');
  });
});

describe('the plot of outages', () => {
  it('has a dot for every fault of a codec that several systems have, in both panels, and farther right for more', () => {
    const svg = plot(results.sessions);
    const rightmost = (ms: number): number => Number(/cx="([\d.]+)"[^>]*\/><line/.exec(plot([session('davecast', 'encoder-kill', [{ stallMs: ms }]), session('icecast', 'encoder-kill', [{}])]))![1]);
    expect(svg.match(/<circle/g)).toHaveLength(2 * (4 + 1));
    expect(svg).toContain('Icecast, fallback-mount');
    expect(svg).not.toContain('relay killed');
    expect(rightmost(1_000)).toBeGreaterThan(rightmost(300));
  });
});

describe('the goals', () => {
  const verdicts = (...sessions: SessionResult[]): Record<string, boolean> => Object.fromEntries(goalsOf(sessions)[0]!.goals.map(({ name, ok }) => [name, ok]));

  it('are met by small errors at every switch', () => {
    expect(Object.values(verdicts(...results.sessions))).not.toContain(false);
    expect(goalsOf(results.sessions)[0]!.switches).toBe(4);
  });

  it.each<[string, Partial<Experience>]>([
    ['error in 95 %', { missingMs: 20 }],
    ['error at most', { missingMs: 20, repeatedMs: 10 }],
    ['garbled at most', { garbledMs: 15 }],
    ['decoder complaints', { complaints: 1 }],
    ['longest stall', { stallMs: 501 }],
    ['disconnects', { disconnects: 1 }],
    ['false switches', { switches: 2 }],
  ])('are missed by one switch: %s', (name, round) => {
    expect(verdicts(session('davecast', 'encoder-kill', [{ switches: 1, ...round }]))[name]).toBe(false);
  });

  it('count a switch that nothing asked for', () => {
    expect(verdicts(session('davecast', 'encoder-kill', kills), session('davecast', 'udp-skew', [{ switches: 1 }]))['false switches']).toBe(false);
  });
});
