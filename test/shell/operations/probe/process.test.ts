import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { built } from '../../../support/built.ts';
import { certificateFile, serverOptions } from '../../net/tls/support.ts';
import { audio, HEAD, serveBy } from './support.ts';

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program; `until` says by what it has printed when something is to be done to it: a signal, unless told. */
async function davecast(
  argv: readonly string[],
  until: (out: string) => boolean = () => false,
  act: (child: ChildProcessWithoutNullStreams) => void = (child) => child.kill('SIGINT'),
): Promise<Ran> {
  const child = spawn(process.execPath, [built('shell/bin/davecast'), ...argv]);
  running.push({ stop: () => Promise.resolve(void child.kill('SIGKILL')) });
  let out = '';
  let err = '';
  let hasActed = false;
  child.stderr.on('data', (text) => (err += text));
  child.stdout.on('data', (text) => {
    out += text;
    if (hasActed || !until(out)) return;
    hasActed = true;
    act(child);
  });
  return await new Promise((resolve) => child.on('close', (status) => resolve({ status, out, err })));
}

async function mount(): Promise<string> {
  const server = await serveBy((socket) => socket.write(Buffer.concat([Buffer.from(HEAD), audio(0, 200)])));
  running.push(server);
  return `http://127.0.0.1:${server.port}/radio`;
}

describe('the status of davecast probe', () => {
  it('is 0 when all was well', async () => {
    const url = await mount();
    const { status, out, err } = await davecast(['probe', url, '--for', '600', '--max-garbled', '0'], (text) => text.includes('first audio'));
    expect(out).toMatch(new RegExp(`\\nOK ${url}: .*, MP3 48 kHz mono 48 kbit/s, .*\\n$`));
    expect({ status, err }).toEqual({ status: 0, err: '' });
  });

  it('is the same by https, to a server whose certificate is trusted', async () => {
    const server = tls.createServer(serverOptions('local'), (socket) => {
      socket.on('error', () => undefined).once('data', () => socket.write(Buffer.concat([Buffer.from(HEAD), audio(0, 200)])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    running.push({ stop: () => Promise.resolve(void server.close()) });
    const url = `https://localhost:${(server.address() as AddressInfo).port}/radio`;
    const { status, out, err } = await davecast(['probe', url, '--for', '600', '--ca', certificateFile('ca.crt')], (text) => text.includes('first audio'));
    expect(out).toMatch(new RegExp(`\\nOK ${url}: `));
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const untrusted = await davecast(['probe', url, '--for', '600', '--json'], (text) => text.includes('no trusted authority'));
    expect(untrusted.status).toBe(1);
  });

  it('is 1 when something was worse than allowed, also after Ctrl-C', async () => {
    const { status, out, err } = await davecast(['probe', await mount(), '--max-stall', '50', '--json'], (text) => text.includes('"event":"stalled"'));
    const last = JSON.parse(out.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
    expect(last).toMatchObject({ event: 'summary', ok: false, violations: [expect.stringMatching(/^longest stall/)] });
    expect({ status, err }).toEqual({ status: 1, err: '' });
  });

  it('is the same when its terminal is closed: it ends, and tells what it has found', async () => {
    const url = await mount();
    const { status, out, err } = await davecast(['probe', url], (text) => text.includes('first audio'), (child) => child.kill('SIGHUP'));
    expect(out).toMatch(new RegExp(`\\nOK ${url}: `));
    expect({ status, err }).toEqual({ status: 0, err: '' });
  });

  it('is told too when nobody reads the output any more: it does not go on for ever', async () => {
    const { status, err } = await davecast(['probe', await mount(), '--json'], (text) => text.includes('"event":"first-audio"'), (child) => child.stdout.destroy());
    expect({ status, err }).toEqual({ status: 0, err: '' });
  });
});
