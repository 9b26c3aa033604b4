import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { emptyFrameHeader } from '../../../../core/codec/format/format.ts';
import { MountState, type Call, type State, type StreamState } from '../../../../core/edge/playout/state.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { numbered } from '../../support/frames.ts';

const header = emptyFrameHeader();
readHeader(numbered(1), 0, header);
const call: Call = { format: header.format, since: 4_000_000 as Micros };
const at = 5_000_000 as Micros;

const steps = {
  live: (state: MountState) => state.live(),
  stalled: (state: MountState) => state.stalled(),
  called: (state: MountState) => state.called(call),
  fallbackEntered: (state: MountState) => state.fallbackEntered(at),
  fallbackRefused: (state: MountState) => state.fallbackRefused(),
  fallbackOff: (state: MountState) => state.fallbackOff(),
  ended: (state: MountState) => state.ended(),
} as const;
type Step = keyof typeof steps;

function after(...taken: readonly Step[]): MountState {
  const state = new MountState();
  for (const step of taken) steps[step](state);
  return state;
}

const heard = (kind: StreamState, isCalled = false): State => ({ kind, call: isCalled ? call : undefined });
const fallback = (streams: StreamState): State => ({ kind: 'fallback', streams, call, enteredAt: at });

describe('the state of a mountpoint', () => {
  it.each<[readonly Step[], State]>([
    [[], heard('nothing')],
    [['live'], heard('live')],
    [['live', 'live'], heard('live')],
    [['live', 'stalled'], heard('stalled')],
    [['live', 'stalled', 'live'], heard('live')],
    [['called'], heard('nothing', true)],
    [['live', 'called'], heard('live', true)],
    [['live', 'called', 'stalled'], heard('stalled', true)],
    [['live', 'stalled', 'called', 'live'], heard('live', true)],
    [['live', 'called', 'fallbackOff'], heard('live')],
    [['called', 'fallbackEntered'], fallback('nothing')],
    [['live', 'called', 'fallbackEntered', 'stalled'], fallback('stalled')],
    [['live', 'stalled', 'called', 'fallbackEntered', 'fallbackRefused'], heard('stalled', true)],
    [['live', 'stalled', 'called', 'fallbackEntered', 'fallbackOff', 'live'], heard('live')],
    [['called', 'fallbackEntered', 'fallbackOff', 'live'], heard('live')],
    [['live', 'called', 'ended', 'fallbackOff'], { kind: 'ended' }],
  ])('after %j', (taken, expected) => {
    const state = after(...taken);
    expect(state.current).toEqual(expected);
    expect(state.kind).toBe(expected.kind);
    expect(state.call).toEqual(expected.kind === 'ended' ? undefined : expected.call);
    expect(state.isStalled).toBe(expected.kind === 'stalled' || (expected.kind === 'fallback' && expected.streams === 'stalled'));
  });

  it.each<readonly [readonly Step[], string]>([
    [['called', 'called'], 'called twice'],
    [['called', 'fallbackEntered', 'called'], 'called twice'],
    [['live', 'fallbackEntered'], 'without having been called'],
    [['called', 'fallbackEntered', 'live'], 'while the fallback is heard'],
  ])('is never reached by %j', (taken, why) => {
    expect(() => after(...taken)).toThrow(why);
  });

  it.each<readonly Step[]>([[], ['live'], ['live', 'stalled'], ['live', 'called'], ['live', 'stalled', 'called', 'fallbackEntered']])('is saved and restored after %j %j %j %j', (...taken) => {
    const saved = after(...taken);
    const writer = new ByteWriter();
    saved.snapshot(new StateWriter(writer, 'whole'));
    const restored = new MountState();
    restored.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
    expect(restored.current).toEqual(saved.current);
  });
});
