import { describe, expect, test } from 'vitest';
import type { EdgeEvent } from '../../../../core/edge/events.ts';
import { ENCODER } from '../../../core/support/encoder.ts';
import { FRAME_MS, Told } from '../../support/told.ts';

type Lost = Extract<EdgeEvent, { kind: 'backup-lost' }>;

/** Two encoders that come to `untilMs`, the second with pauses, and then only the first one. */
class Pair extends Told {
  constructor(untilMs: number, thenMs: number, others: (atMs: number) => void = () => undefined, isPause: (atMs: number) => boolean = () => false) {
    super();
    const late: number[] = [];
    for (let n = 0; n * FRAME_MS < thenMs; n++) {
      const atMs = n * FRAME_MS;
      this.comes(atMs, this.a, n);
      if (atMs < untilMs) late.push(n);
      if (!isPause(atMs)) for (const one of late.splice(0)) this.comes(atMs, this.b, one);
      if (n === 0) {
        this.says({ kind: 'stream-new', stream: this.id(this.a), label: 'relay' });
        this.says({ kind: 'stream-new', stream: this.id(this.b), label: 'relay' });
        this.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: this.id(this.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
        this.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: this.id(this.b), backups: 1 });
      }
      others.call(this, atMs);
      this.model.settled(this.world.now);
    }
  }

  lost(others: Partial<Lost> = {}): void {
    this.says({ kind: 'backup-lost', mount: 'live', ...ENCODER, stream: this.id(this.b), why: 'stalled', onAirOrigin: '', onAirSource: '', onAir: this.id(this.a), forMs: 0, ...others });
  }
}

/** Says it once, when that time has come. */
const at = (whenMs: number, says: (this: Pair) => void): ((this: Pair, atMs: number) => void) => {
  let isSaid = false;
  return function (atMs) {
    if (isSaid || atMs < whenMs) return;
    isSaid = true;
    says.call(this);
  };
};

const RULE = 'redundancy is told as it is';

describe('an edge has to say that nothing stands by', () => {
  test('when nothing has come of the last backup for so long that no pause explains it', () => {
    expect(new Pair(20_000, 30_000).broken).toEqual([RULE]);
  });

  test('but not for a second time', () => {
    const said = at(21_300, function () {
      this.lost();
    });
    expect(new Pair(20_000, 40_000, said).broken).toEqual([]);
  });

  test('of a backup with pauses, not at all: it may never have stood by for as long as it must', () => {
    expect(new Pair(30_000, 40_000, () => undefined, (atMs) => atMs % 6_000 > 4_800).broken).toEqual([]);
  });

  test('of a backup that was there for a moment, not at all', () => {
    expect(new Pair(9_000, 30_000).broken).toEqual([]);
  });
});

describe('an edge may not say that nothing stands by', () => {
  test('when a frame of the backup has just come', () => {
    const said = at(20_000, function () {
      this.lost();
    });
    expect(new Pair(30_000, 30_000, said).broken).toEqual([RULE]);
  });

  test('for it has no path, when it has one', () => {
    const said = at(25_000, function () {
      this.lost({ why: 'no-path' });
    });
    expect(new Pair(20_000, 26_000, said).broken).toContain(RULE);
  });

  test('again and again', () => {
    const told = new Pair(20_000, 21_300);
    told.lost();
    told.lost({ forMs: 10 });
    expect(told.broken).toEqual([RULE]);
  });

  test('as soon as it has said that something does', () => {
    const told = new Pair(20_000, 21_300);
    told.lost();
    told.says({ kind: 'redundancy-restored', mount: 'live', ...ENCODER, stream: told.id(told.b), backups: 1, forMs: 5 });
    told.lost();
    expect(told.broken).toEqual([RULE, RULE]);
  });

  test('nor, within a minute, that no relay is left, unless one was back', () => {
    const told = new Told();
    told.says({ kind: 'no-relay-left', label: 'relay-1', reason: 'idle', forMs: 0 });
    told.says({ kind: 'relay-back', label: 'relay-1', relays: 1, forMs: 5 });
    told.says({ kind: 'no-relay-left', label: 'relay-1', reason: 'idle', forMs: 0 });
    expect(told.broken).toEqual([]);
    told.says({ kind: 'no-relay-left', label: 'relay-1', reason: 'idle', forMs: 1_000 });
    expect(told.broken).toEqual([RULE]);
  });
});
