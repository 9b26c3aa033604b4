import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { longestFirst } from './test/support/longest-first.ts';

/** Files with much to simulate, the longest first. */
const LONG = ['sim/run/scenarios', 'sim/swarm/seeds', 'sim/swarm/command', 'sim/swarm/shrink/shrink', 'sim/check/check', 'sim/run/seeds', 'sim/cli/cli', 'bench/detection'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**', 'test/attack/**', 'test/drill/**', 'test/packages/**', 'dist/**', 'node_modules/**'],
    // A machine that does something else, too, takes its time: no test is judged by that.
    testTimeout: 90_000,
    // A hook may start processes.
    hookTimeout: 90_000,
    // Vitest would give up after a second.
    expect: { poll: { timeout: 40_000 } },
    globalSetup: ['test/support/build.js'],
    // One more than there are processors: the tests of processes and sockets mostly wait.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: longestFirst(LONG.map((name) => `test/${name}.test.ts`)) },
    // Node itself loads the modules, by way of tsx, and once for all files of a worker. Vite's module runner makes each use of an import a
    // call, which costs the simulator a quarter of its speed, and in isolation every file loads all modules anew. So a file must leave
    // nothing behind: no stubbed environment, no false timers.
    execArgv: ['--import', 'tsx'],
    experimental: { viteModuleRunner: false, nodeLoader: false },
    isolate: false,
  },
});
