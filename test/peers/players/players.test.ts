import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formats } from '../../../bench/rigs/formats.ts';
import { makeMaterial } from '../../../bench/referee/material.ts';
import { DavecastRig } from '../../../bench/rigs/davecast.ts';
import { describeWith } from '../support/need.ts';
import { players } from './players.ts';

/** Longer than the burst on connect: so live audio is played, too. */
const PLAY_S = 8;
const READY_MS = 60_000;

describeWith(['ffmpeg', 'mpg123', 'mpv'], 'players at the edge', () => {
  const material = makeMaterial('players', 90);
  for (const format of ['mp3', 'aac'] as const) {
    describe(formats[format].label, () => {
      const rig = new DavecastRig(format, material);
      beforeAll(async () => {
        await rig.start();
        await rig.untilReady(READY_MS);
      });
      afterAll(() => rig.stop());

      for (const player of players.filter(({ plays }) => plays.includes(format))) {
        it(`${player.program} plays ${PLAY_S} s without a complaint`, async () => {
          expect(await player.play(rig.url, PLAY_S)).toEqual([]);
        });
      }
    });
  }
});
