import { afterAll, beforeAll, expect, it } from 'vitest';
import { IcecastServer } from '../../../bench/rigs/icecast-server.ts';
import { describeWith } from '../support/need.ts';
import { plainConfiguration } from './icecast-slave.ts';
import { audioOf, decodedSeconds, HOST, mp3, Station, tone } from '../support/station.ts';

const SECONDS = 8;

describeWith(['icecast2', 'ffmpeg'], 'a mountpoint of a real Icecast as the source of an encoder', () => {
  const station = new Station();
  let icecast: IcecastServer;

  beforeAll(async () => {
    icecast = await IcecastServer.start(plainConfiguration('secret'));
    await station.start([{ name: 'tone', input: { kind: 'from', url: new URL(`http://${HOST}:${icecast.port}/origin`) } }]);
  });
  afterAll(async () => {
    await station.stop();
    await icecast?.stop();
  });

  it('is waited for, heard, and has its titles; and when it is back, again', async () => {
    const push = ['-v', 'error', ...tone, '-t', `${SECONDS}`, ...mp3, '-content_type', 'audio/mpeg', '-ice_name', 'Origin', `icecast://source:secret@${HOST}:${icecast.port}/origin`];
    station.launch('ffmpeg', push);
    const listener = await station.listen('tone');
    await title('First Tune');
    await station.encoder.until('encoder-title', { title: 'First Tune' });
    await station.encoder.until('source-ended');
    expect(await decodedSeconds(audioOf(listener))).toBeGreaterThan(SECONDS - 2);
    station.launch('ffmpeg', push);
    await expect.poll(() => decodedSeconds(audioOf(listener)), { timeout: 60_000, interval: 1_000 }).toBeGreaterThan(2 * (SECONDS - 2));
    listener.socket.destroy();
  });

  async function title(song: string): Promise<void> {
    const headers = { Authorization: `Basic ${btoa('admin:secret')}` };
    const answer = await fetch(`http://${HOST}:${icecast.port}/admin/metadata?mount=/origin&mode=updinfo&song=${encodeURIComponent(song)}`, { headers });
    expect(await answer.text()).toContain('successful');
  }
});
