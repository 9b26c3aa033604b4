import { describe, expect, it } from 'vitest';
import { later, ms, type Micros } from '../../../../core/base/units.ts';
import { defaultSettings as settings } from '../../../../core/config/settings.ts';
import { Edge } from '../../../../core/edge/edge.ts';
import { Encoder } from '../../../../core/encoder/encoder.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';
import { Relay } from '../../../../core/relay/relay.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { problemOf } from '../../../../core/links/wiring/problem.ts';
import { announce, framed, hello, parts, unframed } from '../../support/messages.ts';

const said = hello({ side: 'out', peerPort: 40_000 }, { stream: 7 });
const now = 1_000_000 as Micros;

describe('a HELLO', () => {
  it.each(['relay', 'source'] as const)('from a %s goes no further than the relay that it was said to', (role) => {
    const sent: number[] = [];
    const relay = new Relay({ settings }, {
      send: (_subscriber, bytes) => void sent.push(...unframed(bytes).map((one) => parts(one).type)),
      backlogBytes: () => 0,
      cut: () => undefined,
      drop: () => undefined,
      event: () => undefined,
    });
    relay.subscribe(now, anonymous('subscriber', 'edge'));
    const path = relay.openPath(now, transports.tcp, anonymous(role, 'peer'))!;
    relay.receive(now, path, framed(said, announce(1, 'jazz')));
    relay.advance(later(now, ms(1_000)));
    expect(sent).not.toContain(MessageType.HELLO);
    expect(sent).toContain(MessageType.ANNOUNCE);
    expect(relay.stats.streams).toBe(1);
  });

  it('begins no stream at an edge', () => {
    const edge = new Edge({ settings }, { send: () => undefined, backlogBytes: () => 0, end: () => undefined, event: () => undefined });
    const path = edge.openPath(now, transports.tcp, anonymous('relay', 'relay'))!;
    edge.receive(now, path, framed(said));
    expect(edge.stats).toMatchObject({ streams: 0, paths: [{ messages: 1, dropped: {} }] });
  });

  it('is nothing that an encoder wonders about', () => {
    const encoder = new Encoder({ settings }, { send: () => undefined, backlogBytes: () => 0, reset: () => undefined, event: () => undefined });
    const target = encoder.addTarget(now, { transport: transports.tcp, label: 'relay' });
    encoder.targetUp(now, target);
    encoder.targetSaid(now, target, framed(said));
    expect(encoder.stats.strayMessages).toBe(0);
    encoder.targetSaid(now, target, framed(announce(1, 'jazz')));
    expect(encoder.stats.strayMessages).toBe(1);
  });
});

describe('what a subscriber says first', () => {
  it('may be a title, or what it wants, and nothing else: that is an encoder at the wrong port', () => {
    expect(problemOf('subscriber', { kind: 'message', type: MessageType.TITLE })).toBeUndefined();
    expect(problemOf('subscriber', { kind: 'message', type: MessageType.WANTS })).toBeUndefined();
    expect(problemOf('subscriber', { kind: 'message', type: MessageType.DATA })).toBe('source-on-out-port');
    expect(problemOf('source', { kind: 'message', type: MessageType.TITLE })).toBeUndefined();
  });
});
