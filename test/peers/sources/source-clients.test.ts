import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../bench/referee/decoders.ts';
import { asNobody } from '../../../bench/rigs/icecast-server.ts';
import { describeWith } from '../support/need.ts';
import { audioOf, decodedSeconds, HOST, mp3, Station } from '../support/station.ts';

const SECONDS = 12;
const PASSWORD = 'secret';
const TITLE = 'Ällä - Tune';

interface SourceClient {
  readonly program: string;
  readonly isNeverRoot?: boolean;
  /** Arguments of an ffmpeg that runs beside it. */
  beside?(directory: string): readonly string[];
  /** What it needs in its environment. */
  environment?(directory: string): Readonly<Record<string, string>>;
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

/** DarkIce reads a sound device only. This one of ALSA reads a pipe; what its writer has not given yet is silence. */
function soundDevice(directory: string): string {
  return `pcm.tone { type file; slave.pcm { type null }; file /dev/null; infile "${join(directory, 'tone.pipe')}"; format raw }
`;
}

function darkiceConfiguration(port: number): string {
  return `[general]
duration = ${SECONDS}
bufferSecs = 1
reconnect = no
realtime = no
[input]
device = tone
sampleRate = 44100
bitsPerSample = 16
channel = 1
[icecast2-0]
bitrateMode = cbr
format = mp3
bitrate = 128
server = ${HOST}
port = ${port}
password = ${PASSWORD}
mountPoint = tune
name = Tunes
`;
}

function liquidsoapScript(file: string, port: number): string {
  return `tune = once(single("${file}"))
output.icecast(%mp3(bitrate = 128), host = "${HOST}", port = ${port}, password = "${PASSWORD}", mount = "tune", name = "Tunes", fallible = true, on_stop = shutdown, tune)
`;
}

const clients: readonly SourceClient[] = [
  {
    program: 'darkice',
    beside: (directory) => ['-v', 'error', '-y', '-re', '-f', 'lavfi', '-i', 'sine=440', '-t', `${SECONDS + 5}`, '-ac', '1', '-ar', '44100', '-f', 's16le', join(directory, 'tone.pipe')],
    environment: (directory) => {
      execFileSync('mkfifo', [join(directory, 'tone.pipe')]);
      writeFileSync(join(directory, 'alsa.conf'), soundDevice(directory));
      return { ALSA_CONFIG_PATH: join(directory, 'alsa.conf') };
    },
    arguments: (_, port, directory) => {
      const configuration = join(directory, 'darkice.cfg');
      writeFileSync(configuration, darkiceConfiguration(port));
      return ['-c', configuration];
    },
  },
  {
    program: 'liquidsoap',
    isNeverRoot: true,
    arguments: (file, port, directory) => {
      const script = join(directory, 'tune.liq');
      writeFileSync(script, liquidsoapScript(file, port));
      return [script];
    },
    title: TITLE,
  },
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
        const child = station.launch(client.program, client.arguments(file, station.sourcePort, directory), { env: client.environment?.(directory), ...(client.isNeverRoot === true && asNobody()) });
        if (client.beside !== undefined) station.launch('ffmpeg', client.beside(directory));
        child.stdin!.end(bytes);
        const listener = await station.listen('tune');
        await station.encoder.until('source-ended');
        await expect.poll(() => decodedSeconds(audioOf(listener)), { timeout: 60_000, interval: 1_000 }).toBeGreaterThan(SECONDS - 2);
        if (client.title !== undefined) expect(station.encoder.all('encoder-title').map(({ title }) => title)).toContain(client.title);
        listener.socket.destroy();
      });
    });
  }
});

function icesConfiguration(port: number, directory: string): string {
  return `<ices>
  <background>0</background><logpath>${directory}</logpath><logfile>ices.log</logfile><loglevel>1</loglevel><consolelog>0</consolelog>
  <stream>
    <input><module>playlist</module><param name="type">basic</param><param name="file">${join(directory, 'list')}</param><param name="once">1</param></input>
    <instance><hostname>${HOST}</hostname><port>${port}</port><password>${PASSWORD}</password><mount>/tune</mount><reconnectattempts>1</reconnectattempts></instance>
  </stream>
</ices>
`;
}

/** Clients that send nothing but Ogg: what they are told, and what is said of it. */
const oggClients: readonly { readonly program: string; arguments(port: number, directory: string): readonly string[] }[] = [
  {
    program: 'ices2',
    arguments: (port, directory) => {
      writeFileSync(join(directory, 'list'), `${join(directory, 'tune.ogg')}\n`);
      writeFileSync(join(directory, 'ices.xml'), icesConfiguration(port, directory));
      return [join(directory, 'ices.xml')];
    },
  },
  { program: 'oggfwd', arguments: (port) => [HOST, `${port}`, PASSWORD, '/tune'] },
];

describe('source clients that send Ogg', () => {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-ogg-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  for (const client of oggClients) {
    describeWith(['ffmpeg', client.program], `${client.program} as a source`, () => {
      const station = new Station();
      let ogg: Buffer;
      beforeAll(async () => {
        await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=440', '-t', '5', '-c:a', 'libvorbis', join(directory, 'tune.ogg')]);
        ogg = readFileSync(join(directory, 'tune.ogg'));
        await station.start([{ name: 'tune', input: { kind: 'listen', password: PASSWORD } }]);
      });
      afterAll(() => station.stop());

      it('is refused by name with a status, and ends', async () => {
        const child = station.launch(client.program, client.arguments(station.sourcePort, directory));
        const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
        child.stdin!.end(ogg);
        expect(await station.encoder.until('source-refused', { mount: 'tune' })).toMatchObject({ why: { code: 'unsupported', format: 'application/ogg' } });
        // It was never told to go on.
        expect(station.encoder.all('source-ended')).toEqual([]);
        await ended;
      });
    });
  }
});
