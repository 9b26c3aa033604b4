import { defineConfig } from 'vitest/config';

/** The incidents of docs/runbook.md, played on real processes, one after the other: they share two cores. */
export default defineConfig({
  test: {
    include: ['test/drill/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    globalSetup: ['test/support/build.js'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
