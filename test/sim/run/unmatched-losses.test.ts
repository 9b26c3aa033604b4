import { describe, expect, test } from 'vitest';
import { listener } from '../../../sim/scenario.ts';
import { unmatchedLossesMs } from '../../../sim/run/unmatched-losses.ts';
import type { Note } from '../../../sim/world/trace.ts';

const at = (atS: number, kind: string, fields: Record<string, unknown>): Note => ({ atMs: 1_000 * atS, actor: 'edge-1', kind, fields });
const isNew = (atS: number, stream: string): Note => at(atS, 'stream-new', { stream });
const loses = (atS: number, others: Record<string, unknown> = {}): Note => at(atS, 'gap', { stream: 'bad#1', mount: 'live', action: 'skipped', ...others });

function missed(...notes: readonly Note[]): readonly number[] {
  return unmatchedLossesMs(notes, listener('listener-1', 'edge-1', { mount: 'live' }), 'good').map((ms) => ms / 1_000);
}

describe('what nobody can make good', () => {
  test('is what a stream loses again and again, beside one that came later', () => {
    expect(missed(isNew(1, 'bad#1'), isNew(8, 'good#1'), loses(9), loses(25), loses(40))).toEqual([9, 25, 40]);
  });

  test('is not what it loses after their content can have been compared', () => {
    expect(missed(isNew(1, 'bad#1'), isNew(8, 'good#1'), loses(9), loses(40), loses(41))).toEqual([9]);
  });

  test('is not what it loses beside one that is no newcomer', () => {
    expect(missed(isNew(1, 'bad#1'), isNew(5, 'good#1'), loses(9))).toEqual([]);
  });

  test('is not what is lost elsewhere, or made good, or lost by the one that is well', () => {
    expect(missed(isNew(1, 'bad#1'), isNew(8, 'good#1'), loses(9, { mount: 'talk' }), loses(10, { action: 'switched' }), loses(11, { stream: 'good#1' }))).toEqual([]);
  });
});
