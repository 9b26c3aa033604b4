import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const core = resolve(dirname(fileURLToPath(import.meta.url)), '../../../core');
const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => join(core, name));

/** Source without comments and the text of strings, which may name anything; import paths are looked at apart. */
function codeOf(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/(^|[^:])\/\/.*$/gm, '$1');
}

const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['async code', /\basync\b|\bawait\b|\bPromise\b/],
  ['a clock', /\bDate\b|\bperformance\b/],
  ['a timer', /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/],
  ['randomness', /\bMath\.random\b|\bcrypto\b/],
  ['a platform', /\bprocess\b|\bBuffer\b|\bconsole\b|\bglobalThis\b|\brequire\b|\bTextEncoder\b|\bTextDecoder\b/],
  ['a dynamic import', /\bimport\s*\(/],
  ['BigInt', /\bBigInt\b|\b\d+n\b|\bgetBigUint64\b/],
];

describe('the core', () => {
  it('is there', () => {
    expect(files.length).toBeGreaterThan(30);
  });

  it.each(files.map((file) => relative(core, file)))('%s has no clock, timer, randomness, async code or platform in it', (name) => {
    const code = codeOf(readFileSync(join(core, name), 'utf8'));
    for (const [what, pattern] of forbidden) expect(code.match(pattern)?.[0], what).toBeUndefined();
  });

  it.each(files.map((file) => relative(core, file)))('%s imports nothing but the core', (name) => {
    const source = readFileSync(join(core, name), 'utf8');
    for (const [, path] of source.matchAll(/(?:from|import)\s+'([^']+)'/g)) {
      expect(path).toMatch(/^\.{1,2}\/.*\.ts$/);
      expect(files).toContain(resolve(dirname(join(core, name)), path!));
    }
  });
});
