import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import type { EndedMount } from '../../../../core/edge/edge.ts';
import type { CommandResult, MountCommand } from '../../../../core/edge/switching/operator/command.ts';
import type { StreamInfo } from '../../../../core/edge/mountpoint/stream-info.ts';
import type { RequestHead } from '../../../../shell/http/message/head.ts';
import { operators } from '../../../../shell/operations/operator/allowed.ts';
import { operatorRoutes } from '../../../../shell/operations/operator/pages.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { htmlReply, type Reply } from '../../../../shell/http/message/reply.ts';
import { parseTarget } from '../../../../shell/http/message/request-target.ts';
import { Router } from '../../../../shell/http/router.ts';
import { CapturedLog } from '../../support/support.ts';

const stream: StreamInfo = {
  id: '0001a5a5a5a5a5a5a5a5a5a5a5a5a507',
  origin: 'studio-a',
  source: undefined,
  format: { codec: 'mp3', mpegVersion: '1', sampleRateHz: 44_100, channels: 2, samplesPerBlock: 1_152, aacObjectType: 0 },
  isOnAir: true,
  isPreferred: true,
  isChosen: false,
  isHealthy: true,
  contentFault: undefined,
  aheadMs: 0,
  matchedBy: undefined,
  whyNot: undefined,
};

interface Asked {
  readonly method?: string;
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ended: EndedMount = {
  name: 'jazz',
  startedAt: 5_000_000 as Micros,
  endedAt: 65_000_000 as Micros,
  why: 'no-source',
  silentMs: 10_000.4,
  listeners: 3,
  earlier: { hadBackups: true, lostSince: undefined },
  streams: [{ origin: 'studio-a', source: '', stream: '0'.repeat(32), wasOnAir: true, why: 'no-path', silentMs: 10_000, format: undefined }],
};

const nothing = htmlReply(404, 'nothing');

const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

class Rig {
  readonly told = new CapturedLog();
  readonly commands: [string, MountCommand][] = [];
  result: CommandResult = 'switched';
  fallback: string | undefined;
  readonly pages: Router;

  constructor({ password }: { readonly password: string | undefined } = { password: 'sesame' }) {
    const api = {
      command: (mount: string, command: MountCommand): CommandResult => {
        this.commands.push([mount, command]);
        return this.result;
      },
      streamsOf: (mount: string): readonly StreamInfo[] | undefined => (mount === 'radio' ? [stream] : undefined),
      endedMount: (mount: string): { readonly mount: EndedMount; readonly at: Date } | undefined => (mount === 'jazz' ? { mount: ended, at: new Date('2026-11-27T03:12:40Z') } : undefined),
      fallbackOf: (): string | undefined => this.fallback,
      startsOnDemand: (mount: string): boolean => mount === 'asleep',
    };
    const allowed = operators({ password: () => password, refusals: new Refusals(this.told.log) });
    const routes = operatorRoutes({ api, allowed, log: this.told.log });
    this.pages = new Router({ routes, notFound: nothing, options: () => nothing });
  }

  ask(path: string, { method = 'POST', authorization = basic('admin', 'sesame'), headers = {} }: Asked = {}): { status: number; body: Record<string, unknown>; headers: unknown } | undefined {
    const all = new Map(Object.entries({ host: 'edge:8000', ...headers, ...(authorization !== '' && { authorization }) }));
    const request: RequestHead = { method, target: path, version: 'HTTP/1.1', firstLine: `${method} ${path} HTTP/1.1`, headers: all };
    const reply = this.pages.answer({ head: request, target: parseTarget(path)!, socket: new Socket(), rest: new Uint8Array(), client: { address: '127.0.0.1', port: 5, isLocal: true, isSecure: false, host: all.get('host') }, from: '127.0.0.1:5', answer: () => undefined }) as Reply | 'taken';
    return reply === nothing || reply === 'taken' ? undefined : { status: reply.status, body: JSON.parse(reply.body!) as Record<string, unknown>, headers: reply.headers };
  }
}

describe('guesses of the password', () => {
  it('are slowed down', () => {
    const rig = new Rig();
    const statuses = Array.from({ length: 40 }, (_, index) => rig.ask('/admin/sources?mount=/radio', { method: 'GET', authorization: basic('admin', `guess ${index}`) })?.status);
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("an operator's page", () => {
  it.each<[string, MountCommand]>([
    ['/admin/switch?mount=/radio', { kind: 'switch' }],
    ['/admin/switch?mount=radio&to=studio-b', { kind: 'switch', to: 'studio-b' }],
    ['/admin/switch?mount=%2Fradio&to=studio%20%C3%A9', { kind: 'switch', to: 'studio é' }],
    ['/admin/automatic?mount=/radio&to=x', { kind: 'automatic' }],
  ])('POST %s is a command, which is told in the log', (path, command) => {
    const rig = new Rig();
    expect(rig.ask(path)).toMatchObject({ status: 200, body: { result: 'switched', message: 'switched', mount: 'radio', onAir: stream.id } });
    expect(rig.commands).toEqual([['radio', command]]);
    expect(rig.told.all('operator')).toMatchObject([{ mount: 'radio', command: command.kind, result: 'switched', from: '127.0.0.1:5' }]);
  });

  it.each<[CommandResult, number]>([
    ['switched', 200],
    ['waits', 202],
    ['on-air', 200],
    ['automatic', 200],
    ['no-such-mount', 404],
    ['no-such-stream', 404],
    ['ambiguous', 409],
    ['cannot-follow', 409],
  ])('answers %s with %i', (result, status) => {
    const rig = new Rig();
    rig.result = result;
    expect(rig.ask('/admin/switch?mount=/other')).toMatchObject({ status, body: { result, onAir: null, message: expect.stringMatching(/\w/) as unknown } });
  });

  it('says that a mountpoint starts on demand', () => {
    expect(new Rig().ask('/admin/sources?mount=/asleep', { method: 'GET' })).toMatchObject({ status: 404, body: { message: '/asleep is not taken in: it starts when its first listener asks' } });
  });

  it('tells of a mountpoint that has ended: since when, why, and what its streams did last', () => {
    const rig = new Rig();
    expect(rig.ask('/admin/sources?mount=/jazz', { method: 'GET' })).toMatchObject({
      status: 200,
      body: {
        mount: 'jazz',
        fallback: null,
        sources: [{ id: '0'.repeat(32), origin: 'studio-a', source: null, codec: null, onAir: false, healthy: false, whyNot: 'was on air, comes by no connection any more, last frame 10 s before the end' }],
        ended: { at: '2026-11-27T03:12:40.000Z', why: 'no-source', message: 'no frame from any encoder', silentMs: 10_000, onAirMs: 60_000, listeners: 3 },
      },
    });
    expect(rig.ask('/admin/sources?mount=/radio', { method: 'GET' })).toMatchObject({ body: { ended: null } });
    expect(rig.ask('/admin/sources?mount=/none', { method: 'GET' })).toMatchObject({ status: 404 });
    expect(rig.ask('/admin/switch?mount=/jazz')).toMatchObject({ body: { onAir: null } });
  });

  it('tells of the streams', () => {
    const rig = new Rig();
    for (const method of ['GET', 'HEAD']) {
      expect(rig.ask('/admin/sources?mount=/radio', { method })).toMatchObject({
        status: 200,
        body: {
          mount: 'radio',
          fallback: null,
          sources: [{ id: stream.id, origin: 'studio-a', source: null, codec: 'mp3', sampleRateHz: 44_100, channels: 2, onAir: true, preferred: true, chosen: false, healthy: true, sickness: null, aheadMs: 0, matchedBy: null, whyNot: null }],
        },
      });
    }
    rig.fallback = 'sorry.mp3';
    expect(rig.ask('/admin/sources?mount=/radio', { method: 'GET' })).toMatchObject({ body: { fallback: 'sorry.mp3' } });
    expect(rig.ask('/admin/sources?mount=/other', { method: 'GET' })).toMatchObject({ status: 404, body: { message: 'no such mountpoint' } });
  });

  it.each(['/admin/', '/admin/streamlist.txt', '/admin/switches', '/switch', '/radio'])('is not %s', (path) => {
    expect(new Rig().ask(path)).toBeUndefined();
  });

  it.each([
    ['/admin/switch', 400],
    ['/admin/switch?mount=', 400],
    ['/admin/switch?mount=/', 400],
    ['/admin/switch?mount=/radio&to=', 400],
    ['/admin/automatic', 400],
  ])('refuses POST %s with %i', (path, status) => {
    const rig = new Rig();
    expect(rig.ask(path)?.status).toBe(status);
    expect(rig.commands).toEqual([]);
  });
});

describe('nobody is obeyed', () => {
  it.each(['/admin/switch?mount=/radio', '/admin/automatic?mount=/radio', '/admin/sources?mount=/radio'])('who asks %s without being an operator', (path) => {
    const method = path.includes('sources') ? 'GET' : 'POST';
    const rig = new Rig();
    for (const authorization of ['', basic('admin', 'wrong'), basic('admin', ''), basic('source', 'sesame'), 'Basic %%%', 'Bearer sesame']) {
      const answer = rig.ask(path, { method, authorization })!;
      expect(answer.status).toBe(401);
      expect(answer.headers).toContainEqual(['WWW-Authenticate', 'Basic realm="Davecast"']);
    }
    expect(rig.told.all('refused')).toMatchObject([{ reason: 'wrong admin password', peer: '127.0.0.1:5' }]);
    expect(rig.commands).toEqual([]);
  });

  it.each(['', basic('admin', ''), basic('admin', 'undefined')])('where there is no password: %j', (authorization) => {
    const rig = new Rig({ password: undefined });
    for (const [path, method] of [['/admin/switch?mount=/radio', 'POST'], ['/admin/sources?mount=/radio', 'GET']] as const) {
      expect(rig.ask(path, { method, authorization })).toMatchObject({ status: 403, body: { message: 'Operator commands are disabled: the edge has no admin password' } });
    }
    expect(rig.commands).toEqual([]);
  });

  it('by a link, or by the form of another site in a browser that has the password', () => {
    const rig = new Rig();
    for (const method of ['GET', 'HEAD', 'PUT']) expect(rig.ask('/admin/switch?mount=/radio', { method })).toMatchObject({ status: 405, headers: [['Allow', 'POST']] });
    expect(rig.ask('/admin/sources?mount=/radio')).toMatchObject({ status: 405, headers: [['Allow', 'GET']] });
    for (const origin of ['http://evil.example', 'http://edge:8001', 'https://edge', 'null', '']) {
      expect(rig.ask('/admin/switch?mount=/radio', { headers: { origin } })?.status).toBe(403);
    }
    expect(rig.commands).toEqual([]);
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { referer: 'http://evil.example/edge:8000' }, { referer: 'http://edge:8001/' }]) {
      expect(rig.ask('/admin/switch?mount=/radio', { headers })?.status).toBe(403);
      // Whoever follows a link to what changes nothing may read it.
      expect(rig.ask('/admin/sources?mount=/radio', { method: 'GET', headers })?.status).toBe(200);
    }
    expect(rig.commands).toEqual([]);
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }, { referer: 'http://edge:8000/status.xsl' }]) {
      expect(rig.ask('/admin/switch?mount=/radio', { headers })?.status).toBe(200);
    }
    for (const origin of ['http://edge:8000', 'https://edge:8000']) expect(rig.ask('/admin/switch?mount=/radio', { headers: { origin } })?.status).toBe(200);
  });
});
