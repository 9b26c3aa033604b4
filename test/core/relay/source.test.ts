import { describe, expect, it } from 'vitest';
import { decodeSource, MAX_HOPS, type StatusReport } from '../../../core/wire/messages/extensions.ts';
import type { PathId, SubscriberId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports, type TransportName } from '../../../core/links/transport.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { Relay } from '../../../core/relay/relay.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import type { Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';
import { announce, data, framed, hex, origin, parts, source, streamId, unframed } from '../support/messages.ts';

const ID = hex(streamId(1));

class Rig {
  nowMs = 0;
  readonly #sent: Map<SubscriberId, Uint8Array[]> = new Map();
  readonly relay: Relay = new Relay({ settings: defaultSettings }, {
    send: (subscriber, bytes) => void this.#sent.get(subscriber)!.push(bytes.slice()),
    backlogBytes: () => 0,
    cut: () => undefined, drop: () => undefined,
    event: () => undefined,
  });

  get now(): Micros {
    return (this.nowMs * 1000) as Micros;
  }

  open(label: string, { transport = 'tcp' as TransportName, isUpstream = false } = {}): PathId {
    return this.relay.openPath(this.now, transports[transport], anonymous(isUpstream ? 'relay' : 'source', label))!;
  }

  close(path: PathId): void {
    this.relay.closePath(this.now, path, 'closed');
  }

  subscribe(): SubscriberId {
    const id = this.relay.subscribe(this.now, anonymous('subscriber', 'edge'))!;
    this.#sent.set(id, []);
    return id;
  }

  tcp(path: PathId, ...messages: Uint8Array[]): void {
    this.relay.receive(this.now, path, framed(...messages));
  }

  /** What has been sent to a subscriber, in order. */
  got(subscriber: SubscriberId): ReturnType<typeof parts>[] {
    this.nowMs += 10;
    this.relay.advance(this.now);
    return unframed(join(...this.#sent.get(subscriber)!)).map(parts);
  }

  /** What the relay said itself, in order. */
  said(subscriber: SubscriberId): (StatusReport | undefined)[] {
    return this.got(subscriber).filter(({ type }) => type === MessageType.SOURCE).map(({ payload }) => decodeSource(payload));
  }
}

const open = (address: string, hops = 0): StatusReport => ({ isOpen: true, hops, address });
const closed = (address: string, hops = 0): StatusReport => ({ isOpen: false, hops, address });

describe('what a relay says of the source of a stream', () => {
  it('stands behind its first ANNOUNCE, and carries the number of that', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const encoder = rig.open('10.0.0.1:5000');
    rig.tcp(encoder, data(6, new Uint8Array(9)));
    expect(rig.said(subscriber)).toEqual([]);
    rig.tcp(encoder, announce(7, 'jazz'), data(8, new Uint8Array(9)));
    const got = rig.got(subscriber);
    expect(got.map(({ type, sequence }) => [type, sequence])).toEqual([[0, 6], [2, 7], [17, 7], [0, 8]]);
    expect(got[2]).toMatchObject({ id: ID, replica: 0 });
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1')]);
  });

  it('is said again when its connection closes, and when it comes again', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const encoder = rig.open('10.0.0.1:5000');
    rig.tcp(encoder, announce(1, 'jazz'), data(2, new Uint8Array(9)), data(3, new Uint8Array(9)));
    rig.close(encoder);
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1'), closed('10.0.0.1')]);
    rig.nowMs += 2_000;
    const again = rig.open('10.0.0.2:5001');
    expect(rig.said(subscriber)).toHaveLength(2);
    rig.tcp(again, data(3, new Uint8Array(9)));
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1'), closed('10.0.0.1'), open('10.0.0.2')]);
  });

  it('is not said while another connection carries the stream', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const [first, second, other] = [rig.open('10.0.0.1:5000'), rig.open('10.0.0.1:5001'), rig.open('10.0.0.9:5000')] as const;
    rig.tcp(first, announce(1, 'jazz'));
    rig.tcp(second, announce(1, 'jazz'));
    rig.tcp(other, announce(1, 'rock', { stream: 2 }));
    rig.close(first);
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1'), open('10.0.0.9')]);
    rig.close(second);
    expect(rig.got(subscriber).at(-1)).toMatchObject({ type: MessageType.SOURCE, id: ID });
    expect(rig.said(subscriber).at(-1)).toEqual(closed('10.0.0.1'));
  });

  it('is not that a stream has no source while it comes by UDP too', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const encoder = rig.open('10.0.0.1:5000');
    const socket = rig.open('10.0.0.1', { transport: 'udp' });
    rig.tcp(encoder, announce(1, 'jazz'));
    rig.relay.receive(rig.now, socket, announce(1, 'jazz'));
    rig.close(encoder);
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1')]);
  });

  it('is nothing of a stream that comes by UDP alone', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    rig.relay.receive(rig.now, rig.open('udp', { transport: 'udp' }), announce(1, 'jazz'));
    expect(rig.said(subscriber)).toEqual([]);
  });

  it('is given to a new subscriber behind ANNOUNCE and ORIGIN, before any audio', () => {
    const rig = new Rig();
    const encoder = rig.open('10.0.0.1:5000');
    rig.tcp(encoder, announce(1, 'jazz'), origin(2, 'studio-a'), data(3, new Uint8Array(9)), announce(4, 'jazz'), origin(5, 'studio-a'), data(6, new Uint8Array(9)));
    rig.close(encoder);
    const subscriber = rig.subscribe();
    expect(rig.got(subscriber).slice(0, 3).map(({ type, sequence }) => [type, sequence])).toEqual([[2, 4], [16, 5], [17, 4]]);
    expect(rig.said(subscriber)).toEqual([closed('10.0.0.1'), open('10.0.0.1'), closed('10.0.0.1')]);
  });

  it('takes the place of nothing but an ANNOUNCE that has gone out before', () => {
    const rig = new Rig();
    const early = rig.subscribe();
    let sequence = 0;
    for (let turn = 0; turn < 5; turn++) {
      const encoder = rig.open(`10.0.0.1:${5000 + turn}`);
      for (let i = 0; i < 7; i++) rig.tcp(encoder, ++sequence % 5 === 1 ? announce(sequence, 'jazz') : data(sequence, new Uint8Array(9)));
      rig.close(encoder);
    }
    for (const subscriber of [early, rig.subscribe()]) {
      const announced = new Set<number>();
      for (const { type, sequence: number } of rig.got(subscriber)) {
        if (type === MessageType.ANNOUNCE) announced.add(number);
        if (type === MessageType.SOURCE) expect(announced).toContain(number);
      }
      expect(rig.said(subscriber).length).toBeGreaterThanOrEqual(10);
    }
  });
});

describe('what a relay says of a stream that comes from other relays', () => {
  const upstream = { isUpstream: true };

  /** An encoder pushes the stream to it, and another relay, from which it comes too, says this of it. */
  const withAnEncoder = (said: StatusReport): { rig: Rig; subscriber: SubscriberId; relay: PathId; encoder: PathId } => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const [relay, encoder] = [rig.open('relay-1:8001', upstream), rig.open('192.0.2.7:5000')] as const;
    rig.tcp(encoder, announce(1, 'jazz'));
    rig.tcp(relay, announce(1, 'jazz'), source(1, said));
    return { rig, subscriber, relay, encoder };
  };

  it('is what they say, with one more hop', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const relay = rig.open('relay-1:8001', upstream);
    rig.tcp(relay, announce(1, 'jazz'), source(1, open('10.0.0.1')), data(2, new Uint8Array(9)), source(1, closed('10.0.0.1')));
    const got = rig.got(subscriber);
    expect(got.map(({ type, sequence }) => [type, sequence])).toEqual([[2, 1], [17, 1], [0, 2], [17, 1]]);
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1', 1), closed('10.0.0.1', 1)]);
    rig.tcp(relay, data(3, new Uint8Array(9)));
    expect(rig.said(subscriber).at(-1)).toEqual(open('10.0.0.1', 1));
  });

  it('is nothing when they say nothing, and nothing more when the connection to them breaks', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const silent = rig.open('original:8001', upstream);
    rig.tcp(silent, announce(1, 'jazz'), data(2, new Uint8Array(9)));
    rig.close(silent);
    expect(rig.said(subscriber)).toEqual([]);
    const relay = rig.open('relay-1:8001', upstream);
    rig.tcp(relay, data(3, new Uint8Array(9)), source(1, open('10.0.0.1')));
    rig.close(relay);
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1', 1)]);
  });

  it('is that it has no source only when all of them say so', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const [one, other, silent] = [rig.open('relay-1:8001', upstream), rig.open('relay-2:8001', upstream), rig.open('original:8001', upstream)] as const;
    for (const relay of [one, other, silent]) rig.tcp(relay, announce(1, 'jazz'));
    rig.tcp(one, source(1, closed('10.0.0.1')));
    rig.tcp(other, source(1, open('10.0.0.1')));
    rig.tcp(other, source(1, closed('10.0.0.1')));
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1', 1)]);
    rig.close(silent);
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1', 1), closed('10.0.0.1', 1)]);
  });

  it('is what it knows itself where an encoder pushes the stream to it too', () => {
    const { rig, subscriber, encoder } = withAnEncoder(closed('10.0.0.1'));
    expect(rig.said(subscriber)).toEqual([open('192.0.2.7')]);
    rig.close(encoder);
    expect(rig.said(subscriber).at(-1)).toEqual(closed('192.0.2.7'));
  });

  it('comes to an end where two subscribe to each other', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const relay = rig.open('relay-1:8001', upstream);
    rig.tcp(relay, announce(1, 'jazz'), source(1, open('10.0.0.1', MAX_HOPS - 1)), source(1, open('10.0.0.2', MAX_HOPS)));
    expect(rig.said(subscriber)).toEqual([open('10.0.0.1', MAX_HOPS)]);
  });

  it('is that it has no source when its own encoder has gone, although another one that it told still says so', () => {
    const { rig, subscriber, relay, encoder } = withAnEncoder(open('192.0.2.7', 1));
    rig.close(encoder);
    rig.tcp(relay, data(2, new Uint8Array(9)), source(1, open('192.0.2.7', 1)), source(1, open('192.0.2.7', 3)));
    expect(rig.said(subscriber)).toEqual([open('192.0.2.7'), closed('192.0.2.7')]);
    rig.tcp(relay, source(1, closed('192.0.2.7', 1)));
    expect(rig.said(subscriber)).toHaveLength(2);
    rig.tcp(rig.open('192.0.2.7:5001'), data(3, new Uint8Array(9)));
    expect(rig.said(subscriber).at(-1)).toEqual(open('192.0.2.7'));
  });

  it('is that it has a source when its own encoder has gone, and another relay has one of its own', () => {
    const { rig, subscriber, encoder } = withAnEncoder(open('198.51.100.7'));
    rig.close(encoder);
    expect(rig.said(subscriber)).toEqual([open('192.0.2.7'), open('198.51.100.7', 1)]);
  });

  it('comes back from none to one when an encoder connects to the other of two', () => {
    const { rig, subscriber, relay, encoder } = withAnEncoder(open('192.0.2.7', 1));
    rig.close(encoder);
    rig.tcp(relay, source(1, closed('192.0.2.7', 1)), source(1, open('192.0.2.7', 0)));
    expect(rig.said(subscriber).map((said) => said!.isOpen)).toEqual([true, false, true]);
  });

  it('is not believed of an encoder, nor when it makes no sense, and makes no stream known', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const [relay, encoder] = [rig.open('relay-1:8001', upstream), rig.open('192.0.2.7:5000')] as const;
    rig.tcp(encoder, announce(1, 'jazz'), source(1, closed('10.0.0.1')));
    rig.tcp(relay, source(1, { isOpen: true, hops: MAX_HOPS + 1, address: '' }), source(9, closed('10.0.0.1'), { stream: 2 }));
    expect(rig.said(subscriber)).toEqual([open('192.0.2.7')]);
    expect(rig.relay.stats.streams).toBe(1);
    expect(rig.relay.stats.paths.map(({ dropped }) => dropped)).toEqual([{ 'bad-source': 1 }, { 'bad-source': 1 }]);
  });
});
