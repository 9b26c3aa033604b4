import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { readOptions } from '../../../../shell/cli/options/options.ts';
import { adminPassword } from '../../../../shell/operations/operator/password.ts';

const folder = mkdtempSync(join(tmpdir(), 'password-'));
const options = [{ name: 'password', value: 'P', help: '' }, { name: 'password-file', value: 'F', help: '' }];
const read = (...argv: string[]): string | undefined => adminPassword(readOptions(argv, options), 'password');

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it('takes the admin password from the command line, a file, or the environment', () => {
  vi.stubEnv('DAVECAST_ADMIN_PASSWORD', 'of the environment');
  const file = join(folder, 'password');
  writeFileSync(file, ' with blanks \r\nand another line\n');
  expect(read('--password-file', file)).toBe(' with blanks ');
  expect(read('--password', 'given')).toBe('given');
  expect(read()).toBe('of the environment');
  vi.stubEnv('DAVECAST_ADMIN_PASSWORD', '');
  expect(read()).toBeUndefined();
});
