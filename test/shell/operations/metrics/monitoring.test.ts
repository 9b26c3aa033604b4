import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { families, sampleName, type FamilyName } from '../../../../shell/operations/metrics/families.ts';
import { expressionsOf } from './monitoring.ts';

const root = join(import.meta.dirname, '../../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const known = new Map((Object.keys(families) as FamilyName[]).map((name) => [sampleName(name), families[name]]));
const rules = read('packaging/monitoring/davecast.rules.yml');
const dashboard = expressionsOf(JSON.parse(read('packaging/monitoring/davecast.dashboard.json')));
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);

describe.each([
  ['alerts', [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expression]) => expression!), 20],
  ['dashboard', dashboard, 35],
])('the %s', (_, expressions, count) => {
  it('ask for metrics that there are, by labels that they have', () => {
    expect(expressions.length).toBeGreaterThanOrEqual(count);
    for (const expression of expressions) {
      const names = [...expression.matchAll(/\b((?:davecast|process)_\w+)(?:\{([^}]*)\})?/g)];
      if (!/^(up|ALERTS)\{/.test(expression)) expect(names.length, expression).toBeGreaterThan(0);
      for (const [, name, matchers = ''] of names) {
        expect([...known.keys()]).toContain(name);
        const labels = [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label!);
        expect([...known.get(name!)!.labels, 'job', 'instance'], expression).toEqual(expect.arrayContaining(labels));
      }
    }
  });
});

it('has a test for each alert, and a line in the manual', () => {
  const tests = read('packaging/monitoring/davecast.rules.test.yml');
  const manual = read('docs/metrics.md');
  for (const alert of alerts) {
    expect(tests).toMatch(new RegExp(`alertname: ${alert}\\n +eval_time: [^\\n]+\\n +exp_alerts:`));
    expect(manual).toContain(`| \`${alert}\` |`);
  }
});
