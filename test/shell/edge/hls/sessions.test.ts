import { expect, it } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Audience } from '../../../../core/listeners/audience.ts';
import { HlsSessions, type Session } from '../../../../shell/edge/hls/sessions.ts';
import type { Enter, Ticket } from '../../../../shell/edge/admission/admission.ts';
import { htmlReply } from '../../../../shell/http/message/reply.ts';
import type { HttpRequest } from '../../../../shell/http/request.ts';
import { parseTarget } from '../../../../shell/http/message/request-target.ts';

function request(target: string, { agent = 'player', address = '192.0.2.1', authorization }: { agent?: string; address?: string; authorization?: string } = {}): HttpRequest {
  const headers = new Map([['user-agent', agent], ...(authorization === undefined ? [] : [['authorization', authorization] as const])]);
  return { head: { method: 'GET', target, version: 'HTTP/1.1', firstLine: '', headers }, target: parseTarget(target)!, client: { address } } as unknown as HttpRequest;
}

class Rig {
  nowMs = 0;
  asking = false;
  readonly joined: string[] = [];
  readonly left: string[] = [];
  readonly moved: string[] = [];
  readonly heard: [string, Audience][] = [];
  readonly sessions: HlsSessions = new HlsSessions({
    slotMs: 6_000,
    admission: {
      asks: () => this.asking,
      refusal: () => undefined,
      moved: () => undefined,
      admit: (asked: HttpRequest, _mount: string, enter: Enter) => {
        if (this.asking && asked.head.headers.get('authorization') !== 'right') return htmlReply(401, 'no');
        enter({} as Ticket);
        return 'taken';
      },
    },
    joined: ({ mount, address }) => this.joined.push(`${address} ${mount}`),
    moved: ({ address }, mount) => this.moved.push(`${address} ${mount}`),
    left: ({ mount, bytes, sinceMs, lastMs }, reason) => this.left.push(`${mount} ${bytes} ${lastMs - sinceMs} ${reason}`),
    heard: (mount, audience) => this.heard.push([mount, audience]),
    nowMs: () => this.nowMs,
  });

  ask(asked: HttpRequest, mount = 'radio', what: 'playlist' | 'segment' = 'playlist'): Session | number {
    let found: Session | undefined;
    const reply = this.sessions.serve(asked, mount, what, (session) => {
      found = session;
      this.sessions.given(session, 100);
    });
    return found ?? (typeof reply === 'object' ? reply.status : 0);
  }
}

it('a listener is there until it has asked for nothing for three segments', () => {
  const rig = new Rig();
  for (const at of [0, 6_000, 12_000]) {
    rig.nowMs = at;
    rig.ask(request('/radio/live.m3u8'));
    rig.ask(request('/radio/hls/5.mp3'), 'radio', 'segment');
    rig.sessions.look();
  }
  expect([rig.joined, rig.left, rig.sessions.size]).toEqual([['192.0.2.1 radio'], [], 1]);
  rig.nowMs = 30_000;
  rig.sessions.look();
  expect([rig.left, rig.sessions.size]).toEqual([['radio 600 12000 idle'], 0]);
  expect(rig.heard.at(-1)).toEqual(['radio', { listeners: 0, listenerPeak: 1, slowListeners: 0, bytesOut: 600 }]);
});

it('the page and the media player of one browser are one listener by its token', () => {
  const rig = new Rig();
  rig.ask(request('/radio/live.m3u8?s=x', { agent: 'Safari' }));
  rig.ask(request('/radio/live.m3u8?s=x', { agent: 'AppleCoreMedia' }));
  rig.ask(request('/radio/hls/5.mp3', { agent: 'AppleCoreMedia' }), 'radio', 'segment');
  expect(rig.joined).toHaveLength(1);
  rig.ask(request('/radio/live.m3u8?s=%00'));
  expect(rig.joined).toHaveLength(2);
});

it('goes from one mountpoint of a programme to the other as one listener', () => {
  const rig = new Rig();
  rig.ask(request('/radio/live.m3u8?s=x'));
  rig.ask(request('/radio64/live.m3u8?s=x'), 'radio64');
  expect([rig.joined, rig.moved]).toEqual([['192.0.2.1 radio'], ['192.0.2.1 radio64']]);
  rig.sessions.look();
  expect(rig.heard.map(([mount, { listeners }]) => [mount, listeners])).toEqual([['radio', 0], ['radio64', 1]]);
});

it('nobody listens by the token of another one where listeners have to authenticate', () => {
  const rig = new Rig();
  rig.asking = true;
  const right = { authorization: 'right' };
  expect(rig.ask(request('/radio/live.m3u8?s=x'))).toBe(401);
  expect(rig.ask(request('/radio/live.m3u8?s=x', right))).toMatchObject({ mount: 'radio' });
  expect(rig.ask(request('/radio/live.m3u8?s=x', { authorization: 'wrong' }))).toBe(401);
  expect(rig.ask(request('/radio/live.m3u8?s=x'))).toBe(401);
  expect(rig.ask(request('/radio/hls/5.mp3'), 'radio', 'segment')).toBe(401);
  expect(rig.ask(request('/radio/hls/5.mp3?s=x', right), 'radio', 'segment')).toMatchObject({ mount: 'radio' });
  expect(rig.joined).toHaveLength(1);
  rig.ask(request('/radio/live.m3u8?s=x', { ...right, address: '192.0.2.2' }));
  expect(rig.joined).toHaveLength(2);
});

it('one who was disconnected gets nothing until it has stayed away for a while', () => {
  const rig = new Rig();
  const session = rig.ask(request('/radio/live.m3u8')) as Session;
  expect(HlsSessions.has(session.id)).toBe(true);
  expect(HlsSessions.has(7 as ListenerId)).toBe(false);
  rig.sessions.disconnect(session.id, 'killed');
  expect(rig.left).toEqual(['radio 100 0 killed']);
  rig.nowMs = 10_000;
  expect(rig.ask(request('/radio/live.m3u8'))).toBe(403);
  rig.nowMs = 27_000;
  rig.sessions.look();
  expect(rig.ask(request('/radio/live.m3u8'))).toBe(403);
  rig.nowMs = 46_000;
  rig.sessions.look();
  expect(rig.ask(request('/radio/live.m3u8'))).toMatchObject({ mount: 'radio' });
  rig.sessions.stop('edge stopped');
  expect(rig.left).toEqual(['radio 100 0 killed', 'radio 100 0 edge stopped']);
});

it('what is counted of a mountpoint begins anew with it', () => {
  const rig = new Rig();
  rig.ask(request('/radio/live.m3u8'));
  rig.sessions.look();
  rig.sessions.ended('radio');
  rig.ask(request('/radio/live.m3u8'));
  rig.sessions.look();
  expect(rig.heard).toEqual([['radio', { listeners: 1, listenerPeak: 1, slowListeners: 0, bytesOut: 100 }], ['radio', { listeners: 1, listenerPeak: 1, slowListeners: 0, bytesOut: 100 }]]);
});
