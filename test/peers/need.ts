import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';

/**
 * `describe`, for tests with real programs. Where some are not installed, the tests are skipped and say so; in CI,
 * which installs them, that is a failure.
 */
export function describeWith(programs: readonly string[], name: string, body: () => void): void {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  const needs = `needs ${missing.join(', ')}, not installed here`;
  describe(name, () => {
    if (process.env['CI'] !== 'true') it.skip(needs, () => undefined);
    else {
      it(needs, () => {
        throw new Error(`${needs}: .ci/run installs the peers`);
      });
    }
  });
}

function isInstalled(program: string): boolean {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  return directories.some((directory) => {
    try {
      accessSync(path.join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
