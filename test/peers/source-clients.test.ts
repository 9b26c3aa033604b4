import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../bench/referee/decoders.ts';
import { describeWith } from './need.ts';
import { audioOf, decodedSeconds, HOST, mp3, Station } from './station.ts';

const SECONDS = 12;
const PASSWORD = 'secret';
const TITLE = 'Ällä - Tune';

interface SourceClient {
  readonly program: string;
  /** Its arguments for a file of MP3, which is its standard input, too. */
  arguments(file: string, port: number, directory: string): readonly string[];
  /** The title that it sends; undefined: none. */
  readonly title?: string;
}

function ezstreamConfiguration(file: string, port: number): string {
  return `<ezstream>
  <servers><server><hostname>${HOST}</hostname><port>${port}</port><password>${PASSWORD}</password></server></servers>
  <streams><stream><mountpoint>/tune</mountpoint><format>MP3</format><stream_name>Tunes</stream_name></stream></streams>
  <intakes><intake><type>file</type><filename>${file}</filename><stream_once>yes</stream_once></intake></intakes>
</ezstream>
`;
}

const clients: readonly SourceClient[] = [
  {
    program: 'ezstream',
    arguments: (file, port, directory) => {
      const configuration = join(directory, 'ezstream.xml');
      writeFileSync(configuration, ezstreamConfiguration(file, port), { mode: 0o600 });
      return ['-c', configuration];
    },
    title: TITLE,
  },
  {
    program: 'gst-launch-1.0',
    arguments: (file, port) => ['filesrc', `location=${file}`, '!', 'id3demux', '!', 'mpegaudioparse', '!', 'shout2send', `ip=${HOST}`, `port=${port}`, `password=${PASSWORD}`, 'mount=/tune', 'sync=true'],
    title: TITLE,
  },
  {
    program: 'curl',
    arguments: (_, port) => ['-s', '-T', '-', '--limit-rate', '16k', '-u', `source:${PASSWORD}`, '-H', 'Content-Type: audio/mpeg', '-H', 'Expect: 100-continue', `http://${HOST}:${port}/tune`],
  },
];

describe('source clients', () => {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-source-'));
  const file = join(directory, 'tune.mp3');
  let bytes: Buffer;
  afterAll(() => rmSync(directory, { recursive: true }));

  for (const client of clients) {
    describeWith(['ffmpeg', client.program], `${client.program} as a source`, () => {
      const station = new Station();
      beforeAll(async () => {
        chmodSync(directory, 0o755);
        const [artist, song] = TITLE.split(' - ');
        const tags = ['-metadata', `artist=${artist}`, '-metadata', `title=${song}`, '-id3v2_version', '3'];
        bytes = (await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=440', '-t', `${SECONDS}`, ...tags, ...mp3, 'pipe:1'])).stdout;
        writeFileSync(file, bytes);
        await station.start([{ name: 'tune', input: { kind: 'listen', password: PASSWORD } }]);
      });
      afterAll(() => station.stop());

      it(`is heard for as long as its ${SECONDS} s last${client.title === undefined ? '' : ', with their title'}`, async () => {
        const child = station.launch(client.program, client.arguments(file, station.sourcePort, directory));
        child.stdin!.end(bytes);
        const listener = await station.listen('tune');
        await station.encoder.until('source-ended');
        await expect.poll(() => decodedSeconds(audioOf(listener)), { timeout: 20_000, interval: 1_000 }).toBeGreaterThan(SECONDS - 2);
        if (client.title !== undefined) expect(station.encoder.all('encoder-title').map(({ title }) => title)).toContain(client.title);
        listener.socket.destroy();
      });
    });
  }
});
