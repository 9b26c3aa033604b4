import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { EncoderApp } from '../../../../shell/encoder/encoder.ts';
import { parseEndpoint } from '../../../../shell/net/addresses/address.ts';
import { built } from '../../../support/built.ts';
import { isUnbroken, listener, Programme, running, source, stopAll } from '../../station/support.ts';
import { freeTcpPort } from '../../../../bench/common/free-port.ts';
import { CapturedLog, sleep, type RawClient } from '../../support/support.ts';
import { EdgeProcess } from './support.ts';

const bind = '127.0.0.1';
const settings = { ...defaultSettings, stopMs: 200 };

/** The program as it is started here: a file that others take the place of, as a new version does. */
const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
const program = join(directory, 'davecast.mjs');
const good = `import ${JSON.stringify(pathToFileURL(built('shell/bin/davecast')).href)};\n`;

/**
 * One relay, and everything by it:
 *
 *     source of tcp -> encoder --TCP--+                +--> edge -> listeners
 *     source of udp -> encoder --UDP--+--> the relay --+
 */
const told = new CapturedLog();
let relay: EdgeProcess;
let heardOf: Readonly<Record<'tcp' | 'udp', RawClient>>;
let programme: Programme;
let httpPort: number;

async function encoder(mount: string, target: string): Promise<number> {
  const log = new CapturedLog();
  const app = new EncoderApp({ bind, mounts: [{ name: mount, headers: [], title: '', input: { kind: 'listen', password: 'x' } }], targets: [parseEndpoint(target)!], settings }, log.log);
  running.push(app);
  await app.start();
  return await log.port('source');
}

beforeAll(async () => {
  writeFileSync(program, good);
  const ports = [await freeTcpPort(), await freeTcpPort(), await freeTcpPort()];
  const [inPort, outPort, http] = ports as [number, number, number];
  httpPort = http;
  relay = new EdgeProcess(['relay', '--bind', bind, '--in', `${inPort}`, '--out', `${outPort}`, '--http', `${http}`], { program });
  await relay.line('listening', 4);
  const sources = [await source(await encoder('tcp', `${bind}:${inPort}`), 'tcp'), await source(await encoder('udp', `${bind}@${inPort}`), 'udp')];
  const edge = new EdgeApp({ bind, httpPort: 0, relays: [parseEndpoint(`${bind}:${outPort}`)!], settings }, told.log);
  running.push(edge);
  await edge.start();
  programme = new Programme(sources);
  const port = await told.port('http');
  heardOf = { tcp: await listener(port, 'tcp'), udp: await listener(port, 'udp') };
});

afterAll(async () => {
  await stopAll();
  relay.end();
  rmSync(directory, { recursive: true });
});

/** All that is sent until now is heard by both, each frame once. */
async function hearsAll(): Promise<void> {
  const upTo = programme.sent;
  for (const client of Object.values(heardOf)) {
    await expect.poll(() => programme.heard(client).at(-1)).toBeGreaterThan(upTo);
    expect(isUnbroken(programme.heard(client))).toBe(true);
  }
}

describe('the only relay', () => {
  it('goes on when the new process is no good', async () => {
    for (const [index, [code, reason]] of [
      ["process.on('message', ({ kind }) => { if (kind === 'offer') process.send({ kind: 'ready', takes: 'ports' }); if (kind === 'take') process.exit(4); });", 'it has ended: status 4'],
    ].entries()) {
      writeFileSync(program, code!);
      relay.child.kill('SIGUSR1');
      expect(await relay.line('upgrade-failed', index + 1)).toMatchObject({ reason });
    }
    await hearsAll();
    expect(told.all('disconnected')).toEqual([]);
    writeFileSync(program, good);
  });

  it('is upgraded twice, and listeners hear every frame once, by TCP and by UDP', async () => {
    let pid = relay.child.pid!;
    for (const count of [1, 2]) {
      process.kill(pid, 'SIGUSR1');
      await relay.line('taken-over', count);
      pid = (await relay.line('upgrade-started', 1 + count))['pid'] as number;
      await expect.poll(() => told.all('connected').length).toBe(1 + count);
      await hearsAll();
      expect(await (await fetch(`http://${bind}:${httpPort}/healthz`)).text()).toContain('ok');
      await sleep(300);
    }
    expect(await relay.exited).toBe(0);
    expect(relay.lines('upgraded')).toMatchObject([{ takes: 'ports', why: 'encoders and edges connect again' }, {}]);
    for (const kind of ['gap', 'listener-dropped', 'mount-ended', 'switch']) expect(told.all(kind), kind).toEqual([]);
    expect(relay.err).toBe('');
  });
});
