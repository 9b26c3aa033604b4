import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Scenario } from '../run/scenario.ts';
import { loadFile } from './load.ts';

const folder = join(import.meta.dirname, '../../scenarios');
/** Of the sources, or of what was compiled of them, as this very file is. */
const ending = extname(import.meta.filename);

export interface Entry {
  readonly file: string;
  readonly scenario: Scenario;
}

/** All scenarios that there are, by name. */
export async function catalogue(): Promise<Entry[]> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(ending) && !name.endsWith('.d.ts'))
    .sort()
    .map((name) => join(folder, name));
  return Promise.all(files.map(async (file) => ({ file, scenario: await loadFile(file) })));
}
