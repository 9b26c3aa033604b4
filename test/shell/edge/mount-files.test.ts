import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { defaultSettings, withSettings } from '../../../core/config/settings.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { readMountFiles } from '../../../shell/edge/mount-files.ts';
import { UsageError } from '../../../shell/process/problems.ts';
import { FRAME_BYTES, makersIn, numbered, numbersIn, range } from '../../core/support/frames.ts';
import { ask, CapturedLog, RawClient } from '../support/support.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-fallback-'));
const running: EdgeApp[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.stop()));
});
afterAll(() => rmSync(directory, { recursive: true }));

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

const frames = range(0, 19).map((n) => numbered(n));
const good = fileOf('Back soon.mp3', Buffer.concat(frames));

function edgeWith(policies: MountPolicies, told: CapturedLog, workers = 1): EdgeApp {
  const app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, relays: [], settings: withSettings({ burstMs: 1_000, icyIntervalBytes: 4_000 }), workers, policies }, told.log);
  running.push(app);
  return app;
}

describe('the files of fallbacks', () => {
  it('are read at the start, with their names as titles', async () => {
    const files = await readMountFiles({ one: { fallback: { file: good } }, two: { prefer: 'x' }, three: { fallback: { mount: 'one' } } }, defaultSettings);
    expect(files).toEqual([{ mount: 'one', what: 'fallback', path: good, title: 'Back soon', bytes: Buffer.concat(frames) }]);
  });

  it.each([
    ['is not there', join(directory, 'nothing.mp3'), 'cannot be read: no such file or directory (ENOENT)'],
    ['is a directory', directory, 'is not a file'],
    ['is too large', fileOf('large.mp3', new Uint8Array(1_025)), 'has 1025 bytes, more than --fallback-bytes 1024'],
  ])('one that %s is an error of one line', async (_, path, problem) => {
    const settings = { ...defaultSettings, fallbackBytes: 1_024 };
    await expect(readMountFiles({ one: { fallback: { file: path } } }, settings)).rejects.toThrow(new UsageError(`the fallback of /one: ${path} ${problem}`));
  });
});

describe('an edge', () => {
  it('plays a file to whoever asks for a mountpoint of which nothing has come, again and again', async () => {
    const told = new CapturedLog();
    await edgeWith({ one: { fallback: { file: good } } }, told).start();
    const port = await told.port('http');
    const listener = new RawClient(port).write('GET /one HTTP/1.0\r\nIcy-MetaData: 0\r\n\r\n');
    await listener.until((received) => received.length > 30 * FRAME_BYTES);
    const audio = listener.received.subarray(listener.received.indexOf('\r\n\r\n') + 4);
    expect(audio.subarray(0, 25 * FRAME_BYTES)).toEqual(Buffer.concat([...frames, ...frames.slice(0, 5)]));
    expect(told.all('fallback-entered')).toMatchObject([{ mount: 'one', what: 'Back soon' }]);
    const status = JSON.parse((await ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).split('\r\n\r\n')[1]!) as { icestats: { source: object } };
    expect(status.icestats.source).toMatchObject({ title: 'Back soon', server_type: 'audio/mpeg', listeners: 1 });
  });

  it('does not start with a file that has no frame in it', async () => {
    const path = fileOf('text.mp3', Buffer.from('no audio\n'.repeat(1_000)));
    const told = new CapturedLog();
    const problem = `the fallback of /one: ${path} has no frame of MPEG audio or AAC (ADTS)`;
    await expect(edgeWith({ one: { fallback: { file: path } } }, told).start()).rejects.toThrow(new UsageError(problem));
  });
});

describe('an intro', () => {
  const hello = fileOf('hello.mp3', Buffer.concat([titled('Hello'), ...range(0, 29).map((n) => numbered(n, 7))]));

  it.each([1, 2])('is heard by each new listener first, with its title, and then what is on air: %i process(es)', async (workers) => {
    const told = new CapturedLog();
    await edgeWith({ one: { fallback: { file: good }, intro: hello } }, told, workers).start();
    const port = await told.port('http');
    const clients = ['1', '0'].map((icy) => new RawClient(port).write(`GET /one HTTP/1.0\r\nIcy-MetaData: ${icy}\r\n\r\n`));
    for (const client of clients) await client.until((received) => received.length > 50 * FRAME_BYTES);
    const [withTitles, without] = clients.map(({ received }) => received.subarray(received.indexOf('\r\n\r\n') + 4));
    const numbers = numbersIn(without!.subarray(0, 45 * FRAME_BYTES));
    const makers = makersIn(without!.subarray(0, 45 * FRAME_BYTES));
    expect(numbers.slice(0, 30)).toEqual(range(0, 29));
    expect(makers).toEqual([...range(0, 29).map(() => 7), ...range(30, 44).map(() => 0)]);
    expect(numbers.slice(30)).toEqual(range(30, 44).map((_, n) => (numbers[30]! + n) % 20));
    expect(["StreamTitle='Hello';", "StreamTitle='Back soon';"].map((title) => withTitles!.includes(title))).toEqual([true, true]);
    for (const client of clients) client.socket.destroy();
  });

  it.each([
    ['has no frame', fileOf('intro.txt', Buffer.from('no audio\n'.repeat(1_000))), 'has no frame of MPEG audio or AAC (ADTS)'],
    ['is not there', join(directory, 'none.mp3'), 'cannot be read: no such file or directory (ENOENT)'],
  ])('that %s keeps the edge from starting', async (_, intro, problem) => {
    await expect(edgeWith({ one: { intro } }, new CapturedLog()).start()).rejects.toThrow(new UsageError(`the intro of /one: ${intro} ${problem}`));
  });
});

/** A tag of ID3v2.3 with a title. */
function titled(title: string): Uint8Array {
  const frame = [...Buffer.from('TIT2'), 0, 0, 0, title.length + 1, 0, 0, 0, ...Buffer.from(title)];
  return Uint8Array.from([...Buffer.from('ID3'), 3, 0, 0, 0, 0, 0, frame.length, ...frame]);
}
