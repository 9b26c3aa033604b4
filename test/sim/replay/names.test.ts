import { expect, test } from 'vitest';
import { StreamNames } from '../../../sim/replay/names.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(32)) as [string, string, string, string];
const told = (fields: Record<string, unknown>): { atUs: number; kind: string; fields: Record<string, unknown> } => ({ atUs: 5, kind: 'x', fields });

test('streams of a replay are called by their encoders, with digits of their ids where those do not tell them apart', () => {
  const there = { mounts: [{ mount: 'live', stream: A, origin: '', source: '192.0.2.7' }, { mount: 'jazz', stream: 'sorry.mp3', origin: '', source: '' }], paths: [] };
  const switched = told({ from: A, fromOrigin: 'studio-a', fromSource: '', to: B, toOrigin: 'studio-b', toSource: '', reason: 'stalled' });
  const log = { beginnings: [{ atUs: 0, there }], told: [told({ stream: C, origin: 'studio-b', source: '' }), switched, told({ stream: D, label: 'relay' })] };
  const names = new StreamNames(log);
  expect([A, B, C, D, 'sorry.mp3', ''].map((id) => names.of(id))).toEqual(['studio-a (192.0.2.7)', 'studio-b bbbb', 'studio-b cccc', D, 'sorry.mp3', '']);
  expect(names.readable(switched)).toEqual(told({ from: 'studio-a (192.0.2.7)', to: 'studio-b bbbb', reason: 'stalled' }));
  expect(names.readable(told({ stream: D, origin: '', source: '' }))).toEqual(told({ stream: D, origin: '', source: '' }));
});
