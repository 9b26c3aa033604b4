import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HlsRoutes, type HlsRoutesOptions } from '../../../../shell/edge/hls/routes.ts';
import type { HttpRequest } from '../../../../shell/http/request.ts';
import { packAudio } from '../../../../shell/edge/hls/media/packing/packed-audio.ts';
import { keptOf } from '../../../../shell/edge/hls/media/store/kept-segment.ts';
import { segments } from './media/segments.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

const server = net.createServer({ allowHalfOpen: true });
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => void server.close());

const fault = (): never => {
  throw new Error('a fault of ours');
};

/** What is told to whoever asks for this, by a connection that has had another answer. */
async function answerTo(name: string, store: object): Promise<{ readonly text: string; readonly told: CapturedLog }> {
  const told = new CapturedLog();
  const options = {
    store: { slotMs: 1_000, goesOn: () => false, ...store },
    groups: new Map(),
    table: { mount: () => undefined },
    admission: { asks: () => false, refusal: () => undefined },
    sessions: { serve: (_request: HttpRequest, _mount: string, _what: string, give: (session: undefined) => void) => (give(undefined), 'taken') },
    onDemand: { starts: () => true, ask: () => undefined },
    log: told.log,
  };
  const routes = new HlsRoutes(options as unknown as HlsRoutesOptions);
  const accepted = once(server, 'connection');
  const client = new RawClient((server.address() as net.AddressInfo).port);
  const [socket] = await accepted as [net.Socket];
  socket.write('an answer before');
  const request = { head: { method: 'GET', target: `/${name}`, headers: new Map() }, target: { name, query: new Map() }, socket, from: '192.0.2.1:1', answer: fault } as unknown as HttpRequest;
  expect((name.endsWith('.m3u8') ? routes.playlists.handle(request) : routes.segment(request))).toBe('taken');
  await client.closed;
  routes.stop();
  return { text: client.text, told };
}

it('a playlist that is awaited and fails is answered so, and nobody else is hurt', async () => {
  let looks = 0;
  const { text, told } = await answerTo('radio/live.m3u8', { mount: () => undefined, goesOn: () => (looks++ < 3 ? false : fault()) });
  expect(text).toMatch(/^an answer beforeHTTP\/1\.0 500 /);
  expect(told.all('request-failed')).toMatchObject([{ target: '/radio/live.m3u8', error: expect.stringContaining('a fault of ours') as string }]);
});

it('so is a segment that is in a file', async () => {
  const [one] = segments(7, 1);
  const segment = keptOf(one!, packAudio(one!), Date.now());
  const { text, told } = await answerTo('radio/hls/7.mp3', { mount: () => ({ name: 'radio', find: () => segment }), bytesOf: () => Promise.reject(new Error('a fault of ours')) });
  expect(text).toMatch(/^an answer beforeHTTP\/1\.0 500 /);
  expect(told.all('request-failed')).toHaveLength(1);
});
