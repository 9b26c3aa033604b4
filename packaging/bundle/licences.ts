import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface Part {
  readonly name: string;
  readonly licence: string;
}

/** One text of the licences of what is in a file beside Davecast itself: they have to go with copies of it. */
export function licencesOf(parts: readonly Part[]): string {
  return `${parts.map(({ name, licence }) => `${name}\n\n${licence.trimEnd()}`).join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}

/** A package of npm that is installed here. */
export function packagePart(name: string): Part {
  const folder = join(root, 'node_modules', name);
  const { version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; license: string; author?: string | { name: string } };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const by = typeof author === 'string' ? author : author?.name;
  return { name: `${name} ${version} (${license})`, licence: file === undefined ? `by ${by ?? 'its authors'}` : readFileSync(join(folder, file), 'utf8') };
}
