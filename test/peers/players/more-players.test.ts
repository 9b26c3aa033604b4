import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { morePlayers } from './more-players.ts';
import { describeWith } from '../support/need.ts';
import { decodedSeconds, Station } from '../support/station.ts';

const PLAY_S = 8;

for (const { program, record } of morePlayers) {
  describeWith(['ffmpeg', program], `${program} at an edge`, () => {
    const station = new Station();
    const directory = mkdtempSync(join(tmpdir(), 'davecast-player-'));

    beforeAll(async () => {
      await station.startTone();
    });
    afterAll(async () => {
      await station.stop();
      rmSync(directory, { recursive: true });
    });

    it(`plays ${PLAY_S} s`, async () => {
      expect(await decodedSeconds(await record(station.url('tone'), PLAY_S, directory))).toBeGreaterThan(PLAY_S - 2);
      // VLC can leave its first answer and ask again: nobody who has left is kept.
      await expect.poll(() => station.edge.all('access').length, { timeout: 60_000 }).toBeGreaterThan(0);
    });
  });
}
