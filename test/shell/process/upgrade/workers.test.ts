import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../../../support/built.ts';
import { expectUnbroken, heard, hearsOn } from '../../support/heard.ts';
import { ask, RawClient } from '../../support/support.ts';
import { EdgeProcess, NumberedRelay } from './support.ts';

const WORKERS = 2;
const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
const program = join(directory, 'davecast.mjs');
const good = `import ${JSON.stringify(pathToFileURL(built('shell/bin/davecast')).href)};\n`;
/** It says that it is ready, and takes nothing. */
const bad = "process.on('message', ({ kind }) => { if (kind === 'offer') process.send({ kind: 'ready', takes: 'all' }); if (kind === 'take') process.exit(4); }); process.on('disconnect', () => process.exit());\n";
/** It ends with the first connection that it is given, when nothing has stopped yet. */
const worse = "process.on('message', ({ kind }) => { if (kind === 'offer') process.send({ kind: 'ready', takes: 'all' }); if (kind === 'handle') process.exit(5); }); process.on('disconnect', () => process.exit());\n";

const relay = new NumberedRelay();
let edge: EdgeProcess;
let port: number;
const clients: RawClient[] = [];

beforeAll(async () => {
  writeFileSync(program, good);
  edge = new EdgeProcess(['edge', '--bind', '127.0.0.1', '--http', '0', '--admin-password', 'pw', '--workers', `${WORKERS}`, '--relay', `127.0.0.1:${await relay.start()}`], { program });
  port = (await edge.line('listening'))['port'] as number;
  await edge.line('mount-started');
  clients.push(...Array.from({ length: 5 }, () => new RawClient(port).write('GET /radio HTTP/1.0\r\nUser-Agent: player\r\n\r\n')));
  await Promise.all(clients.map((client) => hearsOn(client)));
});

afterAll(() => {
  for (const { socket } of clients) socket.destroy();
  relay.stop();
  edge.end();
  rmSync(directory, { recursive: true });
});

async function hearAll(): Promise<void> {
  await Promise.all(clients.map((client) => hearsOn(client, 15)));
  for (const client of clients) expectUnbroken(heard(client));
}

describe(`an edge with ${WORKERS} workers`, () => {
  it('goes on with them when the new process is no good, and listeners hear every frame once', async () => {
    writeFileSync(program, bad);
    edge.child.kill('SIGUSR1');
    expect(await edge.line('upgrade-failed')).toMatchObject({ reason: 'it has ended: status 4' });
    await hearAll();
    expect(edge.lines('worker-ended')).toEqual([]);
    writeFileSync(program, good);
  });

  it('hands their listeners over to new workers, twice: nobody is disconnected, and nothing is missing or heard twice', async () => {
    let pid = edge.child.pid!;
    for (const count of [1, 2]) {
      process.kill(pid, 'SIGUSR1');
      expect(await edge.line('taken-over', count)).toMatchObject({ listeners: clients.length, relays: 1 });
      pid = (await edge.line('upgrade-started', count + 1))['pid'] as number;
      const late = new RawClient(port).write('GET /radio HTTP/1.0\r\n\r\n');
      clients.push(late);
      await hearAll();
    }
    expect(await edge.exited).toBe(0);
    expect(edge.lines('upgraded')).toMatchObject([{ takes: 'all' }, { takes: 'all' }]);
    expect(edge.lines('worker-ended')).toEqual([]);
    expect(edge.lines('access')).toEqual([]);
    expect(relay.subscriptions).toBe(1);
    expect(edge.err).toBe('');
    // Three processes start, one after the other.
  }, 120_000);

  it('knows those who have been handed over, and takes one worker’s listeners away with that worker only', async () => {
    const listing = await ask(port, `GET /admin/listclients?mount=/radio HTTP/1.0\r\nAuthorization: Basic ${btoa('admin:pw')}\r\n\r\n`);
    expect(listing.match(/<UserAgent>player</g)).toHaveLength(5);
    expect(listing.match(/<IP>/g)).toHaveLength(clients.length);
    const newest = edge.lines('worker-started').at(-1)!;
    process.kill(newest['pid'] as number, 'SIGKILL');
    const { listeners } = await edge.line('worker-ended');
    await expect.poll(() => clients.filter(({ socket }) => socket.destroyed).length).toBe(listeners);
    expect(listeners).toBeGreaterThan(0);
    expect(listeners).toBeLessThan(clients.length);
    await edge.line('access', listeners as number);
    for (const { bytes, connectedS, reason } of edge.lines('access')) {
      expect(reason).toBe('worker ended');
      expect(bytes).toBeGreaterThan(1_000);
      expect(connectedS).toBeGreaterThanOrEqual(0);
    }
    const left = clients.filter(({ socket }) => !socket.destroyed);
    await Promise.all(left.map((client) => hearsOn(client)));
    for (const client of left) expectUnbroken(heard(client));
  });

  it('holds no connection open that was meant for a new process which has ended', async () => {
    writeFileSync(program, worse);
    process.kill(edge.lines('upgrade-started').at(-1)!['pid'] as number, 'SIGUSR1');
    expect(await edge.line('upgrade-failed', 2)).toMatchObject({ reason: 'it has ended: status 5' });
    const admin = (command: string): Promise<string> => ask(port, `GET /admin/${command} HTTP/1.0\r\nAuthorization: Basic ${btoa('admin:pw')}\r\n\r\n`);
    const left = clients.filter(({ socket }) => !socket.destroyed);
    await Promise.all(left.map((client) => hearsOn(client)));
    const ids = [...(await admin('listclients?mount=/radio')).matchAll(/<ID>(\d+)<\/ID>/g)].map(([, id]) => id!);
    expect(ids).toHaveLength(left.length);
    for (const id of ids) expect(await admin(`killclient?mount=/radio&id=${id}`)).toContain('<return>1</return>');
    await Promise.all(left.map((client) => client.closed));
  });
});
