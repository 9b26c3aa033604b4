import { existsSync } from 'node:fs';
import path from 'node:path';

/** A file of the repository, by its path there: the same whether this one runs as bench/*.ts or as dist/bench/*.js. */
export function inRepository(...parts: readonly string[]): string {
  return path.join(root, ...parts);
}

const root = findRoot();

function findRoot(): string {
  let directory = import.meta.dirname;
  while (!existsSync(path.join(directory, 'package.json'))) {
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error('package.json is not above the benches');
    directory = parent;
  }
  return directory;
}
