import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { thisMachine, anybody, type Guard } from '../../../shell/http/auth/guards.ts';
import type { RequestHead } from '../../../shell/http/message/head.ts';
import { htmlReply, jsonVoice, textReply, type Reply } from '../../../shell/http/message/reply.ts';
import { parseTarget } from '../../../shell/http/message/request-target.ts';
import { Router, type Route } from '../../../shell/http/router.ts';

const notFound = htmlReply(404, 'not here');
const named = (at: string, more: Partial<Route> = {}): Route => ({ at, methods: ['GET'], who: anybody, handle: () => textReply(200, at), ...more });

function ask(routes: readonly Route[], method: string, path: string): Reply {
  const head: RequestHead = { method, target: path, version: 'HTTP/1.1', firstLine: '', headers: new Map() };
  const router = new Router({ routes, notFound, options: () => notFound });
  return router.answer({ head, target: parseTarget(path)!, socket: new Socket(), rest: new Uint8Array(), client: { address: '192.0.2.1', port: 5, isLocal: false, isSecure: false, host: undefined }, from: '192.0.2.1:5', answer: () => undefined }) as Reply;
}

describe('a table of routes', () => {
  const table = [named('*.m3u'), named('admin/'), named('admin/switch', { methods: ['POST'], voice: jsonVoice }), named('*', { methods: ['GET', 'PUT'] })];

  it.each([
    ['GET', '/x.m3u', '*.m3u'],
    ['GET', '/admin/x', 'admin/'],
    ['GET', '/admin/x.m3u', '*.m3u'],
    ['GET', '/admin', '*'],
    ['GET', '/', '*'],
    ['PUT', '/x.m3u', '*'],
    ['HEAD', '/admin/x', 'admin/'],
    ['POST', '/admin/switch?x=y', 'admin/switch'],
  ])('answers %s %s by %s', (method, path, at) => {
    expect(ask(table, method, path)).toMatchObject({ status: 200, body: at });
  });

  it('answers other methods with those that there are', () => {
    expect(ask(table, 'GET', '/admin/switch')).toMatchObject({ status: 405, headers: [['Allow', 'POST']], body: '{"message":"Use POST"}\n' });
    expect(ask(table, 'POST', '/x')).toMatchObject({ status: 405, headers: [['Allow', 'GET, PUT']] });
    expect(ask([named('*', { otherMethods: notFound })], 'POST', '/x')).toBe(notFound);
  });

  it('does not answer HEAD where GET changes something', () => {
    expect(ask([named('x', { isChange: true })], 'HEAD', '/x')).toMatchObject({ status: 405, headers: [['Allow', 'GET']] });
  });

  it('goes on where nothing is there', () => {
    const nothing = named('*.m3u', { handle: () => undefined });
    expect(ask([nothing, named('*')], 'GET', '/x.m3u')).toMatchObject({ body: '*' });
    expect(ask([nothing], 'GET', '/x.m3u')).toBe(notFound);
    expect(ask([nothing], 'GET', '/x')).toBe(notFound);
  });

  it('asks who it is before anything is done', () => {
    const refusal = textReply(403, 'no');
    const nobody: Guard = () => refusal;
    const route = named('x', { who: nobody, handle: () => { throw new Error('nobody may'); } });
    expect(ask([route], 'GET', '/x')).toBe(refusal);
    expect(ask([{ ...route, who: thisMachine(() => refusal) }], 'GET', '/x')).toBe(refusal);
  });
});
