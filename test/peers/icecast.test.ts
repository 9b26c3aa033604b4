import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../bench/referee/decoders.ts';
import { formats } from '../../bench/rigs/formats.ts';
import { Recorder } from '../../bench/referee/recorder.ts';
import { judge } from '../../bench/referee/referee.ts';
import { makeMaterial } from '../../bench/referee/material.ts';
import { DavecastRig } from '../../bench/rigs/davecast.ts';
import type { IcecastServer } from '../../bench/rigs/icecast-server.ts';
import { startSlave } from './icecast-slave.ts';
import { describeWith } from './need.ts';
import { players } from './players.ts';

/** Longer than Icecast's burst. */
const PLAY_S = 8;
const READY_MS = 20_000;

describeWith(['icecast2', 'ffmpeg', 'mpg123', 'mpv'], 'a real Icecast as slave of the edge', () => {
  const material = makeMaterial('icecast', 120);
  for (const format of ['mp3', 'aac'] as const) {
    describe(formats[format].label, () => {
      const rig = new DavecastRig(format, material);
      let icecast: IcecastServer;
      let url: string;
      beforeAll(async () => {
        await rig.start();
        await rig.untilReady(READY_MS);
        icecast = await startSlave(rig.edgePort);
        url = `http://127.0.0.1:${icecast.port}/${rig.mount}`;
        const probe = new Recorder(url);
        await probe.start(READY_MS);
        probe.stop();
      });
      afterAll(async () => {
        await icecast?.stop();
        await rig.stop();
      });

      for (const player of players.filter(({ plays }) => plays.includes(format))) {
        it(`${player.program} plays ${PLAY_S} s of it without a complaint`, async () => {
          expect(await player.play(url, PLAY_S)).toEqual([]);
        });
      }

      it('its listener stays connected when the encoder on air is killed, and misses nothing worth it', async () => {
        const listener = new Recorder(url);
        await listener.start(READY_MS);
        await sleep(3_000);
        await rig.studios[rig.live]!.kill();
        await sleep(5_000);
        listener.stop();
        const { splices, recognisedMs } = judge(await decode(listener.audio, formats[format].demuxer), material.known);
        console.log(`${formats[format].label} through Icecast, encoder killed: ${JSON.stringify(splices)}`);
        expect(listener.disconnectsMs).toEqual([]);
        expect(recognisedMs).toBeGreaterThan(7_000);
        expect(splices.length).toBe(1);
        for (const { missingMs } of splices) expect(Math.abs(missingMs)).toBeLessThan(150);
      });
    });
  }
});
