import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { descriptorsOf, median, usageOf } from '../../bench/common/accounting.ts';
import { BadOption, readOptions } from '../../bench/common/options.ts';
import { describe as describeResult, spread } from '../../bench/common/report/report.ts';
import { lastOf, readRecorded, recordResult, withResult, writeResults, type Result } from '../../bench/common/report/results.ts';
import { problemsOf } from '../../bench/performance/short.ts';

const machine = { on: '2026-01-02', processors: '2 × X', node: 'v20.1.0', load: 1.5, commit: 'abc' };

function result(what: string, contestants: Result['contestants']): Result {
  return { bench: 'ingest', what, command: 'ingest', notes: ['a note'], machine, contestants };
}

describe('the options of a bench', () => {
  const table = { counts: { mounts: 250, warmUpS: 60 }, texts: ['json'], flags: ['record'] } as const;

  it('are counts, texts and flags, with what stands behind --', () => {
    expect(readOptions([], table)).toEqual({ mounts: 250, warmUpS: 60, json: undefined, record: false, rest: [] });
    expect(readOptions(['--warm-up-s', '5', '--json', 'x', '--record', '--', '--workers', '2'], table)).toEqual({
      mounts: 250, warmUpS: 5, json: 'x', record: true, rest: ['--workers', '2'],
    });
  });

  it.each([['--mounts', '0'], ['--mounts', '1e3'], ['--mounts', '-1'], ['--bogus'], ['word'], ['--json']])('are refused where they make no sense: %s %s', (...args) => {
    expect(() => readOptions(args.filter((arg) => arg !== undefined), table)).toThrow(BadOption);
  });
});

describe('recorded results', () => {
  const old = result('10 mounts', [{ name: 'ours', figures: { cores: [0.4] } }, { name: 'icecast2', figures: { cores: [0.2] } }]);

  it('keep the last of each kind, and contestants that were not measured again', () => {
    const other = result('9 mounts', [{ name: 'ours', figures: { cores: [1] } }]);
    const found = result('10 mounts', [{ name: 'ours', figures: { cores: [0.3] } }]);
    const results = withResult([old, other], found);
    expect(results.map(({ what }) => what)).toEqual(['9 mounts', '10 mounts']);
    expect(lastOf(results, found)!.contestants).toEqual([found.contestants[0], old.contestants[1]]);
    expect(lastOf(results, { bench: 'core', what: '10 mounts' })).toBeUndefined();
  });

  it('are written and read again', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'davecast-results-'));
    const file = path.join(directory, 'results.json');
    try {
      writeFileSync(file, '[]');
      recordResult(old, file);
      expect(readRecorded(file)).toEqual([old]);
      expect(readFileSync(file, 'utf8')).toBe(writeResults([old]));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

it('prints medians, ranges, and ratios to peers and to the last recorded result', () => {
  const found = result('10 mounts', [
    { name: 'ours', figures: { cores: [0.1, 0.3, 0.2], 'only ours': [7] } },
    { name: 'icecast2', figures: { cores: [0.4] } },
  ]);
  const last = result('10 mounts', [{ name: 'ours', figures: { cores: [0.1] } }]);
  const lines = describeResult(found, last).split('\n').filter((line) => line.startsWith('|')).map((line) => line.replaceAll(/ +/g, ' '));
  expect(lines[0]).toBe('| | ours | icecast2 | ratio | recorded 2026-01-02 | ratio |');
  expect(lines[2]).toBe('| cores | 0.200 (0.100 to 0.300) | 0.400 | 0.50 | 0.100 | 2.00 |');
  expect(lines[3]).toBe('| only ours | 7 | | | | |');
});

it('writes three digits that mean something', () => {
  expect([[1234.5], [12.34], [1.234], [0.1234], [5], [0, 250.4]].map(spread)).toEqual(['1235', '12.3', '1.23', '0.123', '5', '125 (0 to 250)']);
  expect(median([3, 1, 2])).toBe(2);
});

describe('the accounting of a process', () => {
  it('knows its CPU time, memory and descriptors', () => {
    const until = performance.now() + 50;
    while (performance.now() < until);
    const { cpuMs, residentBytes } = usageOf(process.pid);
    expect(cpuMs).toBeGreaterThan(0);
    expect(residentBytes).toBeGreaterThan(10e6);
    const { open, most } = descriptorsOf(process.pid);
    expect(open).toBeGreaterThan(3);
    expect(most).toBeGreaterThan(open);
  });

  it('throws for one that is gone', () => {
    expect(() => usageOf(2 ** 30)).toThrow('gone');
  });
});

describe('the bounds of the short form', () => {
  const good = {
    'relay, bytes allocated a message': [220],
    'edge, bytes allocated a message': [240],
    'edge with a listener each, bytes allocated a message': [250],
    'writes a listener and second': [2],
    'listeners without audio': [0],
    'descriptors left behind': [0],
  };

  it('are kept by what is good, and name what is not', () => {
    expect(problemsOf(good)).toEqual([]);
    expect(problemsOf({ ...good, 'descriptors left behind': [1] })).toEqual(['descriptors left behind: 1.0, more than 0']);
    expect(problemsOf({ ...good, 'writes a listener and second': [1_001] })).toHaveLength(1);
    expect(problemsOf({ ...good, 'edge, bytes allocated a message': [1, 1e6, 1e6] })).toHaveLength(1);
  });

  it('are not kept by what was not measured', () => {
    const { 'relay, bytes allocated a message': _, ...rest } = good;
    expect(problemsOf(rest)).toEqual(['relay, bytes allocated a message: not measured']);
  });
});
