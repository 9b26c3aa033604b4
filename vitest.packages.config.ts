import { defineConfig } from 'vitest/config';

/** What is handed to others (npm's package, the single file, the .deb), built, installed and run, one file after the other. */
export default defineConfig({
  test: {
    include: ['test/packages/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    globalSetup: 'test/packages/bundle-setup.ts',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    // What is waited for comes late on a busy machine: Vitest would give up after a second.
    expect: { poll: { timeout: 20_000 } },
  },
});
