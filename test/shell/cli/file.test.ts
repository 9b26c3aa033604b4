import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { contentOf } from '../../../shell/cli/file.ts';
import { UsageError } from '../../../shell/process/problems.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-file-'));
const file = join(directory, 'station.yaml');
afterAll(() => rmSync(directory, { recursive: true }));

it('a file that is not in UTF-8 is refused with its line: no two of its characters may be taken for the same', () => {
  writeFileSync(file, 'http: 8000\npassword: h\u00e4ck\n', 'latin1');
  expect(() => contentOf(file)).toThrow(new UsageError(`${file}:2: is not UTF-8`));
  expect(() => contentOf(file, { option: '--password-file' })).toThrow(new UsageError(`--password-file: ${file}:2: is not UTF-8`));
  expect(contentOf(file, { encoding: 'latin1' })).toContain('h\u00e4ck');
  writeFileSync(file, 'http: 8000\npassword: h\u00e4ck\n');
  expect(contentOf(file)).toContain('h\u00e4ck');
});
