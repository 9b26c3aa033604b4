import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logTable, type LogEntry } from '../../../shell/log/text/table.ts';
import { families, sampleName, type FamilyName } from '../../../shell/operations/metrics/families.ts';

const root = join(import.meta.dirname, '../../..');
const manual = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
const rules = readFileSync(join(root, 'packaging/monitoring/davecast.rules.yml'), 'utf8');

/** As GitHub makes it of a heading. */
const anchors = [...manual.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!.toLowerCase().replace(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'));

/** The rows of the table below a heading, by what is in their first cell, with the anchor that the last one links to. */
function rowsOf(heading: string): ReadonlyMap<string, { readonly cells: readonly string[]; readonly anchor: string }> {
  const section = manual.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return new Map([...section.matchAll(/^\| `(\w[\w-]*)` \| (.+) \|$/gm)].map(([, name, rest]) => [name!, { cells: rest!.split(' | '), anchor: /\(#([^)]+)\)$/.exec(rest!)?.[1] ?? '' }]));
}

describe('the runbook', () => {
  it('has every alert, and nothing else, and each alert says where', () => {
    const alerts = rowsOf('Alerts');
    const annotated = [...rules.matchAll(/- alert: (\w+)\n(?: {8}.+\n)*? {8}annotations:\n(?: {10}.+\n)*? {10}runbook: docs\/runbook\.md#(\S+)\n/g)];
    expect([...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name)).toEqual([...alerts.keys()]);
    expect(annotated.map(([, name, anchor]) => [name, anchor])).toEqual([...alerts].map(([name, { anchor }]) => [name, anchor]));
    for (const { anchor } of alerts.values()) expect(anchors).toContain(anchor);
  });

  it('has every event that is a warning or an error, with its level', () => {
    const events = rowsOf('Warnings and errors');
    const wanted = Object.entries<LogEntry>(logTable).filter(([, { level }]) => level === 'warn' || level === 'error');
    expect([...events.keys()].sort()).toEqual(wanted.map(([kind]) => kind).sort());
    for (const [kind, { level }] of wanted) expect([kind, events.get(kind)?.cells[0]]).toEqual([kind, level.toUpperCase()]);
    for (const { anchor } of events.values()) expect(anchors).toContain(anchor);
  });

  it('quotes what the log says', () => {
    const quoted = [...manual.matchAll(/^ {4}(INFO|WARN|ERROR) +(.+)$/gm)];
    expect(quoted.length).toBeGreaterThan(20);
    const said = Object.values<LogEntry>(logTable);
    for (const [line, level, text] of quoted) expect(said.some((entry) => entry.level === level!.toLowerCase() && new RegExp(`^(\\w+: )?${entry.text.replaceAll(/[()]/g, '\\$&')}`).test(text!)), line).toBe(true);
  });

  it('names metrics that there are', () => {
    const known = (Object.keys(families) as FamilyName[]).map(sampleName);
    for (const [name] of manual.matchAll(/\bdavecast_[a-z_]+/g)) expect(known).toContain(name);
  });

  it('links only to sections that it has', () => {
    for (const [, anchor] of manual.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });
});
