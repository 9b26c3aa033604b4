import type net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { davecast } from '../../../../shell/bin/main.ts';
import { listenTcp, portOf } from '../../../../shell/net/tcp.ts';
import { numbered, numberedAac } from '../../../core/support/frames.ts';
import { announce, data, framed, hex, streamId } from '../../../core/support/messages.ts';
import { CapturedLog } from '../../support/support.ts';
import { certificateFile, pairOf } from '../../net/tls/support.ts';

const stops: (() => Promise<unknown> | void)[] = [];

beforeEach(() => vi.stubEnv('DAVECAST_ADMIN_PASSWORD', 'sesame'));

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function run(...argv: string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const status = await davecast(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { status, out, err };
}

async function serveTcp(accept: (socket: net.Socket) => void): Promise<number> {
  const server = await listenTcp({ address: '127.0.0.1', port: 0, keepAliveMs: 10_000, allowHalfOpen: false }, accept);
  stops.push(() => void server.close());
  return portOf(server);
}

/** A relay with three encoders of one mountpoint, the third of another format. */
async function relay(): Promise<number> {
  return await serveTcp((socket) => {
    socket.on('error', () => undefined);
    let number = 0;
    const send = (): void => {
      // The second begins later, and is the first to have each frame then.
      for (const stream of number < 10 ? [1] : [2, 1, 3]) {
        if (number === (stream === 1 ? 0 : 10)) socket.write(framed(announce(number + 1, 'radio', { stream })));
        socket.write(framed(data(number + 2, stream === 3 ? numberedAac(number) : numbered(number, stream), { stream })));
      }
      number++;
    };
    const timer = setInterval(send, 26);
    socket.on('close', () => clearInterval(timer));
    stops.push(() => void socket.destroy());
  });
}

async function edge(): Promise<{ readonly url: string; readonly told: CapturedLog }> {
  const told = new CapturedLog();
  const relays = [{ transport: 'tcp' as const, host: '127.0.0.1', port: await relay() }];
  const app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, tls: { port: 0, certificates: [pairOf('local')] }, relays, settings: defaultSettings, policies: { radio: { prefer: 'studio-a' } }, adminPassword: 'sesame' }, told.log);
  stops.push(() => app.stop());
  await app.start();
  await told.until('backup-added');
  await told.until('backup-refused');
  return { url: `http://127.0.0.1:${await told.port('http')}/radio`, told };
}

const idOf = (stream: number): string => hex(streamId(stream));

describe('davecast switch and sources', () => {
  it('tell an edge to go over to another encoder, and which there are', async () => {
    const { url, told } = await edge();
    const before = await run('sources', url);
    expect(before).toMatchObject({ status: 0, err: '' });
    const lines = before.out.split('\n');
    expect(lines[0]).toMatch(/^ +id +origin +source +format +ahead$/);
    expect(lines[1]).toMatch(/^\* +0001a5a5 +mp3 44100 Hz 2 ch +-?\d+ ms +on air$/);
    expect(before.out).toMatch(/^ +0003a5a5 .*aac 44100 Hz 2 ch cannot follow mp3 44100 Hz 2 ch$/m);

    const asked = await run('switch', url, '0002');
    expect(asked).toMatchObject({ status: 0, err: '' });
    expect(asked.out).toMatch(/^(switched|will switch as soon as .*)\n$/);
    expect(told.all('operator')).toMatchObject([{ mount: 'radio', command: 'switch', to: '0002' }]);
    const { sources } = JSON.parse((await run('sources', url, '--json')).out) as { sources: { id: string; chosen: boolean }[] };
    expect(sources.filter(({ chosen }) => chosen).map(({ id }) => id)).toEqual([idOf(2)]);
    expect(JSON.parse((await run('switch', url, '--automatic', '--json')).out)).toMatchObject({ result: 'automatic', mount: 'radio' });
    expect((await run('sources', url)).out).not.toContain('chosen');
  });

  it('do so by https, to an edge whose certificate is trusted', async () => {
    const { url, told } = await edge();
    const secure = `https://localhost:${await told.port('https')}/radio`;
    expect(await run('switch', secure, '0002', '--ca', certificateFile('ca.crt'))).toMatchObject({ status: 0, err: '' });
    expect(told.all('operator')).toMatchObject([{ mount: 'radio', command: 'switch', to: '0002' }]);
    const host = new URL(secure).host;
    const failed = (why: string): object => ({ status: 1, out: '', err: `davecast: request to ${host} failed: ${why}\n` });
    expect(await run('sources', secure)).toEqual(failed('the certificate of the server is from no trusted authority; a private one is named with --ca'));
    const plain = url.replace('http:', 'https:');
    expect(await run('sources', plain)).toMatchObject({ status: 1, err: expect.stringMatching(/failed: the server does not speak TLS at this port: use http\n$/) as unknown });
    expect(await run('sources', secure, '--ca', certificateFile('local.key'))).toMatchObject({ status: 2, err: expect.stringMatching(/^davecast: --ca: .*local\.key: has no certificate in PEM/) as unknown });
    expect(await run('sources', secure, '--ca', '/no/such/file')).toMatchObject({ status: 2, err: expect.stringMatching(/^davecast: --ca: cannot read \/no\/such\/file: no such file or directory \(ENOENT\)/) as unknown });
  });

  it('say in one line why not', async () => {
    const { url } = await edge();
    const host = url.replace(/^http:\/\/(.*)\/radio$/, '$1');
    const no = async (...argv: string[]): Promise<string> => {
      const { status, out, err } = await run(...argv);
      expect({ status, out }).toEqual({ status: 1, out: '' });
      expect(err).toMatch(/^davecast: [^\n]+\n$/);
      return err.trim().replace('davecast: ', '');
    };
    expect(await no('switch', url, 'studio-x')).toBe(`${host} refused: no other stream of that name`);
    expect(await no('switch', url, '0003')).toBe(`${host} refused: its codec differs from the one on air`);
    expect(await no('switch', `http://${host}/other`)).toBe(`${host} refused: no such mountpoint`);
    expect(await no('sources', `http://${host}/other`)).toBe(`${host} refused: no such mountpoint`);
    expect(await no('sources', url, '--password', 'wrong')).toBe(`${host} refused: Authenticate as user admin`);

    const other = await serveTcp((socket) => void socket.end('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n/radio\n'));
    expect(await no('sources', `http://127.0.0.1:${other}/radio`)).toBe(`127.0.0.1:${other} answers 200, but not as an edge does`);
    const endless = await serveTcp((socket) => {
      socket.on('error', () => undefined);
      socket.end(`HTTP/1.0 200 OK\r\n\r\n${'x'.repeat(2_000_000)}`);
    });
    expect(await no('sources', `http://127.0.0.1:${endless}/radio`)).toBe(`request to 127.0.0.1:${endless} failed: response too long`);
    const closed = await serveTcp((socket) => void socket.destroy());
    expect(await no('sources', `http://127.0.0.1:${closed}/radio`)).toMatch(`request to 127.0.0.1:${closed} failed: `);
  });

  it.each([
    [['switch'], 'URL is missing'],
    [['switch', 'edge:8000/radio'], 'URL must be http://HOST:PORT/MOUNT, not "edge:8000/radio"'],
    [['switch', 'http://edge:8000'], 'URL must be http://HOST:PORT/MOUNT, not "http://edge:8000"'],
    [['sources', 'http://edge:8000/radio', '--ca', 'file'], '--ca needs an address of https, not "http://edge:8000/radio"'],
    [['switch', 'http://admin:x@edge:8000/radio'], 'URL must not contain a password: use --password or DAVECAST_ADMIN_PASSWORD'],
    [['switch', 'http://edge:8000/radio', 'a', 'b'], 'unexpected argument "b"'],
    [['switch', 'http://edge:8000/radio', 'a', '--automatic'], '--automatic and "a" exclude each other'],
    [['switch', 'http://edge:8000/radio', ''], 'TO must not be empty'],
    [['switch', 'http://edge:8000/radio', '--password='], '--password must not be empty'],
    [['switch', 'http://edge:8000/radio', '--to', 'x'], 'unknown option --to'],
    [['sources', 'http://edge:8000/radio', 'x'], 'unexpected argument "x"'],
    [['sources', 'http://edge:8000/radio', '--automatic'], 'unknown option --automatic'],
    [['edge', '--http', '0', '--relay', 'a:1', '--admin-password='], '--admin-password must not be empty'],
    [['edge', '--http', '0', '--relay', 'a:1', '--admin-user', 'a:b'], '--admin-user must be a name without a colon'],
    [['switch', 'http://edge:8000/radio', '--password', 'x', '--user='], '--user must be a name without a colon'],
  ])('%j is refused', async (argv, says) => {
    expect(await run(...argv)).toEqual({ status: 2, out: '', err: `davecast: ${says} (see davecast --help)\n` });
  });

  it('need a password, and tell how they are used', async () => {
    vi.stubEnv('DAVECAST_ADMIN_PASSWORD', '');
    expect(await run('sources', 'http://edge:8000/radio')).toMatchObject({ status: 2, err: expect.stringContaining('password is missing: set --password-file or DAVECAST_ADMIN_PASSWORD') as unknown });
    for (const command of ['switch', 'sources']) expect(await run(command, '--help')).toMatchObject({ status: 0, out: expect.stringMatching(`^Usage: davecast ${command} URL`) as unknown, err: '' });
  });
});
