import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings, withSettings, type Settings } from '../../../../core/config/settings.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { EncoderApp } from '../../../../shell/encoder/encoder.ts';
import type { Client } from '../../../../shell/http/callers/client.ts';
import { textReply, finish, formatReply } from '../../../../shell/http/message/reply.ts';
import { HttpServer } from '../../../../shell/http/server/server.ts';
import type { Log } from '../../../../shell/log/log.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { parseRange, type Range } from '../../../../shell/net/addresses/allow.ts';
import type { App } from '../../../../shell/process/app.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { StationApp } from '../../../../shell/station/station.ts';
import { TlsPort } from '../../../../shell/net/tls/tls-port.ts';
import { ask, CapturedLog, mp3Frames, RawClient } from '../../support/support.ts';
import { pairOf, secureClient } from '../../net/tls/support.ts';
import { proxyHeader2, SIGNATURE } from '../support.ts';

const PROXIED = 'PROXY TCP4 192.0.2.7 198.51.100.1 5432 443\r\n';
const REQUEST = 'GET /x HTTP/1.1\r\nHost: h\r\n\r\n';

const stops: (() => unknown)[] = [];
let told: CapturedLog;

beforeEach(() => {
  told = new CapturedLog();
});

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const here = parseRange('127.0.0.0/8')!;
const elsewhere = parseRange('10.0.0.0/8')!;
const refused = (): readonly unknown[] => told.all('refused').map(({ reason, peer }) => [reason, peer]);

interface Serving {
  readonly port: number;
  readonly securePort: number;
  readonly asked: Client[];
}

/** A server that answers everybody with the address that it takes for theirs. */
async function serve(trustedProxies: readonly Range[], settings: Partial<Settings> = {}, maxWaiting?: number): Promise<Serving> {
  const refusals = new Refusals(told.log);
  const asked: Client[] = [];
  const server = new HttpServer((_head, socket, _rest, client) => {
    asked.push(client);
    finish(socket, formatReply(textReply(200, client.address)));
  }, { settings: withSettings(settings), log: told.log, refusals, trustedProxies, ...(maxWaiting !== undefined && { maxWaiting }) });
  const tls = new TlsPort({ port: 0, certificates: [pairOf('local')] }, told.log);
  stops.push(() => refusals.stop(), () => tls.stop(), () => server.stop(100));
  await tls.start();
  const bind = { address: '127.0.0.1', port: 0 };
  return { port: await server.listen(bind), securePort: await server.listen(bind, tls), asked };
}

function connect(port: number, first: string | Uint8Array): RawClient {
  const client = new RawClient(port).write(first);
  stops.push(() => client.socket.destroy());
  return client;
}

/** Says something before its handshake, as a proxy does that passes TLS on. */
async function askBehind(port: number, first: string | Uint8Array): Promise<string> {
  const plain = connect(port, first);
  await new Promise((resolve) => plain.socket.once('connect', resolve));
  plain.socket.removeAllListeners('data').removeAllListeners('end');
  const client = secureClient(port, { socket: plain.socket as net.Socket }).write(REQUEST);
  await client.closed;
  return client.text;
}

const header2 = proxyHeader2(0x21, 0x11, Buffer.from([192, 0, 2, 7, 198, 51, 100, 1, 0x15, 0x38, 0x01, 0xbb]));

describe('a PROXY header of a trusted address', () => {
  it.each<[string, string | Buffer]>([['version 1', PROXIED], ['version 2', header2]])('names the client, plain and before TLS: %s', async (_, header) => {
    const { port, securePort, asked } = await serve([here]);
    const plain = connect(port, header).write(REQUEST);
    await plain.closed;
    expect(plain.text).toMatch(/\r\n\r\n192\.0\.2\.7$/);
    expect(await askBehind(securePort, header)).toMatch(/\r\n\r\n192\.0\.2\.7$/);
    expect(asked).toEqual([false, true].map((isSecure) => ({ address: '192.0.2.7', port: 5_432, isLocal: false, isSecure, host: 'h' })));
    expect(refused()).toEqual([]);
  });

  it('may come in pieces, or not at all', async () => {
    const { port, asked } = await serve([here]);
    const client = connect(port, '');
    for (const byte of Buffer.from(PROXIED + REQUEST)) {
      client.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await client.closed;
    expect(await ask(port, REQUEST)).toMatch(/127\.0\.0\.1$/);
    expect(await ask(port, `\r\n${REQUEST.replace('Host', 'X-Forwarded-For: 198.51.100.9\r\nHost')}`)).toMatch(/198\.51\.100\.9$/);
    expect(asked.map(({ address }) => address)).toEqual(['192.0.2.7', '127.0.0.1', '198.51.100.9']);
  });

  it('is refused when it is malformed, with a reason that is counted', async () => {
    const { port, securePort } = await serve([here]);
    for (const one of [port, securePort]) {
      const client = connect(one, 'PROXY TCP4 x\r\n');
      await client.closed;
      expect(client.text).toMatch(/^HTTP\/1\.0 400 /);
    }
    expect(refused()).toEqual([['bad PROXY header', expect.stringMatching(/^127\.0\.0\.1:\d+$/)]]);
  });

  it('has the time of a head, and its client the rest of it', async () => {
    const { port } = await serve([here], { headTimeoutMs: 100 });
    await Promise.all([connect(port, 'PROXY TCP4').closed, connect(port, `${PROXIED}GET`).closed]);
    expect(refused()).toEqual([['head not finished in time', expect.stringMatching(/^127/)]]);
  });

  it('names who has sent what is no request', async () => {
    const { port } = await serve([here]);
    await connect(port, `${PROXIED}nonsense\r\n\r\n`).closed;
    await connect(port, `${PROXIED}DELETE / HTTP/1.1\r\nX: y\r\nno header\r\n\r\n`).closed;
    expect(refused()).toEqual([['bad head', '192.0.2.7:5432'], ['bad method', '192.0.2.7:5432']]);
    expect(told.all('line-passed-over')).toMatchObject([{ from: '192.0.2.7:5432' }]);
  });
});

describe('a PROXY header of any other address', () => {
  it.each<[string, string | Buffer]>([['version 1', PROXIED], ['version 2', header2], ['the beginning of one', SIGNATURE]])('is a bad request, and the log says what to set: %s', async (_, header) => {
    const { port, securePort, asked } = await serve([elsewhere]);
    for (const one of [port, securePort]) {
      const client = connect(one, header).write(REQUEST);
      await client.closed;
      expect(client.text).toMatch(/^HTTP\/1\.0 400 /);
    }
    expect(asked).toEqual([]);
    expect(refused()).toEqual([['PROXY header from an address that is not trusted', expect.stringMatching(/^127\.0\.0\.1:\d+$/)]]);
    expect(told.all('proxy-not-trusted')).toEqual([{ kind: 'proxy-not-trusted', peer: '127.0.0.1', found: 'a PROXY header', change: 'if it is a proxy of yours, set --trusted-proxy 127.0.0.1' }]);
  });
});

describe('headers of a proxy', () => {
  const forwarded = 'GET /x HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n';

  it('are ignored from an address that is not trusted, and of a network of one\'s own that is told once', async () => {
    const { port, asked } = await serve([elsewhere]);
    for (let i = 0; i < 2; i++) expect(await ask(port, forwarded)).toMatch(/127\.0\.0\.1$/);
    expect(asked).toMatchObject([{ isLocal: false, isSecure: false }, { isLocal: false }]);
    expect(told.all('proxy-not-trusted')).toMatchObject([{ peer: '127.0.0.1', found: 'x-forwarded-for' }]);
  });

  it('tell of no proxy where a trusted one has named the client, and says it twice', async () => {
    const { port } = await serve([here]);
    expect(await ask(port, `PROXY TCP4 192.168.0.7 198.51.100.1 5432 443\r\n${forwarded}`)).toMatch(/192\.168\.0\.7$/);
    expect(told.all('proxy-not-trusted')).toEqual([]);
  });

  it('count from one that is', async () => {
    const { port } = await serve([here]);
    expect(await ask(port, forwarded)).toMatch(/192\.0\.2\.7$/);
    expect(told.all('proxy-not-trusted')).toEqual([]);
  });
});

describe('the bound of unfinished requests', () => {
  /** Who has not finished: the addresses, as a proxy names them, that are closed when one more comes. */
  async function closedOf(addresses: readonly string[], trusted: Range): Promise<readonly string[]> {
    const { port } = await serve([trusted], {}, addresses.length - 1);
    const closed: string[] = [];
    for (const address of addresses) {
      const client = connect(port, address === '' ? 'GET /' : `PROXY TCP4 ${address} 10.0.0.1 80 80\r\nGET /`);
      void client.closed.then(() => closed.push(address));
      await new Promise((resolve) => client.socket.once('connect', resolve));
      // Its header is read before the next one comes.
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
    await expect.poll(() => refused().length).toBe(1);
    await expect.poll(() => closed.length).toBeGreaterThan(0);
    return closed;
  }

  it('costs the client behind a proxy that has most of them, and none of its others', async () => {
    expect(await closedOf(['192.0.2.7', '192.0.2.8', '192.0.2.8', '192.0.2.9', '192.0.2.10'], here)).toEqual(['192.0.2.8']);
    expect(refused()).toMatchObject([['too many unfinished requests', '192.0.2.8:80']]);
  });
});

/** Every role, with all of its HTTP ports. */
const roles: readonly (readonly [role: string, port: 'http' | 'source', make: (log: Log, proxies: readonly Range[]) => App])[] = [
  ['relay', 'http', (log, trustedProxies) => new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, httpPort: 0, tls, upstreams: [], multicasts: [], settings: defaultSettings, trustedProxies }, log)],
  ['edge', 'http', (log, trustedProxies) => new EdgeApp({ bind: '127.0.0.1', httpPort: 0, tls, relays: [], settings: defaultSettings, trustedProxies }, log)],
  ['encoder', 'source', (log, trustedProxies) => new EncoderApp({ mounts: [{ name: 'one', input: { kind: 'listen', password: 'pw' }, headers: [], title: '' }], targets: [], tls, shoutcast: { port: 0, mount: 'one' }, bind: '127.0.0.1', settings: defaultSettings, trustedProxies }, log)],
  ['station', 'http', (log, trustedProxies) => new StationApp({ bind: '127.0.0.1', httpPort: 0, tls, shoutcast: { port: 0, mount: 'one' }, sources: { origin: 'here', title: '', headers: [], mounts: new Map(), password: 'pw', only: undefined }, sourcesPerMount: 8, pulled: [], peers: [], allowIn: [], allowOut: [], settings: defaultSettings, relaySettings: defaultSettings, trustedProxies }, log)],
];
const tls = { port: 0, certificates: [pairOf('local')] };

describe.each(roles)('a process: %s', (_, what, make) => {
  it('takes the clients of its trusted proxies for who they are, at each port', async () => {
    const app = make(told.log, [here]);
    stops.push(() => app.stop());
    await app.start();
    const plain = connect(await told.port(what), `${PROXIED}GET /healthz HTTP/1.0\r\n\r\n`);
    await plain.closed;
    expect(plain.text).toMatch(/ok\n$/);
    const [port, securePort] = [await told.port(what), await told.port('https')];
    await connect(port, `${PROXIED}TEAPOT / HTTP/1.0\r\n\r\n`).closed;
    await ask(port, 'TEAPOT / HTTP/1.0\r\nX-Forwarded-For: 192.0.2.8\r\n\r\n');
    expect(await askBehind(securePort, PROXIED)).toMatch(/^HTTP\/1\.0 404 /);
    expect(refused()).toEqual([['bad method', '192.0.2.7:5432']]);
    if (!told.all('listening').some((event) => event['what'] === 'shoutcast')) return;
    const wrong = connect(await told.port('shoutcast'), `${PROXIED}wrong\r\n`);
    await wrong.closed;
    expect(wrong.text).toBe('invalid password\r\n');
    expect(told.all('source-refused')).toMatchObject([{ from: '192.0.2.7:5432' }]);
  });
});

describe('a source client', () => {
  const login = `Authorization: Basic ${Buffer.from('source:x').toString('base64')}\r\n`;

  async function listen(trustedProxies: readonly Range[], password?: string, settings: Partial<Settings> = {}): Promise<number> {
    const app = new EncoderApp({ mounts: [{ name: 'one', input: { kind: 'listen', password }, headers: [], title: '' }], targets: [], bind: '127.0.0.1', settings: withSettings({ stopMs: 200, ...settings }), trustedProxies }, told.log);
    stops.push(() => app.stop());
    await app.start();
    return await told.port('source');
  }

  it('that needs no password on this machine needs one behind a proxy on this machine, known or not', async () => {
    const source = (more: string): string => `SOURCE /one HTTP/1.0\r\n${more}${login}\r\n`;
    const port = await listen([parseRange('127.0.0.1')!]);
    expect(await ask(port, source('X-Forwarded-For: 192.0.2.7\r\n'))).toMatch(/^HTTP\/1\.0 403 /);
    expect(await ask(port, PROXIED + source(''))).toMatch(/^HTTP\/1\.0 403 /);
    expect(await ask(port, source(''))).toMatch(/^HTTP\/1\.0 403 /);
    expect(told.all('source-refused')).toMatchObject([{ from: '192.0.2.7' }, { from: '192.0.2.7:5432' }, { from: expect.stringMatching(/^127/) as unknown }]);
  });

  it('that needs no password is not taken from an unknown proxy on this machine', async () => {
    const port = await listen([]);
    expect(await ask(port, `SOURCE /one HTTP/1.0\r\nX-Forwarded-For: 192.0.2.7\r\n${login}\r\n`)).toMatch(/^HTTP\/1\.0 403 /);
    const client = connect(port, `SOURCE /one HTTP/1.0\r\n${login}\r\n`);
    expect(await client.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
  });

  it('is replaced by one from its own address, and by no other client of its proxy', async () => {
    const port = await listen([here], 'x', { sourceTakeOverMs: 0 });
    const source = (address: string): RawClient => connect(port, `SOURCE /one HTTP/1.0\r\nX-Forwarded-For: ${address}\r\n${login}\r\n`);
    const first = source('192.0.2.7');
    expect(await first.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await source('192.0.2.8').untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 /);
    expect(await source('192.0.2.7').untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
    await told.until('source-ended', { from: '192.0.2.7', reason: 'replaced by a new connection' });
  });

  it('that guesses passwords behind a proxy makes no other client of it wait', async () => {
    const port = await listen([here], 'x');
    const guess = async (address: string, password: string): Promise<string> =>
      (await ask(port, `SOURCE /one HTTP/1.0\r\nX-Forwarded-For: ${address}\r\nAuthorization: Basic ${Buffer.from(`source:${password}`).toString('base64')}\r\n\r\n`)).slice(9, 12);
    const answers: string[] = [];
    for (let i = 0; i < 12; i++) answers.push(await guess('192.0.2.7', `guess ${i}`));
    expect(answers.at(-1)).toBe('429');
    expect(await guess('192.0.2.8', 'wrong')).toBe('401');
  });
});

describe('a listener behind a proxy', () => {
  it('has its own address in lists and in the access log, and addresses in playlists by which it has asked', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'proxies-'));
    stops.push(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'radio.mp3'), Buffer.concat(mp3Frames(80)));
    const app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, relays: [], settings: withSettings({ stopMs: 200 }), policies: { radio: { fallback: { file: join(directory, 'radio.mp3') } } }, adminPassword: 'sesame', trustedProxies: [here] }, told.log);
    stops.push(() => app.stop());
    await app.start();
    const port = await told.port('http');
    const lines = 'Forwarded: for="[2001:db8::7]:4711";proto=https;host=radio.example\r\nUser-Agent: player\r\n';
    for (const [page, url] of [['radio.m3u', 'https://radio.example/radio'], ['status-json.xsl', '"listenurl":"https://radio.example/radio"']]) {
      expect(await ask(port, `GET /${page} HTTP/1.0\r\nHost: inner\r\n${lines}\r\n`)).toContain(url);
    }
    const listener = connect(port, `GET /radio HTTP/1.0\r\n${lines}\r\n`);
    expect(await listener.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await ask(port, `GET /admin/listclients?mount=/radio HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('admin:sesame').toString('base64')}\r\n\r\n`)).toMatch(/<ip>2001:db8::7<\/ip>/i);
    listener.socket.destroy();
    expect(await told.until('access')).toMatchObject({ ip: '2001:db8::7', agent: 'player' });
    const command = await ask(port, `POST /admin/automatic?mount=/radio HTTP/1.0\r\n${lines}Authorization: Basic ${Buffer.from('admin:sesame').toString('base64')}\r\n\r\n`);
    expect(command).toMatch(/^HTTP\/1\.0 200 /);
    expect(told.all('operator')).toMatchObject([{ from: '[2001:db8::7]:4711' }]);
  });
});
