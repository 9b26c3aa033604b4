import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MountInfo } from '../../../../core/edge/edge.ts';
import type { Micros } from '../../../../core/base/units.ts';
import type { MountOutput } from '../../../../core/edge/output/output.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { notFound } from '../../../../shell/http/common-routes.ts';
import { Router } from '../../../../shell/http/router.ts';
import { HttpServer } from '../../../../shell/http/server/server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { NowPlaying } from '../../../../shell/operations/now-playing/now-playing.ts';
import { ask, CapturedLog, RawClient } from '../../support/support.ts';

const now = 0 as Micros;
const info = (name: string, title = ''): MountInfo => ({ name, title, headers: [['Icy-Name', 'Radio Ü']] }) as unknown as MountInfo;
const bodyOf = (answer: string): string => Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1').toString('utf8');

describe('GET /now-playing', () => {
  let wallMs: number;
  let mounts: Map<string, MountInfo>;
  let playing: NowPlaying;
  let server: HttpServer;
  let port: number;
  let radio: MountOutput;

  beforeEach(async () => {
    wallMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    mounts = new Map([['radio', info('radio')], ['jazz', info('jazz', 'from before')]]);
    playing = new NowPlaying({ mount: (name) => mounts.get(name), mounts: () => [...mounts.values()], burstMs: 4_000, wallMs: () => wallMs });
    const { log } = new CapturedLog();
    server = new HttpServer(new Router({ routes: playing.routes, notFound, options: () => ({ status: 204 }) }).handle, { settings: defaultSettings, log, refusals: new Refusals(log) });
    port = await server.listen({ address: '127.0.0.1', port: 0 });
    radio = playing.output({ id: 1, name: 'radio', format: undefined, text: '' } as unknown as Parameters<NowPlaying['output']>[0]);
  });

  afterEach(async () => {
    playing.stop();
    await server.stop(100);
  });

  it('tells each title, and when it is heard by those who have a burst', async () => {
    radio.title(now, "StreamTitle='First – one';");
    wallMs += 60_000;
    radio.title(now, "StreamTitle='Second';");
    wallMs += 1_000;
    const answer = await ask(port, 'GET /now-playing HTTP/1.0\r\nOrigin: https://radio.example\r\n\r\n');
    expect(answer).toMatch(/\r\nAccess-Control-Allow-Origin: \*\r\n/);
    expect(JSON.parse(bodyOf(answer))).toEqual({
      now: '2026-01-02T03:05:06.000Z',
      burstMs: 4_000,
      mounts: [
        {
          mount: '/radio', name: 'Radio Ü', title: 'Second', onAirAt: '2026-01-02T03:05:05.000Z', heardAt: '2026-01-02T03:05:09.000Z',
          before: { title: 'First – one', onAirAt: '2026-01-02T03:04:05.000Z', heardAt: '2026-01-02T03:04:09.000Z' },
        },
        { mount: '/jazz', name: 'Radio Ü', title: 'from before', onAirAt: null, heardAt: null, before: null },
      ],
    });
  });

  it('tells one mountpoint, or that there is none', async () => {
    expect(JSON.parse(bodyOf(await ask(port, 'GET /now-playing?mount=/jazz HTTP/1.0\r\n\r\n')))).toMatchObject({ mounts: [{ mount: '/jazz' }] });
    const answer = await ask(port, 'GET /now-playing?mount=/nothing HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.0 404 .*\r\nAccess-Control-Allow-Origin: \*\r\n/s);
    expect(await ask(port, 'POST /now-playing HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 405 /);
  });

  it('goes on as events, of one mountpoint or all', async () => {
    const all = new RawClient(port).write('GET /now-playing/events HTTP/1.0\r\n\r\n');
    const jazz = new RawClient(port).write('GET /now-playing?mount=/jazz HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n');
    await Promise.all([all.untilText('\n\n'), jazz.untilText('\n\n')]);
    radio.title(now, "StreamTitle='News';");
    radio.title(now, "StreamTitle='News';StreamUrl='x';");
    await all.untilText('News');
    mounts.delete('radio');
    radio.ended(now);
    await all.untilText('event: ended');
    const told = [...bodyOf(all.text).matchAll(/event: (\S+)\ndata: (.*)\n\n/g)].map(([, name, data]) => [name, JSON.parse(data!) as unknown]);
    expect(told).toMatchObject([
      ['now-playing', { mounts: [{ mount: '/radio' }, { mount: '/jazz' }] }],
      ['now-playing', { mounts: [{ mount: '/radio', title: 'News' }] }],
      ['ended', { mount: '/radio' }],
    ]);
    expect(bodyOf(jazz.text).match(/event: /g)).toHaveLength(1);
    expect(all.text).toMatch(/\r\nContent-Type: text\/event-stream; charset=utf-8\r\n.*\r\nAccess-Control-Allow-Origin: \*\r\n/s);
    for (const { socket } of [all, jazz]) socket.destroy();
  });
});
