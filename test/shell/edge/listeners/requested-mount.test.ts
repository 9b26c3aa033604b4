import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, RawClient } from '../../support/support.ts';
import { serve, type Served } from '../admission/support.ts';

describe('what players ask for', () => {
  let [one, several]: Served[] = [];
  beforeAll(async () => {
    one = await serve(['radio'], {});
    several = await serve(['radio', 'jazz', 'a;b', 'deep/name'], {});
  });
  afterAll(() => Promise.all([one!.stop(), several!.stop()]));

  async function statusOf(edge: Served, head: string): Promise<number> {
    const client = new RawClient(edge.port).write(`${head}\r\n\r\n`);
    const text = await client.untilText('\r\n\r\n');
    client.socket.destroy();
    return Number(/^HTTP\/1\.0 (\d+)/.exec(text)?.[1]);
  }

  it.each([
    // As Icecast's.
    'GET /radio HTTP/1.0',
    'GET /radio? HTTP/1.0',
    'GET /radio?nocache=1699999999&type=.mp3 HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nRange: bytes=0-',
    'GET /radio?1699999999 HTTP/1.1\r\nHost: h\r\nConnection: close, TE\r\nTE: trailers',
    'GET /radio HTTP/1.1\r\nHost: h:8000\r\nKeep-Alive: timeout=5\r\nConnection: Keep-Alive\r\nProxy-Connection: keep-alive',
    'GET http://radio.example:8000/radio HTTP/1.1\r\nHost: radio.example:8000',
    'GET HTTPS://radio.example/radio?x HTTP/1.0',
    // Of those who do not count blanks.
    'GET   /radio   HTTP/1.0',
    'GET /radio HTTP/1.0 ',
    'GET /radio?title=a b c HTTP/1.0',
    '\r\n\r\nGET /radio HTTP/1.0',
    // As Shoutcast's.
    'GET /; HTTP/1.0',
    'GET /;stream.mp3 HTTP/1.0',
    'GET /;stream.nsv?x=y HTTP/1.1\r\nHost: h',
    'GET /;?type=http&nocache=12 HTTP/1.0',
    'GET /;listen.m4a/x;y HTTP/1.0',
    'GET /%3Bstream.mp3 HTTP/1.0',
    'GET /radio;stream.mp3 HTTP/1.0',
    'GET /radio/;stream.mp3 HTTP/1.0',
    'GET http://radio.example:8000/;stream.mp3 HTTP/1.0',
    'GET / HTTP/1.0\r\nicy-metadata: 1',
    'GET http://radio.example:8000 HTTP/1.0\r\nIcy-MetaData:1',
    'GET http://radio.example:8000?x=y HTTP/1.0\r\nIcy-MetaData:1',
    'HEAD /;stream.mp3 HTTP/1.1\r\nHost: h:8000',
  ])('is the stream: %j', async (head) => {
    expect(await statusOf(one!, head)).toBe(200);
  });

  it.each([
    ['GET / HTTP/1.0', 404],
    ['GET /x;stream.mp3 HTTP/1.0', 404],
    ['GET /radio.mp3 HTTP/1.0', 404],
    ['GET radio HTTP/1.0', 400],
    ['GET http://radio.exampleradio;x HTTP/1.0', 404],
    ['GET ftp://radio.example/radio HTTP/1.0', 400],
  ])('is not: %j', async (head, status) => {
    expect(await statusOf(one!, head)).toBe(status);
  });

  it.each([
    ['GET /;stream.mp3 HTTP/1.0', 404],
    ['GET / HTTP/1.0\r\nIcy-MetaData: 1', 404],
    ['GET /jazz;stream.mp3 HTTP/1.0', 200],
    ['GET /jazz/; HTTP/1.0', 200],
    ['GET /deep/name;stream.mp3 HTTP/1.0', 200],
    ['GET /a;b HTTP/1.0', 200],
    ['GET /a;c HTTP/1.0', 404],
  ])('is found by its name where there are several: %j', async (head, status) => {
    expect(await statusOf(several!, head)).toBe(status);
  });

  it('has no body that a proxy could wait for the end of', async () => {
    const answer = await ask(one!.port, 'HEAD /radio HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n');
    expect(answer).toMatch(/\r\nConnection: Close\r\n/);
    expect(answer).not.toMatch(/\r\n(Content-Length|Transfer-Encoding):/i);
  });
});
