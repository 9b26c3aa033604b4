import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSequencerConstructor, type TestSpecification } from 'vitest/node';

const root = join(import.meta.dirname, '../..');

/**
 * Has these files begin, in this order, so that no worker is left alone with a long one at the end: a fresh clone has no
 * times of an earlier run. Throws for one that is not there.
 */
export function longestFirst(files: readonly string[]): TestSequencerConstructor {
  for (const name of files) if (!existsSync(join(root, name))) throw new Error(`tests begin with ${name}, and there is no such file`);
  return class extends BaseSequencer {
    override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
      const sorted = await super.sort(specifications);
      const named = (name: string): TestSpecification[] => sorted.filter(({ moduleId }) => moduleId.endsWith(name));
      return [...new Set([...files.flatMap(named), ...sorted])];
    }
  };
}
