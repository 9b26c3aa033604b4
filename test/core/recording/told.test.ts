import { describe, expect, it } from 'vitest';
import { OutputHash } from '../../../core/recording/output-hash.ts';
import { Output, toldEvents, type Answer, type MachineEvent } from '../../../core/recording/told.ts';
import type { Micros } from '../../../core/base/units.ts';
import { ENCODER } from '../support/encoder.ts';

const now = 5_000_000 as Micros;

function hashOf(tell: (hash: OutputHash) => void): string {
  const hash = new OutputHash();
  tell(hash);
  return hash.take().structure;
}

const ofEvent = (event: MachineEvent): string => hashOf((hash) => hash.event(now, event));

const stalled: MachineEvent = { kind: 'stalled', mount: 'radio', ...ENCODER, stream: '07', silentMs: 512.25, thresholdMs: 400, backups: 0 };
const gap: MachineEvent = { kind: 'gap', mount: 'radio', ...ENCODER, stream: '07', sequence: 9, messages: 1, waitedMs: 20, verdict: 'disproved', action: 'skipped' };
const closed: MachineEvent = { kind: 'path-closed', path: 3 as never, label: 'a:1', reason: 'closed by peer', messages: 7, bytes: 2_800, dropped: { duplicate: 4, 'bad-announce': 1 } };

describe('the fingerprint of an event', () => {
  it('takes in its kind, its figures, and names from outside', () => {
    const changed: readonly MachineEvent[] = [
      { ...stalled, silentMs: 512.2501 },
      { ...stalled, silentMs: -512.25 },
      { ...stalled, thresholdMs: 401 },
      { ...stalled, backups: 1 },
      { ...stalled, mount: 'jazz' },
      { ...stalled, stream: '08' },
      { kind: 'resumed', mount: 'radio', ...ENCODER, stream: '07', silentMs: 512.25 },
    ];
    expect(new Set([stalled, ...changed].map(ofEvent)).size).toBe(changed.length + 1);
    expect(ofEvent({ ...closed, dropped: { duplicate: 4 } })).not.toBe(ofEvent(closed));
    expect(hashOf((hash) => hash.event((now + 1) as Micros, stalled))).not.toBe(ofEvent(stalled));
  });

  it('has a number for each kind', () => {
    const codes = Object.values(toldEvents).map(([code]) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('takes in no words of ours, and no order of fields', () => {
    expect(ofEvent({ ...gap, verdict: 'jump', action: 'none' })).toBe(ofEvent(gap));
    expect(ofEvent({ ...closed, reason: 'gone', dropped: { twice: 4, 'no-announce': 1 } })).toBe(ofEvent(closed));
    expect(ofEvent(Object.fromEntries(Object.entries(stalled).toReversed()) as unknown as MachineEvent)).toBe(ofEvent(stalled));
  });
});

it('has another fingerprint for every answer, and for everything else that is told', () => {
  const answers: readonly Answer[] = [undefined, 0, 1, 2, 2 ** 40, 'switched', 'waits', 'on-air', 'no-such-mount', 'full', 'refused'];
  const all = [
    ...answers.map((answer) => hashOf((hash) => hash.answer(now, answer))),
    ...[Output.end, Output.cut, Output.acknowledge, Output.drop].flatMap((output) => [1, 2].map((of) => hashOf((hash) => hash.told(now, output, of)))),
    ofEvent(stalled),
  ];
  expect(new Set(all).size).toBe(all.length);
});
