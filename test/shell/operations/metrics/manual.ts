import { families, sampleName, type FamilyName } from '../../../../shell/operations/metrics/families.ts';

/** The table of docs/metrics.md, line by line. */
export function manualTable(): readonly string[] {
  const rows = (Object.keys(families) as FamilyName[]).map((name) => {
    const { type, labels, of, help } = families[name];
    const roles = of.length === 4 ? 'all' : of.join(', ');
    return `| \`${sampleName(name)}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${roles} | ${help} |`;
  });
  return ['| name | type | labels | process | |', '|---|---|---|---|---|', ...rows];
}
