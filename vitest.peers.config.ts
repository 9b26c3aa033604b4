import { defineConfig } from 'vitest/config';
import { longestFirst } from './test/support/longest-first.ts';

/** Files that take more than half a minute, the longest first. */
const LONG = ['outages/outages', 'hls/hls', 'icecast/icecast', 'demo', 'sources/source-clients', 'players/more-players', 'nats/nats', 'players/players', 'hls/hls-processes'];

/** Tests against real programs (ffmpeg, Icecast, mpg123, mpv). They play as fast as one listens, and wait most of the time: two files at a time. */
export default defineConfig({
  test: {
    include: ['test/peers/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    maxWorkers: 2,
    sequence: { sequencer: longestFirst(LONG.map((name) => `test/peers/${name}.test.ts`)) },
    testTimeout: 180_000,
    // A hook starts several programs, some for the first time on this machine.
    hookTimeout: 180_000,
    // What is waited for comes late on a busy machine: Vitest would give up after a second.
    expect: { poll: { timeout: 40_000 } },
  },
});
