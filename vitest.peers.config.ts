import { defineConfig } from 'vitest/config';

/** Tests against real programs (ffmpeg, Icecast, mpg123, mpv), one file after the other: they share two cores. */
export default defineConfig({
  test: {
    include: ['test/peers/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
