import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**', 'test/attack/**', 'dist/**', 'node_modules/**'],
    testTimeout: 30_000,
    // Both of two processors: the tests of processes mostly wait.
    maxWorkers: '100%',
  },
});
