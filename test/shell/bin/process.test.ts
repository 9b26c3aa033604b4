import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { allAddresses } from '../../../shell/net/addresses/address.ts';
import { built } from '../../support/built.ts';
import { mp3Frames, RawClient, sleep } from '../support/support.ts';
import { pairOf } from '../net/tls/support.ts';

const children: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** The program in a process of its own. */
class Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<number | null>;
  out = '';
  err = '';

  constructor(name: 'davecast' | 'daveice', ...argv: string[]) {
    this.child = spawn(process.execPath, [built(`shell/bin/${name}`), ...argv]);
    children.push(this.child);
    this.child.stdout.on('data', (text) => (this.out += text));
    this.child.stderr.on('data', (text) => (this.err += text));
    this.exited = new Promise((resolve) => this.child.on('close', resolve));
  }

  lines(event: string): Record<string, unknown>[] {
    return this.out.split('\n').filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async line(event: string, what?: string): Promise<Record<string, unknown>> {
    const find = (): Record<string, unknown> | undefined => this.lines(event).find((line) => what === undefined || line['what'] === what);
    await expect.poll(find).toBeDefined();
    return find()!;
  }
}

describe('a process', () => {
  it('tells where it listens, and stops on a signal, as systemd is told', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(directory, { recursive: true });
    });
    writeFileSync(join(directory, 'systemd-notify'), '#!/bin/sh\necho "$1" >> "$(dirname "$0")/said"\n', { mode: 0o755 });
    vi.stubEnv('NOTIFY_SOCKET', '@davecast');
    vi.stubEnv('PATH', `${directory}:${process.env['PATH']}`);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const relay = new Program('davecast', 'relay', '--in', '0', '--out', '0', '--bind', '127.0.0.1');
      const { port, address, transport, role, level } = await relay.line('listening', 'out');
      expect({ address, transport, role, level }).toEqual({ address: '127.0.0.1', transport: 'tcp', role: 'relay', level: 'info' });
      expect(relay.lines('listening').map((line) => [line['what'], line['transport']])).toEqual([['in', 'tcp'], ['in', 'udp'], ['out', 'tcp']]);
      const subscriber = net.connect(port as number, '127.0.0.1');
      subscriber.resume();
      await relay.line('subscriber-joined');
      relay.child.kill(signal);
      expect(await relay.exited).toBe(0);
      expect(relay.lines('stopped')).toHaveLength(1);
      expect(relay.err).toBe('');
      subscriber.destroy();
    }
    await expect.poll(() => readFileSync(join(directory, 'said'), 'utf8')).toBe('READY=1\nSTOPPING=1\nREADY=1\nSTOPPING=1\n');
  });

  it('is a whole station by one command: a source comes in and a listener hears it, at one port', async () => {
    const station = new Program('davecast', 'station', '--http', '0', '--bind', '127.0.0.1', '--password', 'pw');
    const { port, role } = await station.line('listening', 'http');
    expect(role).toBe('station');
    const source = new RawClient(port as number).write(`PUT /radio HTTP/1.1\r\nAuthorization: Basic ${Buffer.from('source:pw').toString('base64')}\r\n\r\n`);
    expect(await source.untilText('\r\n\r\n')).toBe('HTTP/1.0 200 OK\r\n\r\n');
    const frames = mp3Frames(100);
    source.write(Buffer.concat(frames));
    await station.line('mount-started');
    const listener = new RawClient(port as number).write('GET /radio HTTP/1.0\r\n\r\n');
    await listener.until((received) => received.includes(Buffer.concat(frames.slice(0, 90))));
    station.child.kill('SIGTERM');
    expect(await station.exited).toBe(0);
    expect(station.lines('listening')).toHaveLength(1);
    expect(station.err).toBe('');
  });

  it('says in one line that its port is in use, with status 1', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    const { port } = server.address() as net.AddressInfo;
    const edge = new Program('davecast', String(port), '127.0.0.1:1');
    expect(await edge.exited).toBe(1);
    expect(edge.err).toBe(`davecast: cannot listen on ${allAddresses()} port ${port} (tcp): the port is in use (EADDRINUSE)\n`);
    expect(edge.out).toBe('');
    server.close();
  });

  it('says in one line what is wrong with its arguments, with status 2', async () => {
    const daveice = new Program('daveice', 'icecast:8000');
    expect(await daveice.exited).toBe(2);
    expect(daveice.err).toBe('daveice: MOUNT is missing (see daveice --help)\n');
    expect(daveice.out).toBe('');
  });

  it.each([
    ['relay', '--in', '0', '--out', '0'],
    ['edge', '--http', '0', '--relay', '127.0.0.1:1'],
    ['encoder', '--mount', 'm', '--to', '127.0.0.1:1', '--listen', '0'],
    ['station', '--http', '0'],
  ])('says in one line what is wrong with its certificate, with status 2: %s', async (...argv) => {
    const { cert } = pairOf('local');
    const { key } = pairOf('one');
    const program = new Program('davecast', ...argv, '--bind', '127.0.0.1', '--https', '0', '--tls-cert', cert, '--tls-key', key);
    expect(await program.exited).toBe(2);
    expect(program.err).toBe(`davecast: ${key}: is not the key of the certificate in ${cert} (see davecast --help)\n`);
    expect(program.out).toBe('');
  });

  it('takes a renewed certificate and another configuration at SIGHUP', async () => {
    const { cert, key } = pairOf('local');
    const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const config = join(directory, 'relay.yaml');
    writeFileSync(config, '# nothing yet\n');
    const relay = new Program('davecast', 'relay', '--in', '0', '--out', '0', '--bind', '127.0.0.1', '--https', '0', '--tls-cert', cert, '--tls-key', key, '--config', config);
    await relay.line('listening', 'https');
    writeFileSync(config, 'upstream: 127.0.0.1:1\nhttp: 0\n');
    relay.child.kill('SIGHUP');
    expect(await relay.line('reloaded')).toMatchObject({ level: 'info', by: 'SIGHUP', changed: 'upstream' });
    expect(await relay.line('needs-restart')).toMatchObject({ level: 'warn', keys: 'http' });
    await expect.poll(() => relay.lines('certificate-loaded').length).toBe(2);
    expect(relay.lines('signal')).toEqual([]);
    relay.child.kill('SIGTERM');
    expect(await relay.exited).toBe(0);
  });

  it('ends with its input, once everything has gone out', async () => {
    const relay = new Program('davecast', '-r', '0', '0');
    const inPort = (await relay.line('listening', 'in'))['port'] as number;
    const encoder = new Program('davecast', 'encoder', '--mount', 'm', '--to', `127.0.0.1:${inPort}`, '--stdin', '--origin', 'o');
    // A second more than goes out at once.
    encoder.child.stdin.end(Buffer.concat(mp3Frames(420)));
    expect(await encoder.exited).toBe(0);
    expect(encoder.lines('source-paced')).toHaveLength(1);
    await expect.poll(() => relay.lines('path-closed')).toMatchObject([{ dropped: {} }]);
    // 420 DATA, and ANNOUNCE, ORIGIN, HEADERS, METADATA and TIMELINE before them; what is announced is said again in a while.
    expect(relay.lines('path-closed')[0]!['messages']).toBeGreaterThanOrEqual(425);
  });

  it('ends with status 2 when there was no frame in its input, and in good order when there was nothing', async () => {
    const encoder = (): Program => new Program('davecast', 'encoder', '--mount', 'm', '--to', '127.0.0.1:9', '--stdin', '--origin', 'o', '--stop-ms', '100', '--drain-ms', '100');
    const [noise, nothing] = [encoder(), encoder()];
    noise.child.stdin.end(Buffer.alloc(50_000, 0x33));
    nothing.child.stdin.end();
    expect(await noise.exited).toBe(2);
    expect(noise.err).toBe('davecast: --stdin: there is no frame in it; send MPEG audio or AAC (ADTS) (see davecast --help)\n');
    expect(await nothing.exited).toBe(0);
  });

  it('that was stopped and goes on hears first what its source has sent meanwhile, and keeps it', async () => {
    const encoder = new Program('davecast', 'encoder', '--mount', 'm', '--to', '127.0.0.1:9', '--listen', '0', '--bind', '127.0.0.1', '--source-idle-ms', '1000');
    const { port } = await encoder.line('listening', 'source');
    const source = net.connect(port as number, '127.0.0.1');
    source.on('error', () => undefined).write('SOURCE /m HTTP/1.0\r\n\r\n');
    await encoder.line('source-started');
    const frames = mp3Frames(2_000);
    let sent = 0;
    const playing = setInterval(() => source.write(frames[sent++]!), 10);
    onTestFinished(() => clearInterval(playing));
    await expect.poll(() => sent).toBeGreaterThan(10);
    encoder.child.kill('SIGSTOP');
    await sleep(2_000);
    encoder.child.kill('SIGCONT');
    const before = sent;
    await expect.poll(() => sent).toBeGreaterThan(before + 40);
    clearInterval(playing);
    source.end();
    expect(await encoder.line('source-ended')).toMatchObject({ reason: 'closed by source', frames: sent });
  });

  it('is ended by no other signal, opens no debugger, and says what each means', async () => {
    const encoder = new Program('davecast', 'encoder', '--mount', 'm', '--to', '127.0.0.1:9', '--listen', '0', '--bind', '127.0.0.1');
    await encoder.line('listening', 'source');
    const signals = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGPIPE', 'SIGXCPU'] as const;
    for (const signal of signals) encoder.child.kill(signal);
    const told = signals.filter((signal) => signal !== 'SIGPIPE');
    await expect.poll(() => encoder.lines('signal').map((line) => line['signal']).sort()).toEqual([...told].sort());
    for (const { meaning } of encoder.lines('signal')) expect(meaning).toBeTypeOf('string');
    encoder.child.kill('SIGTERM');
    expect(await encoder.exited).toBe(0);
    // Node says on stderr when its debugger listens.
    expect(encoder.err).toBe('');
  });
});
