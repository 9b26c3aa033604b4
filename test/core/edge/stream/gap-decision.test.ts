import type { Micros } from '../../../../core/base/units.ts';
import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import { Evidence, type Doubt } from '../../../../core/edge/stream/gap-decision.ts';
import { Path } from '../../../../core/links/paths/path.ts';
import type { PathId } from '../../../../core/base/machine.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports, type TransportName } from '../../../../core/links/transport.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import { ms } from '../../../../core/base/units.ts';
import { range } from '../../support/frames.ts';

class Rig {
  atMs = 0;
  readonly evidence: Evidence;
  #paths = 0;

  constructor(settings: Partial<Settings> = {}) {
    this.evidence = new Evidence({ ...defaultSettings, ...settings }, new MemoryBudget(1e9));
  }

  path(transport: TransportName): Path {
    return new Path({ id: ++this.#paths as PathId, transport: transports[transport], peer: anonymous('relay', transport), openedAt: 0 as Micros, message: () => undefined });
  }

  note(path: Path, sequences: number | readonly number[], { type = 0, replica = 0 } = {}): void {
    for (const sequence of [sequences].flat()) {
      const pathRecord = this.evidence.pathRecords.of(ms(this.atMs), path, replica);
      if (pathRecord !== undefined) this.evidence.note(ms(this.atMs), pathRecord, sequence, type === MessageType.DATA);
    }
  }

  doubt(sequence: number): Doubt {
    return this.evidence.doubt(ms(this.atMs), sequence);
  }
}

describe('the evidence that a message is lost', () => {
  it('is that nobody is there who could bring it', () => {
    const rig = new Rig();
    expect(rig.evidence.hasPath).toBe(false);
    expect(rig.doubt(5)).toMatchObject({ kind: 'lost', verdict: 'no-path' });
  });

  it('is a later message, by TCP', () => {
    const rig = new Rig();
    const path = rig.path('tcp');
    rig.note(path, range(1, 4));
    expect(rig.doubt(5)).toMatchObject({ kind: 'wait', until: ms(600) });
    rig.note(path, 6);
    expect(rig.doubt(5)).toMatchObject({ kind: 'lost', verdict: 'disproved' });
    expect(rig.doubt(7).kind).toBe('wait');
  });

  it('is a message later by more than the assumed reordering, by UDP', () => {
    for (const udpReorderMessages of [0, 3, 10]) {
      const rig = new Rig({ udpReorderMessages });
      const path = rig.path('udp');
      rig.note(path, range(1, 4));
      for (const ahead of range(1, udpReorderMessages)) {
        rig.note(path, 5 + ahead);
        expect(rig.doubt(5).kind).toBe('wait');
      }
      rig.note(path, 5 + udpReorderMessages + 1);
      expect(rig.doubt(5)).toMatchObject({ kind: 'lost', verdict: 'disproved' });
    }
  });

  it('is needed from every live path: connection and replica', () => {
    const rig = new Rig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.note(a, [1, 2, 9]);
    rig.note(a, [1, 2], { replica: 1 });
    rig.note(b, [1, 9]);
    expect(rig.doubt(5).kind).toBe('wait');
    rig.note(a, 9, { replica: 1 });
    expect(rig.doubt(5).kind).toBe('lost');
  });

  it('is given by unknown types, too, and not by what opens a relay\'s history', () => {
    const rig = new Rig();
    const path = rig.path('tcp');
    rig.note(path, 50, { type: 2 });
    expect(rig.evidence.hasPath).toBe(true);
    expect(rig.doubt(5).kind).toBe('wait');
    rig.note(path, [1, 2, 3]);
    expect(rig.doubt(5).kind).toBe('wait');
    rig.note(path, 9, { type: 16 });
    expect(rig.doubt(5).kind).toBe('lost');
  });

  it('is not needed from a path that has fallen silent, nor from one that is closed', () => {
    const rig = new Rig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.note(a, 1);
    rig.note(b, 1);
    rig.atMs = 599;
    rig.note(a, 9);
    expect(rig.doubt(5)).toEqual({ kind: 'wait', until: ms(600) });
    rig.atMs = 600;
    expect(rig.doubt(5)).toMatchObject({ kind: 'lost', verdict: 'silent-paths' });
    expect(rig.evidence.forgetPath(b)).toBe(true);
    expect(rig.evidence.forgetPath(b)).toBe(false);
    expect(rig.doubt(5)).toMatchObject({ kind: 'lost', verdict: 'disproved' });
  });

  it('is needed again from a path that speaks again', () => {
    const rig = new Rig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.note(a, 1);
    rig.note(b, 1);
    rig.atMs = 5_000;
    rig.note(a, 9);
    expect(rig.doubt(5).kind).toBe('lost');
    rig.note(b, 2);
    expect(rig.doubt(5)).toMatchObject({ kind: 'wait', until: ms(5_600) });
  });

  it('takes no longer to be seen from a path that leaves things out, for that brings nothing again', () => {
    const rig = new Rig({ reorderSpanMs: 10_000 });
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.note(a, [1, 2, 3, 4]);
    rig.note(b, [1, 2, 4]);
    rig.atMs = 50;
    rig.note(a, 9);
    rig.note(b, 5);
    expect(rig.doubt(7)).toEqual({ kind: 'wait', until: ms(250) });
    rig.atMs = 10_050;
    rig.note(b, 6);
    expect(rig.doubt(7)).toMatchObject({ kind: 'wait', until: ms(10_650) });
  });

  it('follows the reordering that was seen, whoever repeats itself', () => {
    const rig = new Rig();
    const path = rig.path('tcp');
    rig.note(path, [...range(1, 10), 3, 4, 5]);
    expect(rig.doubt(9).kind).toBe('lost');
    rig.note(path, [20, 15, 16, 15]);
    // 15 came five late.
    rig.note(path, 30);
    expect(rig.doubt(24).kind).toBe('lost');
    expect(rig.doubt(25).kind).toBe('wait');
  });
});

describe('trouble on the way', () => {
  /** Two paths that bring a message every 26 ms, for ten seconds: the newest is 385. */
  function steady(): { rig: Rig; a: Path; b: Path } {
    const rig = new Rig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    for (let sequence = 1; rig.atMs < 10_000; sequence++, rig.atMs += 26) for (const path of [a, b]) rig.note(path, sequence);
    return { rig, a, b };
  }
  const isTrouble = (rig: Rig): boolean => rig.evidence.isPathInTrouble(ms(rig.atMs));

  it('is not that all fall silent at the same message', () => {
    const { rig } = steady();
    for (let turn = 0; turn < 50; turn++, rig.atMs += 26) expect(isTrouble(rig)).toBe(false);
  });

  it('is that one falls silent behind the other, until it may as well be dead', () => {
    const { rig, a } = steady();
    const stoppedAt = rig.atMs - 26;
    for (let sequence = 386; rig.atMs < stoppedAt + 2_000; sequence++, rig.atMs += 26) {
      expect(isTrouble(rig)).toBe(rig.atMs - stoppedAt >= 100 && rig.atMs - stoppedAt < 1_500);
      rig.note(a, sequence);
    }
  });

  it('is not that of one which leaves messages out', () => {
    const { rig, a, b } = steady();
    rig.note(b, 400);
    rig.note(a, 401);
    rig.atMs += 300;
    expect(isTrouble(rig)).toBe(false);
  });

  it('is for a while that one comes back after a pause that is not usual', () => {
    const { rig, a, b } = steady();
    rig.atMs += 200;
    for (const path of [a, b]) rig.note(path, 386);
    for (let since = 0; since < 1_000; since += 50, rig.atMs += 50) expect(isTrouble(rig)).toBe(since < 500);
  });
});
