import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Edge } from '../../../core/edge/edge.ts';
import { Encoder } from '../../../core/encoder/encoder.ts';
import type { ListenerId, SubscriberId, TargetId } from '../../../core/base/machine.ts';
import { transports } from '../../../core/links/transport.ts';
import { encodeMessage, MessageType } from '../../../core/wire/pdu.ts';
import { Relay } from '../../../core/relay/relay.ts';
import type { Micros } from '../../../core/base/units.ts';
import { framed, streamId, unframed } from '../support/messages.ts';
import { comesBack } from '../support/watchdog.ts';
import { Crowd, listenersOf, payload, play, serve, smallSettings as settings, steps, subscribersOf } from '../support/steps.ts';

const acknowledgement = (sequence: number): Uint8Array => encodeMessage({ type: MessageType.ACK, replica: 0, streamId: new Uint8Array(16), sequence, payload: new Uint8Array(0) });

describe('no bytes whatever, from anybody, at any time', () => {
  it('make a relay throw, or hold more than it may', () => {
    fc.assert(fc.property(steps, (all) => {
      const subscribers = new Crowd<SubscriberId>();
      const relay = new Relay({ settings }, {
        send: (_subscriber, bytes) => expect(bytes.length).toBeGreaterThan(0),
        backlogBytes: (subscriber) => subscribers.backlogBytes(subscriber),
        cut: () => undefined,
        drop: () => undefined,
        event: () => undefined,
      });
      comesBack(() => play(relay, all, subscribersOf(relay, subscribers), () => {
        // A quarter as much as the history for rival places, and one message.
        expect(relay.heldBytes).toBeLessThan(1.25 * settings.historyBytes + 65_535 + 4 * 131_072 + 60_100 * 12 + 6 * 3 * 9_100 + 3 * 65_537);
        expect(relay.stats.streams).toBeLessThanOrEqual(settings.maxStreams);
        expect(relay.stats.subscribers).toBeLessThanOrEqual(settings.maxSubscribers);
      }));
      expect(relay.stats.streams).toBe(0);
    }), { numRuns: 100 });
  });

  it('make an edge throw, or hold more than it may', () => {
    fc.assert(fc.property(steps, (all) => {
      const listeners = new Crowd<ListenerId>();
      const edge = new Edge({ settings }, {
        send: (_listener, bytes) => expect(bytes.length).toBeGreaterThan(0),
        backlogBytes: (listener) => listeners.backlogBytes(listener),
        end: () => undefined,
        event: () => undefined,
      });
      comesBack(() => play(edge, all, listenersOf(edge, listeners), () => {
        // Of each stream: ring, texts, early messages and one too many, rival places of sixteen paths and one message too many each, an
        // unfinished frame. Of each mount: burst, slowest listener, chunks, and its fallback.
        expect(edge.heldBytes).toBeLessThan(6 * (65_536 + 131_072 + 8_160 + 65_536 + 65_600 + 16 * (16_384 + 65_600) + 8_300) + 6 * (1_000_000 + 16_384 * 6 + 270_000) + 3 * 90_000 + 3 * 65_537);
        const { streams, mounts, listeners: heard, heldMessages } = edge.stats;
        expect(streams).toBeLessThanOrEqual(settings.maxStreams);
        expect(mounts).toBeLessThanOrEqual(settings.maxStreams);
        expect(heard).toBeLessThanOrEqual(settings.maxListeners);
        expect(heldMessages).toBeLessThan(settings.maxStreams * settings.windowMessages);
        for (const info of edge.mounts()) expect(info.title).not.toMatch(/[\r\n]/);
      }));
      // All is forgotten in the end but what is unfinished on open connections.
      expect(edge.stats).toMatchObject({ streams: 0, mounts: 0, listeners: 0, heldMessages: 0 });
      expect(edge.heldBytes).toBeLessThanOrEqual(3 * 65_537);
    }), { numRuns: 150 });
  });

  it('make an encoder throw, hold more than it may, or send what is no message', () => {
    const encoderStep = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('audio' as const), parts: fc.array(payload, { maxLength: 10 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 26, 300, 2_500) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('title' as const), text: fc.tuple(fc.constantFrom('x', 'é', '€', '\u0000', '\ud800'), fc.nat(6_000)).map(([unit, count]) => unit.repeat(count)) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('headers' as const), name: fc.constantFrom('icy-name', 'Icy-Genre', 'x'), text: fc.constantFrom('plain', 'a\r\nb', 'é'.repeat(600), '\ud800') }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('up' as const), target: fc.nat(2), isUp: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('backlog' as const), target: fc.nat(2), bytes: fc.constantFrom(0, 10, 100_000) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('said' as const), target: fc.nat(2), bytes: fc.uint8Array({ maxLength: 100 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('acknowledged' as const), target: fc.nat(2), sequence: fc.oneof(fc.nat(50), fc.maxSafeNat()) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('gap' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
    );
    fc.assert(fc.property(fc.array(encoderStep, { maxLength: 60, size: 'max' }), (all) => {
      let now = 0;
      const backlog = new Map<TargetId, number>();
      const encoder = new Encoder({ settings }, {
        send: (target, bytes) => {
          // To a TCP target whole messages, to a UDP target exactly one.
          for (const { length } of target === 2 ? [bytes] : unframed(bytes)) if (length < 26 || length > 9_000) throw new Error(`a message of ${length} bytes`);
        },
        backlogBytes: (target) => backlog.get(target) ?? 0,
        reset: () => undefined,
        event: () => undefined,
      });
      const targets = (['tcp', 'tcp', 'udp'] as const).map((transport) => encoder.addTarget(0 as Micros, { transport: transports[transport], label: transport }));
      let sources = 0;
      let source = encoder.openSource(0 as Micros, { streamId: new Uint8Array(16), mountpoint: 'x' });
      for (const step of all) {
        const time = now as Micros;
        if (step.kind === 'audio') for (const part of step.parts) encoder.receive(time, source, part);
        else if (step.kind === 'title') encoder.setMetadata(time, source, step.text);
        else if (step.kind === 'headers') encoder.setHeaders(time, source, [[step.name, step.text]]);
        else if (step.kind === 'gap') encoder.inputGap(time, source);
        else if (step.kind === 'said') encoder.targetSaid(time, targets[step.target]!, step.bytes);
        else if (step.kind === 'acknowledged') encoder.targetSaid(time, targets[step.target]!, framed(acknowledgement(step.sequence)));
        else if (step.kind === 'end') {
          encoder.endSource(time, source);
          source = encoder.openSource(time, { streamId: streamId(++sources), mountpoint: 'x' });
        }
        else if (step.kind === 'backlog') backlog.set(targets[step.target]!, step.bytes);
        else if (step.kind === 'wait') {
          serve(encoder, now, now + step.ms * 1000);
          now += step.ms * 1000;
        } else encoder[step.isUp ? 'targetUp' : 'targetDown'](time, targets[step.target]!);
        expect(encoder.heldBytes).toBeLessThan(9 * (settings.targetKeepBytes + 4 * 16_384 + 8_300));
      }
    }), { numRuns: 80 });
  });
});
