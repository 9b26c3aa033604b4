import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { readFallbackFiles } from '../../../shell/edge/fallback-files.ts';
import { UsageError } from '../../../shell/process/problems.ts';
import { FRAME_BYTES, numbered, range } from '../../core/support/frames.ts';
import { ask, CapturedLog, RawClient } from '../support.ts';

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

function edgeWith(policies: Record<string, { fallback: { file: string } | { mount: string } }>, told: CapturedLog): EdgeApp {
  const app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, relays: [], settings: defaultSettings, policies }, told.log);
  running.push(app);
  return app;
}

describe('the files of fallbacks', () => {
  it('are read at the start, with their names as titles', async () => {
    const files = await readFallbackFiles({ one: { fallback: { file: good } }, two: { prefer: 'x' }, three: { fallback: { mount: 'one' } } }, defaultSettings);
    expect(files).toEqual([{ mount: 'one', path: good, title: 'Back soon', bytes: Buffer.concat(frames) }]);
  });

  it.each([
    ['is not there', join(directory, 'nothing.mp3'), 'cannot be read: ENOENT'],
    ['is a directory', directory, 'is not a file'],
    ['is too large', fileOf('large.mp3', new Uint8Array(1_025)), 'has 1025 bytes, more than --fallback-bytes 1024'],
  ])('one that %s is an error of one line', async (_, path, problem) => {
    const settings = { ...defaultSettings, fallbackBytes: 1_024 };
    await expect(readFallbackFiles({ one: { fallback: { file: path } } }, settings)).rejects.toThrow(new UsageError(`the fallback of /one: ${path} ${problem}`));
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
