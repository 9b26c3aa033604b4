import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The licences of these packages and of Davecast, as one text: they have to go with copies of the code. */
export function licencesOf(packages: readonly string[]): string {
  const own = `Davecast\n\n${readFileSync(join(root, 'LICENSE'), 'utf8')}`;
  return [own, ...packages.map(licenceOf)].map((text) => text.trimEnd()).join(`\n\n${'-'.repeat(78)}\n\n`) + '\n';
}

function licenceOf(name: string): string {
  const folder = join(root, 'node_modules', name);
  const { version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; license: string; author?: string | { name: string } };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const by = typeof author === 'string' ? author : author?.name;
  return `${name} ${version} (${license})\n\n${file === undefined ? `by ${by ?? 'its authors'}` : readFileSync(join(folder, file), 'utf8')}`;
}
