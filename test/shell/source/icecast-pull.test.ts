import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import type { Head } from '../../../shell/http/head.ts';
import { IcecastPull } from '../../../shell/source/icecast-pull.ts';

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

function pull(url: string): Promise<Head | string> {
  return new Promise((resolve) => {
    const api = { begin: () => ({ hasFrames: false, audio: () => undefined, title: () => undefined, metadata: () => undefined, end: () => undefined }) };
    const puller = new IcecastPull(new URL(url), api, defaultSettings, { established: () => undefined, redirected: () => undefined, opened: resolve, found: () => undefined, held: () => undefined, carried: () => undefined, ended: resolve });
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
