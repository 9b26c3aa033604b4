import { afterEach, describe, expect, it } from 'vitest';
import type { MountPolicies } from '../../../../core/config/mount-policy.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { MountInfo } from '../../../../core/edge/edge.ts';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { toMs, type Micros } from '../../../../core/base/units.ts';
import { monotonicNow } from '../../../../shell/process/time/clock.ts';
import { ListenerServer } from '../../../../shell/edge/listeners/listener-server.ts';
import { LocalListeners, type ListenerApi } from '../../../../shell/edge/listeners/host/local-listeners.ts';
import type { MountTable } from '../../../../shell/icecast/mount-table.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { sourceFigures } from '../../../../shell/icecast/source-figures.ts';
import { statusJson } from '../../../../shell/icecast/status-json.ts';
import { version } from '../../../../shell/process/version.ts';
import { ask, CapturedLog, RawClient } from '../../support/support.ts';
import { admin, operator } from './support.ts';

function mountInfo(name: string, more: Partial<MountInfo> = {}): MountInfo {
  return {
    name,
    format: { codec: 'mp3', mpegVersion: '1', sampleRateHz: 44_100, channels: 2, samplesPerBlock: 1_152, aacObjectType: 0 },
    bitrateBps: 128_000,
    contentType: 'audio/mpeg',
    headers: [['Icy-Name', 'Rädio "one"'], ['Icy-Url', 'http://one.example'], ['Icy-Description', 'D'], ['Icy-Genre', 'G'], ['Icy-Pub', '1']],
    title: 'A - B',
    listeners: 0,
    listenerPeak: 0,
    startedAt: monotonicNow(),
    liveStream: '00',
    streams: 1,
    bytesIn: 0,
    bytesOut: 0,
    switches: 0,
    slowListeners: 0,
    ...more,
  } as MountInfo;
}

class Api implements ListenerApi, MountTable {
  readonly table: Map<string, MountInfo>;
  readonly dateOf = (at: Micros): Date => new Date(Date.now() - toMs((monotonicNow() - at) as Micros));
  readonly joined: { name: string; icy: boolean }[] = [];
  readonly left: ListenerId[] = [];
  isFull = false;
  bursts = 0;

  constructor(mounts: readonly MountInfo[]) {
    this.table = new Map(mounts.map((mount) => [mount.name, mount]));
  }

  mount(name: string): MountInfo | undefined {
    return this.table.get(name);
  }

  mounts = (): readonly MountInfo[] => [...this.table.values()];

  join(name: string, { icy }: { readonly icy: boolean }): ListenerId | 'full' {
    if (this.isFull) return 'full';
    return this.joined.push({ name, icy }) as ListenerId;
  }

  burst(): void {
    this.bursts++;
  }

  move(): string {
    return 'moved';
  }

  leave(listener: ListenerId): void {
    this.left.push(listener);
  }
}

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function serve(...mounts: MountInfo[]): ReturnType<typeof serveWith> {
  return await serveWith(mounts, {});
}

async function serveWith(mounts: MountInfo[], policies: MountPolicies): Promise<{ api: Api; port: number; host: LocalListeners; server: ListenerServer; told: CapturedLog }> {
  const api = new Api(mounts.length === 0 ? [mountInfo('one')] : mounts);
  const told = new CapturedLog();
  const refusals = new Refusals(told.log);
  let host: LocalListeners | undefined;
  const server = new ListenerServer({ table: api, host: (user) => (host = new LocalListeners(api, user)), operator, admin, access: ({ mount, ip, agent, connectedMs, bytes, reason }) => told.log({ kind: 'access', mount, ip, agent, connectedS: Math.round(connectedMs / 1_000), bytes, reason }), adminPassword: () => undefined, settings: defaultSettings, policies: () => policies, log: told.log, refusals });
  stops.push(() => server.stop(0));
  return { api, port: await server.listen({ address: '127.0.0.1', port: 0 }), host: host!, server, told };
}

it('takes as many listeners of a mountpoint as its configuration says, and of others as many as before', async () => {
  const { port, told, host } = await serveWith([mountInfo('one'), mountInfo('two')], { one: { settings: { maxListeners: 2 } } });
  const clients = ['one', 'one', 'two'].map((mount) => new RawClient(port).write(`GET /${mount} HTTP/1.0\r\n\r\n`));
  for (const client of clients) expect(await client.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
  expect(await ask(port, 'GET /one HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 [^]*Too many listeners/);
  expect(told.all('refused')).toMatchObject([{ reason: 'too many listeners of a mountpoint' }]);
  clients[0]!.socket.resetAndDestroy();
  await expect.poll(() => host.size).toBe(2);
  const next = new RawClient(port).write('GET /one HTTP/1.0\r\n\r\n');
  expect(await next.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
});

it('lets a listener whose time is over have what was written, and says why it has left', async () => {
  const { port, told, host, api } = await serve();
  const client = new RawClient(port).write('GET /one HTTP/1.0\r\n\r\n');
  await client.untilText('\r\n\r\n');
  host.send(1 as ListenerId, Buffer.from('the end'));
  host.disconnect(1 as ListenerId, 'duration over');
  await client.closed;
  expect(client.text).toMatch(/the end$/);
  expect(await told.until('access')).toMatchObject({ mount: 'one', reason: 'duration over' });
  expect(api.left).toEqual([1]);
});

async function headOf(port: number, request: string): Promise<string> {
  const client = new RawClient(port).write(request);
  await client.untilText('\r\n\r\n');
  client.socket.destroy();
  return client.received.toString('utf8').split('\r\n\r\n')[0]!;
}

function body(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

describe('the head of a stream', () => {
  const expected = (icy: boolean): RegExp[] => [
    /^HTTP\/1\.0 200 OK$/,
    new RegExp(`^Server: Davecast/${version}$`),
    /^Connection: Close$/,
    /^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/,
    /^Content-Type: audio\/mpeg$/,
    /^Cache-Control: no-cache, no-store$/,
    /^Expires: Mon, 26 Jul 1997 05:00:00 GMT$/,
    /^Pragma: no-cache$/,
    /^icy-description:D$/,
    /^icy-genre:G$/,
    /^icy-name:Rädio "one"$/,
    /^icy-pub:1$/,
    /^icy-url:http:\/\/one\.example$/,
    /^icy-br:128$/,
    /^ice-audio-info: ice-samplerate=44100;ice-bitrate=128;ice-channels=2$/,
    ...(icy ? [/^icy-metaint:16000$/] : []),
    /^Access-Control-Allow-Origin: \*$/,
    /^Access-Control-Expose-Headers: .*icy-name/,
  ];
  const check = (head: string, icy: boolean): void => {
    const lines = head.split('\r\n');
    expected(icy).forEach((line, index) => expect(lines[index]).toMatch(line));
    expect(lines).toHaveLength(expected(icy).length);
  };

  it.each([
    ['GET /one HTTP/1.0\r\n\r\n', false],
    ['GET /one HTTP/1.1\r\nHost: h\r\nRange: bytes=0-\r\n\r\n', false],
    ['GET /one HTTP/1.1\r\nHost: h\r\nIcy-MetaData: 0\r\n\r\n', false],
    ['GET /one HTTP/1.1\r\nHost: h\r\nIcy-MetaData: 1\r\n\r\n', true],
    ['GET /one HTTP/1.0\r\nicy-metadata:1\r\n\r\n', true],
    ['GET /one?x=y&z HTTP/1.0\nICY-METADATA: 1\n\n', true],
    ['GET /%6fne HTTP/1.0\r\n\r\n', false],
    ['GET http://h:8000/one HTTP/1.1\r\nHost: h:8000\r\n\r\n', false],
  ])('after %j', async (request, icy) => {
    const { api, port } = await serve();
    check(await headOf(port, request), icy);
    expect(api.joined).toEqual([{ name: 'one', icy }]);
    expect(api.bursts).toBe(1);
  });

  it('comes also after a name that is not percent-encoded, in UTF-8 or Latin-1', async () => {
    const { api, port } = await serve(mountInfo('à la ö'), mountInfo('öé'));
    for (const target of [Buffer.from('/à%20la%20ö'), Buffer.from('/öé', 'latin1')]) {
      const client = new RawClient(port).write(Buffer.concat([Buffer.from('GET '), target, Buffer.from(' HTTP/1.0\r\n\r\n')]));
      expect(await client.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
      client.socket.destroy();
    }
    expect(api.joined.map(({ name }) => name)).toEqual(['à la ö', 'öé']);
  });

  it('is told with a line of its request that is no header, once', async () => {
    const { port, told } = await serve();
    for (let i = 0; i < 3; i++) await headOf(port, 'GET /one HTTP/1.0\r\nUser Agent: Player\u0007\r\n\r\n');
    expect(told.all('line-passed-over')).toMatchObject([{ line: 'User Agent: Player?' }]);
  });

  it('is the whole answer to HEAD', async () => {
    const { api, port } = await serve();
    const answer = Buffer.from(await ask(port, 'HEAD /one HTTP/1.1\r\nHost: h\r\nIcy-MetaData: 1\r\n\r\n'), 'latin1').toString('utf8');
    check(answer.split('\r\n\r\n')[0]!, true);
    expect(body(answer)).toBe('');
    expect(api.joined).toEqual([]);
  });
});

describe('a listener', () => {
  it('gets what is sent, and is told of once it is gone', async () => {
    const { api, port, host, told } = await serve();
    const client = new RawClient(port).write('GET /one HTTP/1.0\r\nUser-Agent: Player/1\r\n\r\n');
    await client.untilText('\r\n\r\n');
    host.send(1 as ListenerId, Buffer.from('frames'));
    expect(body(await client.untilText('frames'))).toBe('frames');
    client.socket.resetAndDestroy();
    expect(await told.until('access')).toMatchObject({ mount: 'one', ip: '127.0.0.1', agent: 'Player/1', bytes: client.received.length, reason: 'closed by listener' });
    expect(api.left).toEqual([1]);
    expect(host.backlogBytes(1 as ListenerId)).toBe(0);
  });

  it('may say that it will write no more', async () => {
    const { port, host } = await serve();
    const client = new RawClient(port).write('GET /one HTTP/1.0\r\n\r\n');
    client.socket.end();
    await client.untilText('\r\n\r\n');
    for (const part of ['still', ' there']) {
      host.send(1 as ListenerId, Buffer.from(part));
      await client.untilText(part);
    }
    expect(body(client.text)).toBe('still there');
    client.socket.destroy();
  });

  it.each(['mount-ended', 'too-slow'] as const)('is closed when it is let go: %s', async (reason) => {
    const { api, port, host, told } = await serve();
    const client = new RawClient(port).write('GET /one HTTP/1.0\r\n\r\n');
    await client.untilText('\r\n\r\n');
    host.end(1 as ListenerId, reason);
    await client.closed;
    expect(told.all('access')).toMatchObject([{ reason }]);
    expect(api.left).toEqual([]);
  });

  it('is refused when there are too many', async () => {
    const { api, port } = await serve();
    api.isFull = true;
    expect(await ask(port, 'GET /one HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 Forbidden\r\n/);
  });
});

describe('pages', () => {
  it('404', async () => {
    const { port } = await serve();
    const answer = await ask(port, 'GET /two HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.0 404 File Not Found\r\n/);
    expect(answer).toMatch(/Content-Type: text\/html; charset=utf-8\r\n/);
    expect(body(answer)).toMatch(/^<html>.*404.*<\/html>\r\n$/);
    expect(body(await ask(port, 'HEAD /two HTTP/1.0\r\n\r\n'))).toBe('');
  });

  it('OPTIONS', async () => {
    const { port } = await serve();
    const answer = await ask(port, 'OPTIONS /one HTTP/1.1\r\nOrigin: http://x\r\nAccess-Control-Request-Headers: icy-metadata\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.0 204 No Content\r\n/);
    expect(answer).toContain('Access-Control-Allow-Origin: *\r\n');
    expect(answer).toContain('Access-Control-Allow-Headers: icy-metadata\r\n');
    expect(body(answer)).toBe('');
  });

  it.each([
    ['GET / HTTP/3.0', 400],
    ['hello', 400],
    ['GET /%zz HTTP/1.0', 400],
    ['GET one HTTP/1.0', 400],
    ['PUT /one HTTP/1.0', 405],
    ['SOURCE /one HTTP/1.0', 405],
    ['PATCH /one HTTP/1.0', 405],
  ])('%s is answered %s', async (request, status) => {
    const { port } = await serve();
    expect(await ask(port, `${request}\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1\\.0 ${status} `));
  });

  it('a request beyond 8 KiB is answered 400', async () => {
    const { port } = await serve();
    expect(await ask(port, `GET /${'x'.repeat(9_000)} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.0 400 /);
  });

  it('playlists', async () => {
    const { port } = await serve(mountInfo('a b/<ö>.mp3'), mountInfo('x.m3u', { title: 'a\u0001b\ufffe' }));
    const get = async (target: string): Promise<string> => Buffer.from(await ask(port, `GET ${target} HTTP/1.0\r\nHost: radio.example:8000\r\n\r\n`), 'latin1').toString('utf8');
    const url = 'http://radio.example:8000/a%20b/%3C%C3%B6%3E.mp3';
    const m3u = await get('/a%20b/%3C%C3%B6%3E.mp3.m3u');
    expect(m3u).toContain('Content-Type: audio/x-mpegurl\r\n');
    // Also for a page of another site.
    for (const answer of [m3u, await get('/7.html')]) expect(answer).toContain('\r\nAccess-Control-Allow-Origin: *\r\n');
    expect(body(m3u)).toBe(`${url}\r\n`);
    const pls = await get('/a%20b/%3C%C3%B6%3E.mp3.pls');
    expect(pls).toContain('Content-Type: audio/x-scpls\r\n');
    expect(body(pls)).toContain(`\r\nFile1=${url}\r\n`);
    const xspf = await get('/a%20b/%3C%C3%B6%3E.mp3.xspf');
    expect(xspf).toContain('Content-Type: application/xspf+xml');
    expect(xspf).toContain(`<location>${url}</location>`);
    expect(xspf).toContain('<title>Rädio &quot;one&quot;</title>');
    expect(body(await get('/a%20b/%3C%C3%B6%3E.mp3.m3u?x=y'))).toBe(`${url}\r\n`);
    // No XML document may have them, not even escaped.
    expect(await get('/x.m3u.xspf')).toContain('<title>a\ufffdb\ufffd</title>');
    expect(await get('/two.m3u')).toMatch(/^HTTP\/1\.0 404 /);
  });

  it('are there for a mountpoint whose name is no text', async () => {
    const { port } = await serve(mountInfo('one\ud800#?'));
    const status = JSON.parse(body(await ask(port, 'GET /status-json.xsl HTTP/1.0\r\nHost: h\r\n\r\n'))) as { icestats: { source: { listenurl: string } } };
    expect(status.icestats.source.listenurl).toBe('http://h/one%EF%BF%BD%23%3F');
  });

  it('that fail are answered 500 and told in the log, and nobody else is hurt', async () => {
    const { api, port, told } = await serve();
    const listener = new RawClient(port).write('GET /one HTTP/1.0\r\n\r\n');
    await listener.untilText('\r\n\r\n');
    api.mounts = () => {
      throw new Error('a fault of ours');
    };
    expect(await ask(port, 'GET /status-json.xsl?x HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 500 Internal Server Error\r\n/);
    expect(told.all('request-failed')).toMatchObject([{ method: 'GET', target: '/status-json.xsl?x', error: expect.stringContaining('a fault of ours') as string }]);
    expect(listener.socket.destroyed).toBe(false);
    listener.socket.destroy();
  });

  it('serves a mountpoint whose name looks like a playlist', async () => {
    const { port } = await serve(mountInfo('x.m3u'));
    expect(await headOf(port, 'GET /x.m3u HTTP/1.0\r\n\r\n')).toContain('audio/mpeg');
  });

  it('for operators are not there for everybody, whatever a mountpoint is called', async () => {
    const { port } = await serve(mountInfo('admin/sources'));
    expect(await ask(port, 'GET /admin/sources?mount=/one HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 Forbidden\r\n/);
    expect(await ask(port, 'POST /admin/switch?mount=/one HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 Forbidden\r\n/);
    expect(await ask(port, 'POST /admin/other HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 Forbidden\r\n/);
  });

  it.each([
    ['/admin/streamlist.txt', '/one\r\n/two\r\n'],
    ['/admin/streams', '/one\r\n/two\r\n'],
    ['/admin/', '/one\n/two\n'],
  ])('%s lists the mountpoints', async (target, list) => {
    const { port } = await serve(mountInfo('one'), mountInfo('two'));
    const answer = await ask(port, `GET ${target} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('relay:x').toString('base64')}\r\n\r\n`);
    expect(answer).toContain('Content-Type: text/plain');
    expect(body(answer)).toBe(list);
  });
});

describe('status-json.xsl', () => {
  const status = async (...mounts: MountInfo[]): Promise<{ icestats: Record<string, unknown> }> => {
    const { api, port } = await serve(mountInfo('gone'));
    api.table.clear();
    for (const mount of mounts) api.table.set(mount.name, mount);
    const answer = await ask(port, 'GET /status-json.xsl HTTP/1.0\r\nHost: h:8000\r\n\r\n');
    expect(answer).toContain('Content-Type: application/json');
    return JSON.parse(Buffer.from(body(answer), 'latin1').toString('utf8')) as { icestats: Record<string, unknown> };
  };

  it('has no source, one, or several', async () => {
    expect(await status()).not.toHaveProperty('icestats.source');
    const { icestats } = await status(mountInfo('one', { listeners: 3, title: 'quote " \\ \u0001 \ud800' }));
    expect(icestats).toMatchObject({
      host: 'h',
      server_id: `Davecast/${version}`,
      source: {
        listenurl: 'http://h:8000/one',
        listeners: 3,
        server_name: 'Rädio "one"',
        server_type: 'audio/mpeg',
        bitrate: 128,
        genre: 'G',
        samplerate: 44_100,
        channels: 2,
      },
    });
    expect((await status(mountInfo('one'), mountInfo('two'))).icestats['source']).toMatchObject([{ listenurl: 'http://h:8000/one' }, { listenurl: 'http://h:8000/two' }]);
  });

  it('has the source that is asked for, or none', async () => {
    const { port } = await serve(mountInfo('one'), mountInfo('two ö', { title: 'T' }));
    const sourceOf = async (query: string): Promise<unknown> => (JSON.parse(body(await ask(port, `GET /status-json.xsl${query} HTTP/1.0\r\nHost: h\r\n\r\n`))) as { icestats: { source?: unknown } }).icestats.source;
    expect(await sourceOf('?mount=/one')).toMatchObject({ listenurl: 'http://h/one' });
    expect(await sourceOf('?x=y&mount=two%20%C3%B6')).toMatchObject({ title: 'T' });
    expect(await sourceOf('?mount=/three')).toBeUndefined();
    expect(await sourceOf('?mount=')).toHaveLength(2);
    expect(await sourceOf('?_=1')).toHaveLength(2);
  });

  it('writes dates as Icecast does', () => {
    const at = new Date(Date.UTC(2026, 10, 22, 12, 46, 56));
    const { icestats } = JSON.parse(statusJson({ sources: [sourceFigures(mountInfo('m', { startedAt: 0 as Micros }), { listenUrl: '', startedAt: at })], startable: [], startedAt: at, host: 'h' })) as {
      icestats: { source: unknown };
    };
    expect(icestats).toMatchObject({ server_start: 'Sun, 22 Nov 2026 12:46:56 +0000', server_start_iso8601: '2026-11-22T12:46:56+0000' });
    expect(icestats.source).toMatchObject({ stream_start: 'Sun, 22 Nov 2026 12:46:56 +0000', stream_start_iso8601: '2026-11-22T12:46:56+0000' });
  });
});
