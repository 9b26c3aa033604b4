import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, trimToFrames } from '../../../bench/referee/decoders.ts';
import { formats } from '../../../bench/rigs/formats.ts';
import { Recorder } from '../../../bench/referee/recorder.ts';
import { judge } from '../../../bench/referee/referee.ts';
import { makeMaterial } from '../../../bench/referee/material.ts';
import { DavecastRig } from '../../../bench/rigs/davecast.ts';
import type { IcecastServer } from '../../../bench/rigs/icecast-server.ts';
import { startSlave } from './icecast-slave.ts';
import { describeWith } from '../support/need.ts';
import { players } from '../players/players.ts';

/** Longer than Icecast's burst. */
const PLAY_S = 8;
const READY_MS = 60_000;

describeWith(['icecast2', 'ffmpeg', 'mpg123', 'mpv'], 'a real Icecast as slave of the edge', () => {
  const material = makeMaterial('icecast', 120);
  const directory = mkdtempSync(join(tmpdir(), 'davecast-icecast-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  for (const format of ['mp3', 'aac'] as const) {
    describe(formats[format].label, () => {
      const rig = new DavecastRig(format, material);
      let icecast: IcecastServer;
      let url: string;
      beforeAll(async () => {
        await rig.start();
        await rig.untilReady(READY_MS);
        icecast = await startSlave(rig.edgePort);
        await icecast.untilOnAir(rig.mount);
        url = `http://127.0.0.1:${icecast.port}/${rig.mount}`;
        const probe = new Recorder(url);
        await probe.start(READY_MS);
        probe.stop();
      });
      afterAll(async () => {
        await icecast?.stop();
        await rig.stop();
      });

      /** mpv complains of AAC that begins in the midst of a frame, as Icecast's does: it is given the frames of what a listener got. */
      async function audioFor(program: string): Promise<string> {
        if (program !== 'mpv' || format !== 'aac') return url;
        const listener = new Recorder(url);
        await listener.start(READY_MS);
        await sleep(1_000 * PLAY_S);
        listener.stop();
        const file = join(directory, 'heard.aac');
        writeFileSync(file, trimToFrames(listener.audio));
        return file;
      }

      for (const player of players.filter(({ plays }) => plays.includes(format))) {
        it(`${player.program} plays ${PLAY_S} s of it without a complaint`, async () => {
          expect(await player.play(await audioFor(player.program), PLAY_S)).toEqual([]);
        });
      }

      it('its listener stays connected when the encoder on air is killed, and misses nothing worth it', async () => {
        const listener = new Recorder(url);
        await listener.start(READY_MS);
        await sleep(3_000);
        const switchesBefore = rig.switches.length;
        await rig.studios[rig.live]!.kill();
        await sleep(5_000);
        listener.stop();
        const { splices, recognisedMs } = judge(await decode(listener.audio, formats[format].demuxer), material.known);
        console.log(`${formats[format].label} through Icecast, encoder killed: ${JSON.stringify(splices)}`);
        expect(listener.disconnectsMs).toEqual([]);
        expect(recognisedMs).toBeGreaterThan(7_000);
        const switches = rig.switches.length - switchesBefore;
        expect(switches).toBeGreaterThan(0);
        // The other encoder can be entered so exactly that no splice is found (4 of 61).
        expect(splices.length).toBeLessThanOrEqual(switches);
        for (const { missingMs } of splices) expect(Math.abs(missingMs)).toBeLessThan(150);
      });
    });
  }
});
