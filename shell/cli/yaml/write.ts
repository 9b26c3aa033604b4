import { stringify } from 'yaml';

/** A YAML file of plain data, a line for each value. */
export function writeYaml(content: object): string {
  return Object.keys(content).length === 0 ? '' : stringify(content, { lineWidth: 0 });
}
