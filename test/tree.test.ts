import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const manual = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

interface Row {
  readonly folder: string;
  readonly imports: readonly string[];
}

/** The table of a top folder, row by row. */
function rowsOf(top: string): readonly Row[] {
  const rows = [...manual.matchAll(/^\| `([\w/-]+)\/` \| [^|]+ \| ([^|]*) \|$/gm)];
  return rows
    .map(([, folder, imports]) => ({ folder: folder!, imports: imports!.split(',').map((name) => name.trim()).filter((name) => name !== '') }))
    .filter(({ folder }) => folder === top || folder.startsWith(`${top}/`))
    .map(({ folder, imports }) => ({ folder, imports: imports.map((name) => (name === top ? top : `${top}/${name}`)) }));
}

function filesIn(top: string): readonly string[] {
  return readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => join(top, name));
}

/** The row that a file belongs to: that of its folder, or of the nearest one around it. */
function folderOf(file: string, folders: readonly string[]): string {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) if (folders.includes(folder)) return folder;
  return `${file} is in no row`;
}

function importsOf(file: string): readonly string[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => normalize(join(dirname(file), path!)));
}

/** What each folder imports from others of its top folder. */
function importsByFolder(top: string): Record<string, readonly string[]> {
  const folders = rowsOf(top).map(({ folder }) => folder);
  const found = new Map<string, Set<string>>();
  for (const file of filesIn(top)) {
    const from = folderOf(file, folders);
    const imports = found.get(from) ?? new Set<string>();
    found.set(from, imports);
    for (const path of importsOf(file)) if (path.startsWith(`${top}/`) && folderOf(path, folders) !== from) imports.add(folderOf(path, folders));
  }
  return Object.fromEntries([...found].map(([folder, imports]) => [folder, [...imports].toSorted()]));
}

describe.each(['core', 'shell', 'sim'])('the tree of %s', (top) => {
  it('is as the manual says', () => {
    const said = Object.fromEntries(rowsOf(top).map(({ folder, imports }) => [folder, imports.toSorted()]));
    expect(importsByFolder(top)).toEqual(said);
  });

  it('has its imports point one way', () => {
    const above: string[] = [];
    for (const { folder, imports } of rowsOf(top)) {
      expect(above, folder).toEqual(expect.arrayContaining([...imports]));
      above.push(folder);
    }
    expect(above.length).toBeGreaterThan(10);
  });
});

it.each(['core', 'shell', 'sim'])('has no more than a dozen files and folders in one folder of %s', (top) => {
  const entries = new Map<string, Set<string>>();
  for (const file of filesIn(top)) {
    for (let path = file; path !== top; path = dirname(path)) entries.set(dirname(path), (entries.get(dirname(path)) ?? new Set()).add(path));
  }
  const large = [...entries].filter(([, { size }]) => size > 12).map(([folder, { size }]) => `${folder}: ${size}`);
  expect(entries.size).toBeGreaterThan(10);
  expect(large).toEqual([]);
});

it('has every file that the manual of the architecture names', () => {
  const named = [...manual.matchAll(/`([\w/-]+\.ts)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'core', path)) && !existsSync(join(root, 'sim', path)))).toEqual([]);
});

it('has no part of the core that runs alone import another one', () => {
  const machines = ['core/encoder', 'core/relay', 'core/edge'];
  for (const [folder, imports] of Object.entries(importsByFolder('core'))) {
    const own = machines.find((machine) => folder.startsWith(machine));
    if (own === undefined) continue;
    expect(imports.filter((path) => machines.some((machine) => machine !== own && path.startsWith(machine))), folder).toEqual([]);
  }
});
