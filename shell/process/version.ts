import { existsSync, readFileSync } from 'node:fs';

/** As in package.json, which lies two directories above its source and three above the built file. */
export const version: string = readVersion();

function readVersion(): string {
  const file = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  return file === undefined ? 'unknown' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
