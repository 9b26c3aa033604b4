import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings, withSettings } from '../../../../../core/config/settings.ts';
import type { Head } from '../../../../../shell/http/message/head.ts';
import { IcecastPull, type PullOptions } from '../../../../../shell/encoder/source/pull/icecast-pull.ts';
import { IcecastSource } from '../../../../../shell/encoder/source/pull/icecast-source.ts';
import { CapturedLog } from '../../../support/support.ts';
import { ca, serverOptions } from '../../../net/tls/support.ts';

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that gives these answers, one to each connection; and what it was asked. */
async function serve(...answers: ((port: number) => string)[]): Promise<{ readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = net.createServer((socket) => {
    socket.once('data', (request) => {
      asked.push(request.toString('latin1'));
      socket.write(answers[asked.length - 1]!((server.address() as net.AddressInfo).port));
    });
    socket.on('error', () => undefined);
    ends.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  return { port: (server.address() as net.AddressInfo).port, asked };
}

function pull(url: string, more: Partial<PullOptions> = {}): Promise<Head | string> {
  return new Promise((resolve) => {
    const api = { begin: () => ({ hasFrames: false, audio: () => undefined, title: () => true, metadata: () => undefined, end: () => undefined }) };
    const puller = new IcecastPull(new URL(url), { api, settings: defaultSettings, watcher: { established: () => undefined, redirected: () => undefined, opened: resolve, found: () => undefined, held: () => undefined, carried: () => undefined, ended: resolve }, ...more });
    ends.push(() => puller.stop('over'));
  });
}

describe('pulling from an Icecast', () => {
  it('takes a user and password as they are when they are not well percent-encoded, of a redirection too', async () => {
    const { port, asked } = await serve((own) => `HTTP/1.0 302 Found\r\nLocation: http://u%zz:p%E0@127.0.0.1:${own}/m\r\n\r\n`, () => 'HTTP/1.0 200 OK\r\n\r\n');
    expect(await pull(`http://a%41:%@127.0.0.1:${port}/m`)).toMatchObject({ firstLine: 'HTTP/1.0 200 OK' });
    const credentials = asked.map((request) => Buffer.from(/^Authorization: Basic (.*)$/m.exec(request)![1]!, 'base64').toString('utf8'));
    expect(credentials).toEqual(['aA:%', 'u%zz:pà']);
  });
});

/** What a pull brings: audio and titles until it is over. */
function listenTo(url: string, more: Partial<PullOptions> = {}): Promise<{ readonly audio: string; readonly titles: string[]; readonly reason: string }> {
  return new Promise((resolve) => {
    let audio = '';
    const titles: string[] = [];
    const api = {
      begin: () => ({
        hasFrames: true,
        audio: (bytes: Uint8Array) => void (audio += Buffer.from(bytes).toString('latin1')),
        title: () => true,
        metadata: (text: string) => void titles.push(text),
        end: () => undefined,
      }),
    };
    const nothing = (): void => undefined;
    const watcher = { established: nothing, redirected: nothing, opened: nothing, found: nothing, held: nothing, carried: nothing, ended: (reason: string) => resolve({ audio, titles, reason }) };
    const puller = new IcecastPull(new URL(url), { api, settings: defaultSettings, watcher, ...more });
    ends.push(() => puller.stop('over'));
  });
}

/** A server that answers each path with one answer, and closes. */
async function serveAll(answers: Readonly<Record<string, string>>, secure = false): Promise<{ readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const serveOne = (socket: net.Socket): void => {
    socket.on('error', () => undefined).once('data', (request) => {
      const path = request.toString('latin1').split(' ')[1]!;
      asked.push(path);
      socket.end(answers[path] ?? 'HTTP/1.0 404 Not Found\r\n\r\n');
    });
    ends.push(() => socket.destroy());
  };
  const server = secure ? tls.createServer(serverOptions('local'), serveOne) : net.createServer(serveOne);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  return { port: (server.address() as net.AddressInfo).port, asked };
}

describe('a server that is pulled from', () => {
  const title = "StreamTitle='A - B';";
  const icy = `${'x'.repeat(16)}\x02${title.padEnd(32, '\0')}${'y'.repeat(16)}\0z`;
  it.each([
    ['plain', 'HTTP/1.0 200 OK\r\n\r\naudio', { audio: 'audio', titles: [] as string[] }],
    ['as Shoutcast answers', `ICY 200 OK\r\nicy-name:Radio\r\nicy-metaint:16\r\n\r\n${icy}`, { audio: `${'x'.repeat(16)}${'y'.repeat(16)}z`, titles: [title] }],
    ['with titles', `HTTP/1.0 200 OK\r\nicy-metaint:16\r\n\r\n${icy}`, { audio: `${'x'.repeat(16)}${'y'.repeat(16)}z`, titles: [title] }],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nau\x64\r\n2\r\nio\r\n0\r\n\r\n', { audio: 'audio', titles: [] }],
    ['with lines that end in LF alone', 'HTTP/1.0 200 OK\nicy-name:x\n\naudio', { audio: 'audio', titles: [] }],
  ])('may answer %s', async (_, answer, expected) => {
    const { port } = await serveAll({ '/m': answer });
    expect(await listenTo(`http://127.0.0.1:${port}/m`)).toMatchObject(expected);
  });

  it('is believed by https when its certificate is trusted, and not otherwise', async () => {
    const { port } = await serveAll({ '/m': 'HTTP/1.0 200 OK\r\n\r\naudio' }, true);
    expect(await listenTo(`https://127.0.0.1:${port}/m`, { ca })).toMatchObject({ audio: 'audio' });
    expect(await listenTo(`https://127.0.0.1:${port}/m`)).toEqual({ audio: '', titles: [], reason: 'the certificate of the server is from no trusted authority; a private one is named with --ca' });
    const { port: plain } = await serveAll({ '/m': `HTTP/1.0 302 Found\r\nLocation: https://127.0.0.1:${port}/m\r\n\r\n` });
    expect(await listenTo(`http://127.0.0.1:${plain}/m`, { ca })).toMatchObject({ audio: 'audio' });
  });
});

describe('a playlist', () => {
  const stream = 'HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\naudio';
  const of = (type: string, body: string, more = ''): string => `HTTP/1.0 200 OK\r\nContent-Type: ${type}\r\n${more}\r\n${body}`;

  it.each([
    ['M3U', '/list', of('audio/x-mpegurl', '#EXTM3U\r\n#EXTINF:-1,Radio\r\n/m\r\n/other\r\n')],
    ['M3U by its name alone', '/list.m3u', of('text/plain', '\uFEFFm\n')],
    ['PLS', '/list', of('audio/x-scpls; charset=utf-8', '[playlist]\nNumberOfEntries=2\nFile2=/other\nTitle1=Radio\nFile1=/m\n')],
    ['PLS of a known length', '/list.pls', of('application/pls+xml', '[Playlist]\r\nfile1 = /m\r\n', 'Content-Length: 26\r\n')],
    ['M3U in chunks', '/list', of('audio/mpegurl', '3\r\n/m\n\r\n0\r\n\r\n', 'Transfer-Encoding: chunked\r\n')],
  ])('%s leads to its stream', async (_, path, answer) => {
    const { port, asked } = await serveAll({ [path]: answer, '/m': stream });
    expect(await listenTo(`http://127.0.0.1:${port}${path}`)).toMatchObject({ audio: 'audio' });
    expect(asked).toEqual([path, '/m']);
  });

  it('has its entries tried in turn', async () => {
    const { port, asked } = await serveAll({ '/list.m3u': of('audio/x-mpegurl', '/one\n/two\n/three\n') });
    for (let attempt = 0; attempt < 4; attempt++) await listenTo(`http://127.0.0.1:${port}/list.m3u`, { attempt });
    expect(asked.filter((path) => path !== '/list.m3u')).toEqual(['/one', '/two', '/three', '/one']);
  });

  it('is gone through until one of its streams can be heard, which is then kept', async () => {
    const { port, asked } = await serveAll({ '/list.m3u': of('audio/x-mpegurl', '/dead\n/m\n'), '/m': stream });
    const begun: string[] = [];
    const sink = { hasFrames: true, audio: () => undefined, title: () => true, metadata: () => undefined, end: () => undefined };
    const api = { begin: ({ from }: { readonly from: string }) => (begun.push(from), sink) };
    const source = new IcecastSource(new URL(`http://127.0.0.1:${port}/list.m3u`), { api, settings: withSettings({ backoffMinMs: 1, backoffMaxMs: 5 }), log: new CapturedLog().log });
    await source.start();
    ends.push(() => void source.stop());
    await expect.poll(() => begun.length).toBeGreaterThan(2);
    const streams = asked.filter((path) => path !== '/list.m3u');
    expect(streams[0]).toBe('/dead');
    expect(new Set(streams.slice(1))).toEqual(new Set(['/m']));
  });

  it.each([
    ['of HLS', of('application/vnd.apple.mpegurl', '#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\nsegment.ts\n'), 'sends HLS, which is not supported'],
    ['without an address', of('audio/x-scpls', '[playlist]\nNumberOfEntries=0\n'), 'playlist has no http or https address'],
    ['of files', of('audio/x-mpegurl', 'file:///etc/passwd\nrtsp://h/m\n'), 'playlist has no http or https address'],
    ['that never ends', of('audio/x-mpegurl', '#\n'.repeat(40_000)), 'playlist too long'],
    ['in chunks that are none', of('audio/x-mpegurl', 'nonsense\r\n', 'Transfer-Encoding: chunked\r\n'), 'bad chunk'],
    ['that leads to itself', of('audio/x-mpegurl', '/list\n'), 'too many redirects'],
  ])('%s is not followed', async (_, answer, reason) => {
    const { port } = await serveAll({ '/list': answer });
    expect(await listenTo(`http://127.0.0.1:${port}/list`)).toEqual({ audio: '', titles: [], reason });
  });
});
