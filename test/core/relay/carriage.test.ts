import { describe, expect, it } from 'vitest';
import { Carriage } from '../../../core/links/carriage.ts';
import type { PathId } from '../../../core/base/machine.ts';

const path = (id: number): PathId => id as PathId;
const stream = (n: number): { id: Uint8Array } => ({ id: Uint8Array.of(7, n) });

describe('which streams have come by which path', () => {
  it('is told of the path that closes, and of no other', () => {
    const carriage = new Carriage();
    const [a, b, c] = [stream(1), stream(2), stream(3)];
    carriage.carries(path(1), b);
    carriage.carries(path(1), a);
    carriage.carries(path(2), c);
    carriage.carries(path(2), a);
    expect(carriage.closed(path(1))).toEqual([a, b]);
    expect(carriage.closed(path(1))).toEqual([]);
    expect(carriage.closed(path(2))).toEqual([a, c]);
  });

  it('forgets a stream that is forgotten', () => {
    const carriage = new Carriage();
    const [a, b] = [stream(1), stream(2)];
    for (const one of [a, b]) carriage.carries(path(1), one);
    carriage.dropped(path(1), a);
    carriage.dropped(path(9), a);
    expect(carriage.closed(path(1))).toEqual([b]);
  });
});
