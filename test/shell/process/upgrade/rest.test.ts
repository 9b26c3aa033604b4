import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Task } from '../../../../shell/cli/task.ts';
import { readUpgrade } from '../../../../shell/process/upgrade/run/command.ts';
import { expectUnbroken, heard, hearsOn } from '../../support/heard.ts';
import { ask, RawClient } from '../../support/support.ts';
import { askSecurely, pairOf, secureClient } from '../../net/tls/support.ts';
import { EdgeProcess, NumberedRelay } from './support.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
const config = join(directory, 'edge.json');
const relay = new NumberedRelay();
const clients: RawClient[] = [];
let edge: EdgeProcess;
let [plain, secure] = [0, 0];

function configure(settings: object): void {
  writeFileSync(config, JSON.stringify({ ...settings, mounts: { radio: { listeners: { auth: { htpasswd: join(directory, 'users'), onePerUser: true } } } } }));
}

beforeAll(async () => {
  writeFileSync(join(directory, 'users'), ['ann', 'ben', 'cy', 'dee', 'eve'].map((user) => `${user}:{SHA}${createHash('sha1').update('pw').digest('base64')}\n`).join(''));
  writeFileSync(join(directory, 'systemd-notify'), '#!/bin/sh\necho "$1" >> "$(dirname "$0")/said"\n', { mode: 0o755 });
  configure({});
  const { cert, key } = pairOf('local');
  const argv = ['edge', '--bind', '127.0.0.1', '--http', '0', '--https', '0', '--tls-cert', cert, '--tls-key', key, '--config', config, '--relay', `127.0.0.1:${await relay.start()}`];
  edge = new EdgeProcess(argv, { env: { NOTIFY_SOCKET: '@davecast', PATH: `${directory}:${process.env['PATH']}` } });
  [plain, secure] = [(await edge.line('listening'))['port'] as number, (await edge.line('listening', 2))['port'] as number];
  await edge.line('mount-started');
});

afterAll(() => {
  for (const { socket } of clients) socket.destroy();
  relay.stop();
  edge.end();
  rmSync(directory, { recursive: true });
});

function listen(client: RawClient, user: string): RawClient {
  clients.push(client);
  return client.write(`GET /radio?user=${user}&pass=pw HTTP/1.0\r\n\r\n`);
}

/** Until each has got some more frames. */
async function hearOn(...all: readonly RawClient[]): Promise<void> {
  await Promise.all(all.map((client) => hearsOn(client, 8)));
}

function expectAllUnbroken(...all: readonly RawClient[]): void {
  for (const client of all) expectUnbroken(heard(client));
}

async function listenersAt(ask: () => Promise<string>): Promise<unknown> {
  const answer = await ask();
  return (JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as { readonly icestats: { readonly source: { readonly listeners: number } } }).icestats.source.listeners;
}

const STATUS = 'GET /status-json.xsl HTTP/1.0\r\n\r\n';

describe('what cannot be handed over', () => {
  it('stays with the old process until it has left: listeners by TLS, which it subscribes for anew', async () => {
    const [ann, ben] = [listen(new RawClient(plain), 'ann'), listen(secureClient(secure), 'ben')];
    await hearOn(ann, ben);
    edge.child.kill('SIGUSR1');
    expect(await edge.line('taken-over')).toMatchObject({ listeners: 1, relays: 1 });
    await hearOn(ann, ben);
    const cy = listen(secureClient(secure), 'cy');
    await hearOn(cy);
    // The old one has ben, and the new one all others.
    expect(await listenersAt(() => ask(plain, STATUS))).toBe(2);
    expect(await listenersAt(() => askSecurely(secure, STATUS))).toBe(2);
    // Who has been admitted before counts.
    expect(await ask(plain, 'GET /radio?user=ann&pass=pw HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 .*/);
    expectAllUnbroken(ann, ben, cy);
    expect(edge.child.exitCode).toBeNull();
    ben.socket.destroy();
    expect(await edge.exited).toBe(0);
    expect(relay.subscriptions).toBe(2);
    expect(edge.lines('no-relay-left')).toEqual([]);
    const pid = (await edge.line('upgrade-started'))['pid'] as number;
    expect(readFileSync(join(directory, 'said'), 'utf8').split('\n')).toEqual(expect.arrayContaining(['READY=1', `MAINPID=${pid}`]));
    await hearOn(ann, cy);
    cy.socket.destroy();
    ann.socket.destroy();
    await edge.line('access', 3);
  });

  it('stays with the old process as a whole when settings have changed: the new one takes the ports, and has the same mountpoints before that', async () => {
    const old = (await edge.line('upgrade-started'))['pid'] as number;
    const dee = listen(new RawClient(plain), 'dee');
    await hearOn(dee);
    configure({ burstMs: 500 });
    // It waits until the old process has ended.
    const said: string[] = [];
    const command = (readUpgrade([String(old)]) as Task)((text) => said.push(text));
    expect(await edge.line('upgraded', 2)).toMatchObject({ takes: 'ports', why: 'settings have changed: burstMs' });
    const eve = listen(new RawClient(plain), 'eve');
    await hearOn(dee, eve);
    expect(await listenersAt(() => ask(plain, STATUS))).toBe(1);
    expectAllUnbroken(dee, eve);
    dee.socket.destroy();
    await command;
    expect(said).toEqual([`process ${old} has handed over, and ended\n`]);
    await hearOn(eve);
    expectAllUnbroken(eve);
    expect(edge.err).toBe('');
  });
});
