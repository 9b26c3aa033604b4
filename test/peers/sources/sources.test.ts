import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../bench/referee/decoders.ts';
import { describeWith } from '../support/need.ts';
import { audioOf, decodedSeconds, HOST, mp3, Station, tone } from '../support/station.ts';

const SECONDS = 6;

/** Runs ffmpeg, and gives its complaints and its status. */
async function ffmpeg(args: readonly string[]): Promise<{ err: string; status: number | null }> {
  const { stderr, code } = await run('ffmpeg', ['-v', 'error', ...args]);
  return { err: stderr, status: code };
}

const shortTone = [...tone, '-t', String(SECONDS)];
const adts = ['-c:a', 'aac', '-b:a', '96k', '-f', 'adts'];

describeWith(['ffmpeg'], 'ffmpeg as the source of one of several mountpoints', () => {
  const station = new Station();
  const told = station.encoder;

  beforeAll(() => station.start(['put', 'legacy', 'chunked', 'ogg'].map((name) => ({ name, input: { kind: 'listen', password: `pw-${name}` } }))));
  afterAll(() => station.stop());

  it.each([
    ['put', 'PUT, told to go on', [...mp3, '-content_type', 'audio/mpeg'], 'icecast'],
    ['legacy', 'SOURCE, with audio right behind it', [...adts, '-content_type', 'audio/aac', '-legacy_icecast', '1'], 'icecast'],
    ['chunked', 'PUT in chunks', [...mp3, '-method', 'PUT', '-auth_type', 'basic', '-chunked_post', '1'], 'http'],
  ] as const)('%s: %s', async (name, _, args, scheme) => {
    const sending = ffmpeg([...shortTone, ...args, `${scheme}://source:pw-${name}@${HOST}:${station.sourcePort}/${name}`]);
    await told.until('encoder-format', { mount: name });
    const listener = await station.listen(name);
    expect(await sending).toMatchObject({ err: '', status: 0 });
    await told.until('source-ended', { mount: name });
    await expect.poll(() => decodedSeconds(audioOf(listener)), { timeout: 60_000, interval: 1_000 }).toBeGreaterThan(SECONDS - 1);
    listener.socket.destroy();
  });

  it('ogg: is refused by name', async () => {
    const { status } = await ffmpeg([...shortTone, '-c:a', 'libvorbis', '-f', 'ogg', '-content_type', 'audio/mpeg', `icecast://source:pw-ogg@${HOST}:${station.sourcePort}/ogg`]);
    expect(status).not.toBe(0);
    expect(await told.until('source-unsupported', { mount: 'ogg' })).toMatchObject({ format: 'Ogg (Vorbis)' });
    expect(await told.until('source-ended', { mount: 'ogg' })).toMatchObject({ reason: 'Ogg (Vorbis) is not supported' });
  });
});
