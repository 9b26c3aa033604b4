import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Recorder } from '../../bench/referee/recorder.ts';
import { commands } from '../../shell/bin/commands/commands.ts';
import { stationConfig } from '../../shell/bin/roles/station-config.ts';
import { readGiven } from '../../shell/cli/config/config.ts';
import { StationApp } from '../../shell/station/station.ts';
import { CapturedLog } from '../shell/support/support.ts';
import { describeWith } from './support/need.ts';
import { players } from './players/players.ts';

/** As the package icecast2 of Debian installs it. */
const DEBIANS = '/etc/icecast2/icecast.xml';
const PROGRAMME = join(import.meta.dirname, '../../demo/programme-a.mp3');
const PLAY_S = 8;
const READY_MS = 60_000;

describeWith(['icecast2', 'ffmpeg', 'mpg123'], 'a station with the icecast.xml that Debian ships', () => {
  const told = new CapturedLog();
  const given = readGiven(['--icecast-config', DEBIANS, '--http', '0', '--bind', '127.0.0.1', '--password', 'secret'], commands.station);
  const sources: ChildProcess[] = [];
  let app: StationApp | undefined;
  let url = '';

  /** ffmpeg as a source client. */
  function push(port: number, ...more: string[]): ChildProcess {
    const child = spawn('ffmpeg', ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', PROGRAMME, '-c', 'copy', '-f', 'mp3', '-content_type', 'audio/mpeg', ...more, `icecast://source:secret@127.0.0.1:${port}/radio`], { stdio: 'ignore' });
    sources.push(child);
    return child;
  }

  beforeAll(async () => {
    expect(existsSync(DEBIANS)).toBe(true);
    const { config, settings } = stationConfig(given);
    app = new StationApp({ ...config, settings, relaySettings: settings }, told.log);
    await app.start();
    const port = await told.port('http');
    push(port);
    await told.until('mount-started', { mount: 'radio' });
    push(port, '-legacy_icecast', '1');
    await told.until('backup-added', { mount: 'radio' });
    url = `http://127.0.0.1:${port}/radio`;
    const probe = new Recorder(url);
    await probe.start(READY_MS);
    probe.stop();
  });

  afterAll(async () => {
    for (const child of sources) child.kill('SIGKILL');
    await app?.stop();
  });

  it('says what of it is not honoured, or not quite, a line each with its number, and starts', () => {
    expect(given.notes.length).toBeGreaterThan(5);
    for (const note of given.notes) expect(note).toMatch(/^\/etc\/icecast2\/icecast\.xml:\d+: <[\w-]+> is (not honoured|what authentication services are told): /);
    expect(given.notes.join('\n')).not.toContain('unknown');
  });

  for (const player of players.filter(({ program }) => program !== 'mpv')) {
    it(`is played by ${player.program} for ${PLAY_S} s without a complaint`, async () => {
      expect(await player.play(url, PLAY_S)).toEqual([]);
    });
  }

  it('keeps its listener when one of two ffmpegs is killed, of which one came by PUT and one by SOURCE', async () => {
    const listener = new Recorder(url);
    await listener.start(READY_MS);
    await sleep(3_000);
    const before = told.all('switch').length;
    sources[0]!.kill('SIGKILL');
    await told.until('source-ended', { mount: 'radio' });
    await sleep(4_000);
    listener.stop();
    expect(listener.disconnectsMs).toEqual([]);
    const switches = told.all('switch').slice(before);
    console.log(`one of two sources killed: ${JSON.stringify(switches.map(({ silentMs, missingMs, matchedBy }) => ({ silentMs, missingMs, matchedBy })))}`);
    expect(switches).toMatchObject([{ missingMs: 0, matchedBy: 'frames' }]);
    expect(told.all('mount-ended')).toEqual([]);
  });
});
