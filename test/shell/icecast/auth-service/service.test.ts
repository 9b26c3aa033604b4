import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { expect, it } from 'vitest';
import { hasHeader, limitMsOf, messageOf } from '../../../../shell/icecast/auth-service/answer.ts';
import { ServiceClient, type ServiceAnswer } from '../../../../shell/icecast/auth-service/service-client.ts';
import { ServiceHealth } from '../../../../shell/icecast/auth-service/service-health.ts';
import { ca, pairOf } from '../../net/tls/support.ts';
import { CapturedLog } from '../../support/support.ts';

const answer = (...headers: (readonly [string, string])[]): ServiceAnswer => ({ status: 200, firstLine: 'HTTP/1.1 200 OK', headers });

it('finds what a header of an answer says, however it is written', () => {
  expect(hasHeader(answer(['X', '1'], ['Icecast-Auth-User', '1']), 'icecast-auth-user: 1')).toBe(true);
  expect(hasHeader(answer(['icecast-auth-user', '1; more']), 'ICECAST-AUTH-USER:1')).toBe(true);
  for (const value of ['0', '', '2']) expect(hasHeader(answer(['icecast-auth-user', value]), 'icecast-auth-user: 1')).toBe(false);
  expect(hasHeader(answer(['icecast-auth-user', '0'], ['icecast-auth-user', '1']), 'icecast-auth-user: 1')).toBe(true);
  expect([hasHeader(answer(), 'http/1.1 200'), hasHeader(answer(), 'HTTP/1.1 403')]).toEqual([true, false]);
  expect(limitMsOf(answer(['icecast-auth-timelimit', '90 s']), 'icecast-auth-timelimit:')).toBe(90_000);
  for (const value of ['0', '-5', 'x']) expect(limitMsOf(answer(['icecast-auth-timelimit', value]), 'icecast-auth-timelimit:')).toBeUndefined();
  expect(limitMsOf(answer(['icecast-auth-timelimit', '9'.repeat(30)]), 'icecast-auth-timelimit:')).toBe(31_536_000_000);
  expect(messageOf(answer(['Icecast-Auth-Message', Buffer.from('Schlüssel\u001b[31m').toString('latin1')]))).toBe('Schlüssel?[31m');
  expect([messageOf(answer()), messageOf(answer(['icecast-auth-message', ' ']))]).toEqual([undefined, undefined]);
});

it('tells that a service is down once, reminds of it once a minute, and tells when it is up', () => {
  const told = new CapturedLog();
  let nowMs = 5;
  const health = new ServiceHealth({ mount: 'one', url: 'http://auth/', whenDown: 'refuse', about: 'listeners', log: told.log, nowMs: () => nowMs });
  health.worked();
  for (nowMs = 5; nowMs < 125_000; nowMs += 1_000) health.failed('ETIMEDOUT');
  health.worked();
  health.worked();
  health.failed('ECONNREFUSED');
  expect(told.events.map(({ kind, listeners }) => [kind, listeners])).toEqual([['auth-service-down', 1], ['auth-service-down', 61], ['auth-service-down', 121], ['auth-service-up', 125], ['auth-service-down', 1]]);
});

it('bounds what a service may answer, in size and time', async () => {
  const sockets: net.Socket[] = [];
  const answers: ((response: http.ServerResponse) => void)[] = [];
  const server = http.createServer((_, response) => answers.shift()!(response)).on('connection', (socket: net.Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new ServiceClient();
  const post = (timeoutMs: number): Promise<ServiceAnswer> =>
    client.post({ url: new URL(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`), body: 'a=b', credentials: undefined, timeoutMs });

  answers.push((response) => void response.writeHead(200, { 'x-big': 'x'.repeat(20_000) }).end());
  await expect(post(5_000)).rejects.toThrow(/the head of the answer is too long/);

  answers.push((response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  expect((await post(5_000)).status).toBe(200);
  await expect.poll(() => sockets.at(-1)!.destroyed).toBe(true);

  answers.push(() => undefined);
  await expect(post(5)).rejects.toThrow('no answer in time');
  // One that begins an answer and never ends it has its connection for as long.
  answers.push((response) => void response.writeHead(200).write('x'));
  expect((await post(100)).status).toBe(200);
  await expect.poll(() => sockets.at(-1)!.destroyed).toBe(true);
  client.stop();
  server.close();
});

it.each([
  ['lines that end with LF alone', 'HTTP/1.0 200 OK\nIcecast-Auth-User: 1\n\n'],
  ['no reason', 'HTTP/1.1 200\r\nIcecast-Auth-User: 1\r\n\r\n'],
  ['control characters in another header', 'HTTP/1.1 200 OK\r\nicecast-auth-message: wel\x01come\r\nIcecast-Auth-User: 1\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nIcecast-Auth-User: 1\r\n\r\n0\r\n\r\n'],
])('understands an answer with %s, as Icecast does', async (_, head) => {
  const server = net.createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end(head, 'latin1')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new ServiceClient();
  const found = await client.post({ url: new URL(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`), body: 'a=b', credentials: undefined, timeoutMs: 60_000 });
  expect(hasHeader(found, 'icecast-auth-user: 1')).toBe(true);
  client.stop();
  server.close();
});

it('trusts a service by https that an authority of the operator vouches for, and says why it does not trust another', async () => {
  const { cert, key } = pairOf('local');
  const server = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const request = { url: new URL(`https://localhost:${(server.address() as net.AddressInfo).port}/`), body: '', credentials: undefined, timeoutMs: 5_000 };
  const [trusting, other] = [new ServiceClient(ca), new ServiceClient()];
  expect((await trusting.post(request)).status).toBe(200);
  await expect(other.post(request)).rejects.toThrow(/is from no trusted authority; a private one is named with --ca/);
  trusting.stop();
  other.stop();
  server.close();
});
