import { describe, it } from 'vitest';
import { missingPrograms } from '../../../bench/outages/systems.ts';

/**
 * `describe`, for tests with real programs. Where some are not installed, the tests are skipped and say so; in CI,
 * which installs them, that is a failure.
 */
export function describeWith(programs: readonly string[], name: string, body: () => void): void {
  const missing = missingPrograms(programs);
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
