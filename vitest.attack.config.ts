import { defineConfig } from 'vitest/config';

/** Attacks on real processes, one file after the other: each needs both cores for itself. */
export default defineConfig({
  test: {
    include: ['test/attack/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    fileParallelism: false,
    maxConcurrency: 4,
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
