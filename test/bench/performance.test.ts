import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFigures } from '../../bench/common/report/document.ts';
import { readRecorded, type Result } from '../../bench/common/report/results.ts';
import { ingestWhat } from '../../bench/load/plan.ts';
import { goalTable } from '../../bench/performance/goals.ts';
import { growthTables } from '../../bench/performance/growth.ts';
import { BASE, costsOf, ingestCores, messagesS } from '../../bench/performance/model.ts';
import { documents, PLOT } from '../../bench/performance/performance.ts';
import { plot } from '../../bench/performance/plot.ts';
import { edgeLimit, scalePage } from '../../bench/performance/scale.ts';

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

describe.each(Object.entries(documents))('%s', (name, figures) => {
  it('has the figures that are recorded', () => {
    const document = readFileSync(path.join(import.meta.dirname, '../..', name), 'utf8');
    expect(withFigures(document, 'performance', figures(readRecorded()))).toBe(document);
  });
});

describe('the plot', () => {
  it('is the one of what is recorded', () => {
    expect(readFileSync(path.join(import.meta.dirname, '../..', PLOT), 'utf8')).toBe(plot(readRecorded()));
  });

  it('has a line for everybody, through all sizes', () => {
    const drawn = plot([listeners(1_000, 0.1, 0.2), listeners(2_000, 0.2, 0.4)]);
    const lines = [...drawn.matchAll(/points="([^"]+)"/g)].map(([, points]) => points!.split(' ').map((point) => point.split(',').map(Number)));
    expect(lines).toEqual([[[150, 150], [300, 100]], [[150, 100], [300, 0]]]);
    expect(drawn).toContain('icecast2');
  });
});

describe('the model of scale', () => {
  /** As if an edge took 10 µs for a message, a relay 5 and 2 for each further subscriber, and 1,000 listeners a tenth of a core. */
  const figures = (values: Readonly<Record<string, number>>): Result['contestants'] => [{ name: 'ours', figures: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]])) }];
  const messages = messagesS(BASE);
  const base = { ...ingest(ingestWhat(BASE), 0), contestants: figures({ 'messages/s': messages, 'edge, cores': messages * 10e-6, 'edge, MB': 150, 'relay 1, cores': (messages / 2) * 5e-6 }) };
  const subscribed = { ...ingest(`${ingestWhat(BASE)}, 5 subscribers of each relay`, 0), contestants: figures({ 'relay 1, cores': (messages / 2) * 13e-6 }) };
  const heard = {
    ...listeners(1_000, 0, 0),
    contestants: figures({ 'cores per 1,000 listeners': 0.1, 'ramp: CPU of a join, ms': 0.5, 'kB a listener': 5, 'MB, no listeners': 50 }),
  };
  const costs = costsOf([base, subscribed, heard])!;

  it('takes the costs from the benches', () => {
    expect(costs.edgeMessageS).toBeCloseTo(10e-6, 12);
    expect(costs.relayMessageS).toBeCloseTo(5e-6, 12);
    expect(costs.subscriberMessageS).toBeCloseTo(2e-6, 12);
    expect(costs).toMatchObject({ listenerCores: 0.1 / 1_000, joinS: 0.0005, listenerBytes: 5_000, streamBytes: 200_000, edgeBytes: 50e6 });
    expect(messages).toBeCloseTo(32_907, 0);
  });

  it('says nothing where one of them was not measured', () => {
    expect(costsOf([base])).toBeUndefined();
    expect(scalePage([heard])).toContain('Not measured');
  });

  it('finds what stops an edge first', () => {
    const one = { mounts: 1, encoders: 2, relays: 2 };
    const wide = { name: '', cores: 2, gigabytes: 4, gigabits: 100 };
    // 1.4 cores less the ingest, at a tenth of a core for a thousand.
    expect(edgeLimit(one, wide, costs)).toMatchObject({ by: 'CPU', listeners: Math.floor((1.4 - ingestCores(one, costs)) / 1e-4), ofOneProcess: Math.floor((0.7 - ingestCores(one, costs)) / 1e-4) });
    expect(edgeLimit(one, { ...wide, gigabits: 1 }, costs)).toMatchObject({ by: 'network', listeners: 5_223, ofOneProcess: 5_223 });
    expect(edgeLimit(one, { ...wide, gigabytes: 0.1 }, costs)).toMatchObject({ by: 'memory' });
    expect(edgeLimit({ ...one, mounts: 10_000 }, wide, costs)).toMatchObject({ by: 'CPU', listeners: 0 });
  });
});
