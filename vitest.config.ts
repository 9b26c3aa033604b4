import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files with much to simulate, the longest first. */
const LONG = ['scenarios', 'swarm/command', 'swarm/shrink', 'check/check', 'swarm/seeds', 'seeds', 'cli', 'detection'].map((name) => `test/sim/${name}.test.ts`);

/** Begins with the long files, so that no worker is left alone with one of them at the end. A fresh clone has no times of an earlier run. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const named = (name: string): TestSpecification[] => sorted.filter(({ moduleId }) => moduleId.endsWith(name));
    return [...new Set([...LONG.flatMap(named), ...sorted])];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**', 'test/attack/**', 'test/drill/**', 'test/packages/**', 'dist/**', 'node_modules/**'],
    testTimeout: 30_000,
    globalSetup: ['test/support/build.js'],
    // One more than there are processors: the tests of processes and sockets mostly wait.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // Node itself loads the modules, by way of tsx, and once for all files of a worker. Vite's module runner makes each use of an import a
    // call, which costs the simulator a quarter of its speed, and in isolation every file loads all modules anew. So a file must leave
    // nothing behind: no stubbed environment, no false timers.
    execArgv: ['--import', 'tsx'],
    experimental: { viteModuleRunner: false, nodeLoader: false },
    isolate: false,
  },
});
