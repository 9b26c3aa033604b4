import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asNobody } from '../../../bench/rigs/icecast-server.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { describeWith } from '../support/need.ts';
import { decodedSeconds, Station } from '../support/station.ts';

const PLAY_S = 6;
const PATIENT = { timeout: 90_000, interval: 250 };
const TITLES = ['First Tune', 'Ällä - 二'];

/** What of icecast-metadata-js is used here: it has no types. */
interface MetadataReader {
  asyncReadAll(bytes: Uint8Array): Promise<void>;
}
interface MetadataReaderOptions {
  readonly icyMetaInt: number;
  readonly metadataTypes: readonly 'icy'[];
  readonly onStream: (value: { readonly stream: Uint8Array }) => void;
  readonly onMetadata: (value: { readonly metadata: { readonly StreamTitle: string } }) => void;
}
const { IcecastMetadataReader } = createRequire(import.meta.url)('icecast-metadata-js') as { readonly IcecastMetadataReader: new (options: MetadataReaderOptions) => MetadataReader };

/** Plays a URL, saves what it decodes, and adds each title that it reads to a file. */
function liquidsoapScript(url: string, directory: string): string {
  return `radio = input.http("${url}")
radio = source.on_metadata(radio, fun (m) -> ignore(file.write(data = m["title"] ^ "\\n", append = true, "${join(directory, 'titles')}")))
output.file(%wav(stereo = false), "${join(directory, 'heard.wav')}", fallible = true, radio)
`;
}

describeWith(['ffmpeg', 'liquidsoap'], 'players that read titles', () => {
  const station = new Station();
  const directory = mkdtempSync(join(tmpdir(), 'davecast-titles-'));

  beforeAll(async () => {
    chmodSync(directory, 0o777);
    await station.startTone();
  });
  afterAll(async () => {
    await station.stop();
    rmSync(directory, { recursive: true });
  });

  it(`Liquidsoap plays ${PLAY_S} s with input.http, with titles in any script`, async () => {
    await station.title('tone', TITLES[0]!);
    writeFileSync(join(directory, 'play.liq'), liquidsoapScript(station.url('tone'), directory));
    const player = station.launch('liquidsoap', [join(directory, 'play.liq')], { env: { HOME: directory }, ...asNobody() });
    const titles = (): readonly string[] => {
      try {
        return readFileSync(join(directory, 'titles'), 'utf8').split('\n').slice(0, -1);
      } catch {
        return [];
      }
    };
    await expect.poll(titles, PATIENT).toContain(TITLES[0]);
    await station.title('tone', TITLES[1]!);
    await expect.poll(titles, PATIENT).toContain(TITLES[1]);
    await expect.poll(() => decodedSeconds(readFileSync(join(directory, 'heard.wav'))), PATIENT).toBeGreaterThan(PLAY_S);
    await end(player, 'SIGTERM');
  });

  it(`icecast-metadata-js reads ${PLAY_S} s that can be decoded, and titles in any script`, async () => {
    // The burst has the title of the test before.
    const titlesNow = ['Second Tune', 'Третья'];
    await station.title('tone', titlesNow[0]!);
    const answer = await fetch(station.url('tone'), { headers: { 'Icy-MetaData': '1' } });
    const titles: string[] = [];
    const audio: Uint8Array[] = [];
    const reader = new IcecastMetadataReader({
      icyMetaInt: Number(answer.headers.get('icy-metaint')),
      metadataTypes: ['icy'],
      onStream: ({ stream }) => audio.push(stream.slice()),
      onMetadata: ({ metadata }) => titles.push(metadata.StreamTitle),
    });
    const bytes = answer.body!.getReader();
    const startedAt = performance.now();
    for (let asked = false; performance.now() - startedAt < 1_000 * PLAY_S || !titles.includes(titlesNow[1]!); ) {
      const { value, done } = await bytes.read();
      if (done) throw new Error('the stream has ended');
      await reader.asyncReadAll(value);
      if (!asked && titles.includes(titlesNow[0]!)) {
        asked = true;
        await station.title('tone', titlesNow[1]!);
      }
    }
    await bytes.cancel();
    expect(titles).toEqual([TITLES[1], ...titlesNow]);
    // With the burst that it began with.
    expect(await decodedSeconds(Buffer.concat(audio))).toBeGreaterThan(PLAY_S);
  });
});
