import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { parseEndpoint } from '../../../../shell/net/addresses/address.ts';
import { built } from '../../../support/built.ts';
import { isUnbroken, listener, Programme, running, source, stopAll } from '../../station/support.ts';
import { freeTcpPort } from '../../../../bench/common/free-port.ts';
import { ask, CapturedLog, type RawClient } from '../../support/support.ts';
import { EdgeProcess } from './support.ts';

const bind = '127.0.0.1';
const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
const program = join(directory, 'davecast.mjs');
const good = `import ${JSON.stringify(pathToFileURL(built('shell/bin/davecast')).href)};\n`;

/**
 *     source client -> station -> listener
 *                         +-----> edge -> listener
 */
const edgeTold = new CapturedLog();
let station: EdgeProcess;
let port: number;
let client: RawClient;
let programme: Programme;
let heardAt: Readonly<Record<'station' | 'edge', RawClient>>;

beforeAll(async () => {
  writeFileSync(program, good);
  const [http, out] = [await freeTcpPort(), await freeTcpPort()];
  port = http;
  station = new EdgeProcess(['station', '--bind', bind, '--http', `${http}`, '--out', `${out}`, '--password', 'x', '--admin-password', 'pw', '--shoutcast-mount', 'other', '--shoutcast-port', `${await freeTcpPort()}`], { program });
  await station.line('listening', 3);
  client = await source(port, 'radio');
  programme = new Programme([client]);
  const edge = new EdgeApp({ bind, httpPort: 0, relays: [parseEndpoint(`${bind}:${out}`)!], settings: { ...defaultSettings, stopMs: 200 } }, edgeTold.log);
  running.push(edge);
  await edge.start();
  heardAt = { station: await listener(port, 'radio'), edge: await listener(await edgeTold.port('http'), 'radio') };
});

afterAll(async () => {
  await stopAll();
  station.end();
  rmSync(directory, { recursive: true });
});

async function hearsAll(): Promise<void> {
  const upTo = programme.sent;
  for (const [where, heard] of Object.entries(heardAt)) {
    await expect.poll(() => programme.heard(heard).at(-1), { message: where }).toBeGreaterThan(upTo);
    expect(isUnbroken(programme.heard(heard)), where).toBe(true);
    expect(heard.socket.destroyed).toBe(false);
  }
}

const admin = (path: string): Promise<string> => ask(port, `GET /admin/${path} HTTP/1.0\r\nAuthorization: Basic ${btoa('admin:pw')}\r\n\r\n`);

describe('a station', () => {
  it('goes on when the new process is no good', async () => {
    writeFileSync(program, "process.on('message', ({ kind }) => { if (kind === 'offer') process.send({ kind: 'ready', takes: 'all' }); if (kind === 'take') process.exit(4); });");
    station.child.kill('SIGUSR1');
    expect(await station.line('upgrade-failed')).toMatchObject({ reason: 'it has ended: status 4' });
    await hearsAll();
    expect(edgeTold.all('disconnected')).toEqual([]);
    writeFileSync(program, good);
  });

  it('is upgraded: its listeners stay, its source client does not notice, and every frame is heard once', async () => {
    station.child.kill('SIGUSR1');
    expect(await station.line('taken-over')).toMatchObject({ listeners: 1 });
    await edgeTold.until('disconnected');
    await hearsAll();
    expect(client.socket.destroyed).toBe(false);
    expect(station.lines('upgraded')).toMatchObject([{ takes: 'all' }]);
    expect(station.lines('access')).toEqual([]);
    expect(await admin('listclients?mount=/radio')).toContain('<Listeners>1</Listeners>');
    // A title by the login of the source reaches it where it is.
    const answer = await ask(port, `GET /admin/metadata?mount=/radio&mode=updinfo&song=Song HTTP/1.0\r\nAuthorization: Basic ${btoa('source:x')}\r\n\r\n`);
    expect(answer).toContain('Metadata update successful');
    await station.line('encoder-title');
    // Not before its source clients have left.
    const pid = (await station.line('upgrade-started', 2))['pid'] as number;
    process.kill(pid, 'SIGUSR1');
    expect(await station.line('signal')).toMatchObject({ meaning: 'ignored: source clients of the process before are still connected to that' });
    expect(station.child.exitCode).toBe(null);
  });

  it('ends when its source client has left, and the new one has the next one', async () => {
    const next = await source(port, 'radio');
    programme.sources.add(next);
    await station.line('backup-added');
    client.socket.destroy();
    expect(await station.exited).toBe(0);
    await hearsAll();
    expect(station.err).toBe('');
  });
});
