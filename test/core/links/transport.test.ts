import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../core/base/units.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { Encoder } from '../../../core/encoder/encoder.ts';
import type { EncoderEvent } from '../../../core/encoder/events.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports, type Transport } from '../../../core/links/transport.ts';
import { Relay } from '../../../core/relay/relay.ts';
import { numbered, range } from '../support/frames.ts';
import { announce, data, parts, streamId } from '../support/messages.ts';

/** One as a message bus is: a connection that carries whole messages in order. */
const bus: Transport = { name: 'tcp', framing: 'datagram', keepsOrder: true, tellsClose: true };

describe('the table of transports', () => {
  it('has each by its name', () => {
    for (const [name, transport] of Object.entries(transports)) expect(transport.name).toBe(name);
  });
});

describe('a transport that carries whole messages by a connection', () => {
  it('has its messages taken in one by one, and its connections counted as those of TCP', () => {
    const relay = new Relay({ settings: defaultSettings }, { send: () => {}, backlogBytes: () => 0, cut: () => {}, drop: () => {}, event: () => {} });
    const path = relay.openPath(0 as Micros, bus, anonymous('source', '192.0.2.1:1'))!;
    for (const message of [announce(1, 'jazz'), data(2, numbered(2))]) relay.receive(0 as Micros, path, message);
    expect(relay.stats).toMatchObject({ streams: 1, messagesIn: 2, pathHolders: [['192.0.2.1', 1]], paths: [{ messages: 2, dropped: {} }] });
  });

  it('is sent each message at once while its other end is there', () => {
    const sent: Uint8Array[] = [];
    const events: EncoderEvent[] = [];
    const encoder = new Encoder({ settings: defaultSettings }, {
      send: (_, bytes) => sent.push(bytes.slice()),
      backlogBytes: () => 0,
      reset: () => {},
      event: (event) => events.push(event),
    });
    const target = encoder.addTarget(0 as Micros, { transport: bus, label: 'bus' });
    const source = encoder.openSource(0 as Micros, { streamId: streamId(1), mountpoint: 'jazz' });
    const feed = (from: number): void => {
      for (const n of range(from, from + 20)) encoder.receive((n * 26_000) as Micros, source, numbered(n));
    };
    feed(0);
    expect(sent).toEqual([]);
    encoder.targetUp(600_000 as Micros, target);
    feed(30);
    const count = sent.length;
    expect(count).toBeGreaterThan(15);
    expect(sent.map((message) => parts(message).type)).toContain(0);
    encoder.targetDown(1_400_000 as Micros, target);
    feed(60);
    expect(sent).toHaveLength(count);
    expect(events.map(({ kind }) => kind).filter((kind) => kind.startsWith('target'))).toEqual(['target-up', 'target-down']);
  });
});
