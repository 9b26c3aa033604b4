import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../core/base/units.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { anonymous, vouchedFor, type Peer } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { CallReader, CallWriter } from '../../../core/recording/calls/bytes.ts';
import { callsOf, edgeCalls, relayCalls, type CallDefinition } from '../../../core/recording/calls/calls.ts';
import { readCalls } from '../../../core/recording/calls/read.ts';
import type { AudioKept } from '../../../core/recording/file/format.ts';
import { recordedRelay } from '../../../core/recording/recorded-relay.ts';
import { replay } from '../../../sim/replay/replay.ts';
import { announce, framed } from '../support/messages.ts';
import { recorderOn, Tape } from './support.ts';

function again<Args extends unknown[]>({ write, read }: CallDefinition<Args>, ...args: Args): Args {
  const writer = new CallWriter();
  write(writer, ...args);
  const reader = new CallReader(writer.written);
  const found = read(reader);
  expect(reader.left).toBe(0);
  return found;
}

describe('the calls of a machine', () => {
  it.each(['edge', 'relay'] as const)('of an %s have numbers of their own', (role) => {
    const numbers = Object.values(callsOf(role)).flatMap(({ kind, redaction }) => [kind, ...(redaction === undefined ? [] : [redaction.kind])]);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).not.toContain(9);
  });

  it.each<Peer>([
    anonymous('source', '192.0.2.1:4'),
    anonymous('relay', '192.0.2.1:4'),
    { ...anonymous('source', '192.0.2.1:4'), mounts: ['jazz', 'rock'] },
    { name: 'studio', address: '192.0.2.1', role: 'relay', mounts: undefined },
    { name: 'studio', address: '', role: 'source', mounts: [] },
    vouchedFor('source', 'studio', '192.0.2.1:4', { mounts: ['jazz', 'news/*'], maxStreams: 3 }),
    vouchedFor('source', 'studio', '192.0.2.1:4', { mounts: undefined }),
  ])('open a path to %o', (peer) => {
    for (const calls of [edgeCalls, relayCalls]) {
      for (const transport of Object.values(transports)) expect(again(calls.openPath, transport, peer)).toEqual([transport, peer]);
    }
  });

  it.each<Peer>([
    anonymous('subscriber', '192.0.2.1:4'),
    vouchedFor('subscriber', 'edge-1', '192.0.2.1:4', { mounts: undefined }),
    vouchedFor('subscriber', 'edge-1', '192.0.2.1:4', { mounts: [] }),
    vouchedFor('subscriber', 'edge-1', '192.0.2.1:4', { mounts: ['jazz', 'news/*'] }),
  ])('subscribe %o', (peer) => {
    expect(again(relayCalls.subscribe, peer)).toEqual([peer]);
  });

  it('tell an edge of a pause', () => {
    expect(again(edgeCalls.suspended, 50_000_000)).toEqual([50_000_000]);
  });

  it('tell an edge what the clock shows, whatever that is', () => {
    expect(again(edgeCalls.clock, 1_800_000_000_123_456)).toEqual([1_800_000_000_123_456]);
    expect(again(edgeCalls.clock, -1)).toEqual([0]);
  });

  it('are those of the role and no other', () => {
    const block = (role: 'edge' | 'relay', kind: number): unknown => readCalls(Uint8Array.of(0, kind, 0, 1, 0x78), role);
    expect(block('relay', relayCalls.subscribe.kind)).toMatchObject([{ kind: 'subscribe', args: [{ name: 'x', role: 'subscriber' }] }]);
    expect(() => block('edge', relayCalls.subscribe.kind)).toThrow('there is no call 7 of an edge');
    expect(() => block('relay', 99)).toThrow('there is no call 99 of a relay');
  });
});

describe('a peer that may not announce everything', () => {
  it.each<AudioKept>(['whole', 'left-out'])('may not when it is replayed either, also from a saved state (audio: %s)', (audio) => {
    const settings = { ...defaultSettings, recordMs: 4_000, recordBytes: 1_073_741_824 };
    const tape = new Tape();
    const recorder = recorderOn(tape, 'relay', { settings, audio });
    const relay = recordedRelay({ settings }, { send: () => {}, backlogBytes: () => 0, cut: () => {}, drop: () => {}, event: () => {} }, recorder);
    const path = relay.openPath(0 as Micros, transports.tcp, { ...anonymous('source', 'studio'), mounts: ['jazz'] })!;
    for (let now = 0; now <= 4_000_000; now += 100_000) {
      relay.receive(now as Micros, path, framed(announce(now / 50_000, 'jazz'), announce(now / 50_000, 'rock', { stream: 2 })));
    }
    recorder.seal();
    expect(relay.stats).toMatchObject({ streams: 1, paths: [{ dropped: { 'not-allowed': 41 } }] });
    expect(tape.generations.length).toBeGreaterThan(2);
    for (const from of [0, 2]) expect(replay(tape.recording(from))).toMatchObject([{ divergence: undefined, failure: undefined }]);
  });
});
