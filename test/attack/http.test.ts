import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import seedrandom from 'seedrandom';
import { figures } from './support/figures.ts';
import { Crowd } from './support/pushing.ts';
import { MOUNT, Station } from './support/station.ts';

let station: Station;
let before: Readonly<Record<string, number>> | undefined;

beforeAll(async () => {
  station = await new Station().start();
  before = await station.memory();
});

afterAll(async () => {
  await station.stop();
});

/** Sends each as the beginning of a connection, and gives the first line of every answer. */
async function answers(port: number, requests: readonly (string | Uint8Array)[]): Promise<string[]> {
  const crowd = new Crowd();
  const first: string[] = [];
  for (const request of requests) {
    await crowd.connect(port, 1, request);
    const socket = crowd.sockets.at(-1)!;
    first.push(await new Promise<string>((resolve) => {
      let text = '';
      const done = (): void => resolve(text.split('\r\n')[0]!);
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
        if (text.includes('\r\n')) done();
      });
      socket.on('close', done);
      setTimeout(done, 1_500);
    }));
    socket.destroy();
  }
  crowd.stop();
  return first;
}

const auth = `Authorization: Basic ${Buffer.from('source:secret').toString('base64')}\r\n`;

/** Two lengths, two codings, odd spaces: what makes two programs read one stream of bytes as different requests. */
const smuggled = [
  'Content-Length: 5\r\nContent-Length: 6', 'Content-Length: 5, 6', 'Content-Length: +5', 'Content-Length: 0x5', 'Content-Length: -1',
  'Content-Length : 5', 'Content-Length: 5\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: xchunked', 'Transfer-Encoding:\tchunked', 'Transfer-Encoding : chunked',
  'Transfer-Encoding: chunked\0', ' Transfer-Encoding: chunked', 'X: y\rTransfer-Encoding: chunked', 'X: y\nTransfer-Encoding: chunked',
  'Content-Length: 1e3', 'Content-Length: 99999999999999999999999', 'Content-Length: ', 'Transfer-Encoding: ',
].map((lines) => `PUT /${MOUNT} HTTP/1.1\r\nHost: x\r\n${auth}${lines}\r\n\r\n0\r\n\r\nGET /${MOUNT} HTTP/1.1\r\nHost: x\r\n\r\n`);

const odd = [
  'GET', 'GET /', '\r\n\r\n', '\0\0\0\0\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET /${'x'.repeat(20_000)} HTTP/1.0\r\n\r\n`, 'GET /%zz HTTP/1.0\r\n\r\n', 'GET /%00 HTTP/1.0\r\n\r\n',
  'GET /../../etc/passwd HTTP/1.0\r\n\r\n', 'GET http://[::1 HTTP/1.0\r\n\r\n', 'GET /%ED%A0%80 HTTP/1.0\r\n\r\n', 'GET //// HTTP/1.0\r\n\r\n', 'CONNECT x:1 HTTP/1.1\r\n\r\n',
  'TRACE / HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', `GET /${MOUNT}?${'a=b&'.repeat(4_000)} HTTP/1.0\r\n\r\n`,
  `GET /${MOUNT} HTTP/1.0\r\n${'X: y\r\n'.repeat(3_000)}\r\n`, `GET /${MOUNT} HTTP/1.0\r\nIcy-MetaData: ${'9'.repeat(4_000)}\r\n\r\n`,
  'POST /admin/switch?mount=/radio HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /admin/metadata?mount=%2fradio&mode=updinfo&song=%ff%fe HTTP/1.0\r\n\r\n', 'GET /status-json.xsl?mount=%ED%A0%80 HTTP/1.0\r\n\r\n',
];

describe('nobody who speaks HTTP, or does not', () => {
  it.each([
    ['a listener’s port', 'edge', 'http'],
    ['a source’s port', 'encoder', 'source'],
  ] as const)('harms anybody by what is in a request, at %s', { timeout: 180_000 }, async (_, name, what) => {
    const requests = [...smuggled, ...odd];
    const given = await answers(station.port(name, what), requests);
    // Every answer is one of HTTP, or none: nothing else is ever said.
    for (const [i, line] of given.entries()) expect(line, requests[i]!.slice(0, 60)).toMatch(/^(HTTP\/1\.[01] \d{3} .*|)$/);
    figures(`odd requests at ${name}`, requests.length);
    await station.isUnharmed();
  });

  it.each([
    ['a listener’s port', 'edge', 'http'],
    ['a source’s port', 'encoder', 'source'],
  ] as const)('harms anybody by 3,000 requests of chance, at %s', { timeout: 180_000 }, async (_, name, what) => {
    const random = seedrandom(`http ${name}`);
    const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)]!;
    const parts = ['GET', 'SOURCE', 'PUT', ' ', '/', MOUNT, 'HTTP/1.0', 'ICE/1.0', '\r\n', '\n', '\r', ':', 'Host', 'Content-Length', auth, '\0', '\u00ff', '%', '?', '=', '&', '\t', 'chunked', 'admin/metadata', '\r\n\r\n'];
    const crowd = new Crowd();
    for (let sent = 0; sent < 3_000; sent += 50) {
      await Promise.all(Array.from({ length: 50 }, async () => {
        const request = Array.from({ length: 1 + Math.floor(random() * 40) }, () => pick(parts)).join('');
        await crowd.connect(station.port(name, what), 1, Buffer.from(request, 'latin1'));
      }));
      for (const socket of crowd.sockets.splice(0)) socket.end();
    }
    figures(`requests of chance at ${name}`, 3_000);
    await station.isUnharmed();
  });

  it('harms anybody by heads that never end: 1,000 of them', async () => {
    const crowd = new Crowd();
    await crowd.connect(station.port('edge', 'http'), 500, `GET /${MOUNT} HTTP/1.0\r\nX: `);
    await crowd.connect(station.port('encoder', 'source'), 500, `SOURCE /${MOUNT} HTTP/1.0\r\nX: `);
    for (let i = 0; i < 20; i++) {
      for (const socket of crowd.sockets) if (!socket.destroyed) socket.write('y');
      await station.hearsOn(10);
    }
    crowd.stop();
    await station.isUnharmed();
  });

  it('harms anybody by never reading: 1,000 listeners', { timeout: 120_000 }, async () => {
    const crowd = new Crowd();
    await crowd.connect(station.port('edge', 'http'), 1_000, `GET /${MOUNT} HTTP/1.0\r\n\r\n`, false);
    await station.hearsOn(400);
    crowd.stop();
    await station.isUnharmed();
  });

  it('guesses a password for long: 2,000 times', { timeout: 120_000 }, async () => {
    const crowd = new Crowd();
    const wrong = (n: number): string => `SOURCE /${MOUNT} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(`source:${n}`).toString('base64')}\r\n\r\n`;
    for (let n = 0; n < 2_000; n += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => crowd.connect(station.port('encoder', 'source'), 1, wrong(n + i))));
      for (const socket of crowd.sockets.splice(0)) socket.destroy();
    }
    await station.isUnharmed();
  });

  it('is kept: memory when all have gone', { timeout: 60_000 }, async () => {
    await station.hearsOn(400);
    const after = await station.memory();
    figures('memory before, MB', before);
    figures('memory after, MB', after);
    for (const [name, megabytes] of Object.entries(after ?? {})) expect(megabytes, name).toBeLessThan(before![name]! + 300);
  });
});
