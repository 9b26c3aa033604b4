import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../bench/peers/decoders.ts';
import { formats, type Format } from '../../bench/peers/ffmpeg-encoder.ts';
import { Recorder } from '../../bench/peers/recorder.ts';
import { judge } from '../../bench/peers/referee.ts';
import { Rig, makeMaterial } from '../../bench/peers/rig.ts';
import { IcecastSlave } from './icecast-slave.ts';
import { describeWith } from './need.ts';
import { players } from './players.ts';

/** Longer than Icecast's burst. */
const PLAY_S = 8;
const READY_MS = 20_000;

describeWith(['icecast2', 'ffmpeg', 'mpg123', 'mpv'], 'a real Icecast as slave of the edge', () => {
  const material = makeMaterial('icecast', 120);
  for (const format of Object.keys(formats) as Format[]) {
    describe(formats[format].label, () => {
      const rig = new Rig(format, material);
      let icecast: IcecastSlave;
      let url: string;
      beforeAll(async () => {
        await rig.start();
        await rig.untilReady(READY_MS);
        icecast = await IcecastSlave.start(rig.edgePort);
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
        rig.encoders[rig.live]!.child.kill('SIGKILL');
        await sleep(5_000);
        listener.stop();
        const { splices, recognisedMs } = judge(await decode(listener.audio, format), material.known);
        console.log(`${formats[format].label} through Icecast, encoder killed: ${JSON.stringify(splices)}`);
        expect(listener.disconnects).toBe(0);
        expect(recognisedMs).toBeGreaterThan(7_000);
        expect(splices.length).toBe(1);
        for (const { missingMs } of splices) expect(Math.abs(missingMs)).toBeLessThan(150);
      });
    });
  }
});
