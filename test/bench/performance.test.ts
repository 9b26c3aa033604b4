import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFigures } from '../../bench/common/document.ts';
import { readRecorded, type Result } from '../../bench/common/results.ts';
import { goalTable } from '../../bench/performance/goals.ts';
import { growthTables } from '../../bench/performance/growth.ts';
import { page } from '../../bench/performance/page.ts';

const machine = { on: '2026-01-02', processors: '2 × X', node: 'v20.1.0', load: 1.5, commit: 'abc' };

function ingest(what: string, cores: number): Result {
  return { bench: 'ingest', what, command: 'ingest', notes: [], machine, contestants: [{ name: 'ours', figures: { 'edge, cores': [cores] } }] };
}

function listeners(count: number, ours: number, theirs: number): Result {
  const of = (name: string, cores: number): Result['contestants'][number] => ({ name, figures: { 'cores, with listeners': [cores] } });
  return { bench: 'listeners', what: `${count} listeners of 1 mountpoint`, command: 'listeners', notes: [], machine, contestants: [of('ours', ours), of('icecast2', theirs)] };
}

/** The cells of a row of a table. */
function row(table: string, title: string): readonly string[] {
  const line = table.split('\n').find((line) => line.startsWith(`| ${title} `))!;
  return line.split('|').slice(1, -1).map((cell) => cell.trim());
}

describe('the goals', () => {
  it('are bold where they are missed, and have what peers reach beside them', () => {
    const table = goalTable([listeners(1_000, 0.04, 0.1), listeners(2_000, 0.2, 0.19), ingest('250 mountpoints x 2 encoders x 2 relays', 0.5)]);
    expect(row(table, '1,000 listeners, cores')).toEqual(['1,000 listeners, cores', '≤ 0.05', '0.040', '0.100']);
    expect(row(table, '2,000 listeners, cores')).toEqual(['2,000 listeners, cores', '≤ 0.1', '**0.200**', '0.190']);
    expect(row(table, 'edge, cores')).toEqual(['edge, cores', '≤ 0.1', '**0.500**', '']);
    expect(row(table, 'edge, MB')[2]).toBe('not measured');
  });
});

describe('growth', () => {
  it('has a row for each size, in order, and leaves out what differs in something else', () => {
    const tables = growthTables([
      ingest('1000 mountpoints x 2 encoders x 2 relays', 2),
      ingest('250 mountpoints x 2 encoders x 2 relays', 0.5),
      ingest('50 mountpoints x 2 encoders x 2 relays, shared connections', 9),
      ingest('250 mountpoints x 4 encoders x 2 relays', 1),
    ]);
    const [mounts, encoders, relays, heard] = tables.split('\n\n### ').map((part) => part.split('\n').filter((line) => /^\| +[\d,]+ /.test(line)));
    expect(mounts!.map((line) => line.split('|')[1]!.trim())).toEqual(['250', '1,000']);
    expect(encoders!.map((line) => line.split('|')[1]!.trim())).toEqual(['2', '4']);
    expect(relays).toHaveLength(1);
    expect(heard).toEqual([]);
  });
});

describe('docs/performance.md', () => {
  it('has the figures that are recorded', () => {
    const document = readFileSync(path.join(import.meta.dirname, '../../docs/performance.md'), 'utf8');
    expect(withFigures(document, 'performance', page(readRecorded()))).toBe(document);
  });
});
