import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withSettings } from '../../../../core/config/settings.ts';
import { AccessLog } from '../../../../shell/operations/access-log/access-log.ts';
import type { AccessEntry } from '../../../../shell/operations/access-log/lines.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { numbered, range } from '../../../core/support/frames.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

let folder: string;
let file: string;
let told: CapturedLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'));
  file = join(folder, 'access.log');
  told = new CapturedLog();
});

afterEach(() => rm(folder, { recursive: true }));

function entry(number: number): AccessEntry {
  return { endedAt: new Date(), ip: '192.0.2.1', mount: 'radio', request: 'GET /radio HTTP/1.0', referer: '-', agent: `player ${number}`, bytes: number, connectedMs: 1_000, reason: 'closed by listener' };
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).split('\n').slice(0, -1);
}

describe('the access log', () => {
  it('has a line for each of many who leave at once', async () => {
    await writeFile(file, 'of an earlier process\n');
    const log = new AccessLog({ file, format: 'combined' }, told.log);
    for (let i = 0; i < 20_000; i++) log.take(entry(i));
    await log.stop(60_000);
    const lines = await linesOf(file);
    expect(lines.slice(1).map((line) => line.split('"')[5])).toEqual(range(0, 19_999).map((number) => `player ${number}`));
    expect(lines[0]).toBe('of an earlier process');
    expect(told.events).toEqual([]);
  });

  it('goes on in a new file after SIGHUP, and no line is in neither', async () => {
    const log = new AccessLog({ file, format: 'json' }, told.log);
    const moved = join(folder, 'access.log.1');
    for (let i = 0; i < 500; i++) log.take(entry(i));
    await rename(file, moved);
    for (let i = 500; i < 1_000; i++) log.take(entry(i));
    process.emit('SIGHUP', 'SIGHUP');
    await told.until('access-reopened', { file });
    for (let i = 1_000; i < 1_500; i++) log.take(entry(i));
    await log.stop(60_000);
    const [before, after] = [await linesOf(moved), await linesOf(file)];
    expect([...before, ...after].map((line) => (JSON.parse(line) as { bytes: number }).bytes)).toEqual(range(0, 1_499));
    expect(after.length).toBeGreaterThanOrEqual(500);
  });

  it('stays with its file when there can be no new one, and says so', async () => {
    const log = new AccessLog({ file, format: 'combined' }, told.log);
    const moved = `${folder}.moved`;
    await rename(folder, moved);
    process.emit('SIGHUP', 'SIGHUP');
    expect(await told.until('access-not-reopened')).toMatchObject({ file, error: 'no such file or directory (ENOENT)' });
    log.take(entry(7));
    await log.stop(60_000);
    await rename(moved, folder);
    expect(await linesOf(file)).toHaveLength(1);
  });

  it.runIf(existsSync('/dev/full'))('says once that the disk is full, and how many lines were lost when it is not', async () => {
    const log = new AccessLog({ file: '/dev/full', format: 'combined' }, told.log);
    log.take(entry(1));
    expect(await told.until('access-not-written')).toMatchObject({ file: '/dev/full', error: 'no space left on device (ENOSPC)' });
    log.take(entry(2));
    await log.stop(60_000);
    expect(told.all('access-not-written')).toHaveLength(1);
  });

  it('is refused where it cannot be opened', () => {
    expect(() => new AccessLog({ file: join(folder, 'none', 'access.log'), format: 'combined' }, told.log)).toThrow(/access\.log cannot be opened: no such file or directory \(ENOENT\)/);
  });
});

describe.each([1, 2])('an edge whose listeners are in %i process(es)', (workers) => {
  it('has a line for each of them, with what they heard', async () => {
    const audio = join(folder, 'sorry.mp3');
    await writeFile(audio, Buffer.concat(range(0, 3_999).map((number) => numbered(number))));
    const app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, relays: [], workers, settings: withSettings({ burstMs: 1_000 }), policies: { radio: { fallback: { file: audio } } }, accessLog: { file, format: 'json' } }, told.log);
    await app.start();
    const port = await told.port('http');
    const clients = range(1, 320).map((number) => new RawClient(port).write(`GET /radio?n=${number} HTTP/1.1\r\nHost: x\r\nUser-Agent: player\r\nReferer: http://site.example/\r\n\r\n`));
    for (const client of clients) await client.untilText('\r\n\r\n');
    for (const client of clients) client.socket.destroy();
    // One is still there when the edge stops.
    const last = new RawClient(port).write('GET /radio HTTP/1.0\r\n\r\n');
    await last.until((received) => received.length > 10_000);
    await app.stop();
    const lines = (await linesOf(file)).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(321);
    const requests = lines.map(({ request }) => request);
    for (let number = 1; number <= 320; number++) expect(requests).toContain(`GET /radio?n=${number} HTTP/1.1`);
    expect(lines.find(({ request }) => request === 'GET /radio HTTP/1.0')).toMatchObject({ ip: '127.0.0.1', mount: 'radio', agent: '-', referer: '-', reason: 'edge stopped' });
    expect(lines[0]).toMatchObject({ agent: 'player', referer: 'http://site.example/' });
    for (const { bytes } of lines) expect(bytes).toBeGreaterThan(300);
    expect(told.all('access')).toEqual([]);
  });
});
