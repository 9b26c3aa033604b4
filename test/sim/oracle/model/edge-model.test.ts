import { describe, expect, test } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import { micros } from '../../../../core/base/units.ts';
import { FRAME_MS, Told } from '../../support/told.ts';
import { ENCODER } from '../../../core/support/encoder.ts';

describe('what an edge gives up', () => {
  test('may be what every path has passed over', () => {
    const told = new Told();
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    told.comes(1_030, told.a, next + 1);
    told.gap(told.a, next, 1);
    expect(told.broken).toEqual([]);
  });

  test('is not what another path still brings, nor what has come', () => {
    const told = new Told();
    told.comes(0, told.a, 0, 2);
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    told.comes(1_030, told.a, next + 1);
    told.gap(told.a, next, 1);
    told.world.run(micros(1_040_000));
    told.gap(told.a, next + 1, 1);
    expect(told.broken).toEqual(['what may still come is not given up', 'what may still come is not given up']);
  });

  /** Behind a title lie more that are missing, and only then audio: what is missing is decided by the last of it. */
  const titleInGap = (told: Told, titlesPath: number): number => {
    told.comes(0, told.a, 0, titlesPath);
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    told.titled(1_030, told.a, next + 1, titlesPath);
    told.comes(1_040, told.a, next + 8);
    return next;
  };

  test('is not what came where the stream surely was, though a path had been far ahead before; until it has gone elsewhere', () => {
    const givenUp = (goesElsewhere: boolean): readonly string[] => {
      const told = new Told();
      told.begins(1_000);
      const next = Math.ceil(1_000 / FRAME_MS);
      told.comes(1_028, told.a, next + 1);
      told.gap(told.a, next, 1);
      told.comes(1_030, told.a, next + 500, 2);
      if (goesElsewhere) told.gap(told.a, next + 2, 498, { verdict: 'jump' });
      told.comes(1_050, told.a, next + 3);
      told.world.run(micros(2_600_000));
      told.gap(told.a, next + 2, 2, { verdict: 'hard-limit', waitedMs: 1e9 });
      return told.broken;
    };
    expect(givenUp(false)).toEqual(['what may still come is not given up']);
    expect(givenUp(true)).toEqual([]);
  });

  test('may be what lies in front of a title, once the only path is silent', () => {
    const told = new Told();
    const next = titleInGap(told, 1);
    told.world.run(micros(1_500_000));
    told.gap(told.a, next, 1, { verdict: 'silent-paths' });
    expect(told.broken).toEqual([]);
  });

  test('is not what lies in front of a title, while a path has not passed all that is missing behind it', () => {
    const told = new Told();
    const next = titleInGap(told, 2);
    told.gap(told.a, next, 1);
    expect(told.broken).toEqual(['what may still come is not given up']);
  });

  /** A path has brought messages that an edge with too many streams refused; another one brings more, and then the stream is known. */
  const refusedBefore = (comesAgain: boolean): readonly string[] => {
    const told = new Told();
    told.comes(0, told.a, 20, 2);
    for (const [sequence, path] of [[21, 2], [30, 1], [32, 1]] as const) told.comes(1_000, told.a, sequence, path);
    told.says({ kind: 'stream-new', stream: told.id(told.a), label: 'relay' });
    if (comesAgain) told.comes(1_010, told.a, 22, 2);
    told.comes(1_020, told.a, 33, 1);
    told.gap(told.a, 31, 1);
    return told.broken;
  };

  test('may be what a path has not come to of which all may have been refused', () => {
    expect(refusedBefore(false)).toEqual([]);
    expect(refusedBefore(true)).toEqual(['what may still come is not given up']);
  });

  test('may be what comes shuffled, behind messages that an edge has refused before it took the stream in', () => {
    const told = new Told();
    for (let sequence = 60; sequence < 85; sequence++) told.comes(0, told.a, sequence, 2);
    for (const sequence of [20, 23]) told.comes(1_000, told.a, sequence);
    told.says({ kind: 'stream-new', stream: told.id(told.a), label: 'relay' });
    told.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: told.id(told.a), backups: 1 });
    told.gap(told.a, 21, 2);
    for (const sequence of [26, 44, 25, 24]) told.comes(1_010, told.a, sequence);
    told.gap(told.a, 24, 2);
    expect(told.broken).toEqual([]);
  });

  test('may have come when the edge had too many streams, and refused this one', () => {
    const told = new Told();
    told.comes(0, told.a, 21);
    told.says({ kind: 'stream-new', stream: told.id(told.a), label: 'relay' });
    told.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: told.id(told.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    told.comes(10, told.b, 31);
    told.comes(1_000, told.b, 30);
    told.says({ kind: 'stream-new', stream: told.id(told.b), label: 'relay' });
    told.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: told.id(told.b), backups: 1 });
    told.comes(1_030, told.b, 32);
    told.gap(told.b, 31, 1);
    expect(told.broken).toEqual([]);
  });

  test('may be what came behind its first message, in the piece by which the stream became known, should it go back', () => {
    const givenUp = (sequence: number, cameAtMs: number): string[] => {
      const told = new Told();
      told.comes(0, told.a, 21);
      told.comes(1_000, told.b, 30);
      told.comes(2_000, told.b, 34);
      if (cameAtMs === 2_000) told.comes(cameAtMs, told.b, sequence);
      for (const stream of [told.a, told.b]) told.says({ kind: 'stream-new', stream: told.id(stream), label: 'relay' });
      told.says({ kind: 'mount-started', mount: 'live', origin: '', source: '', stream: told.id(told.b), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
      if (cameAtMs > 2_000) told.comes(cameAtMs, told.b, sequence);
      told.world.run(micros(2_100_000));
      told.gap(told.b, sequence, 1, { verdict: 'hard-limit', waitedMs: 1e9 });
      return told.broken;
    };
    expect(givenUp(31, 2_000)).toEqual([]);
    expect(givenUp(36, 2_010)).toEqual(['what may still come is not given up']);
  });

  test('may be what a path has yet to bring that came only while the edge refused the stream', () => {
    const told = new Told();
    told.comes(0, told.a, 21);
    told.says({ kind: 'stream-new', stream: told.id(told.a), label: 'relay' });
    told.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: told.id(told.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    told.comes(10, told.b, 30, 2);
    told.comes(1_000, told.b, 31, 1);
    told.says({ kind: 'stream-new', stream: told.id(told.b), label: 'relay' });
    told.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: told.id(told.b), backups: 1 });
    told.comes(1_030, told.b, 33, 1);
    told.gap(told.b, 32, 1);
    expect(told.broken).toEqual([]);
  });

  test('is not waited for behind what was far ahead, and has gone with its path', () => {
    const told = new Told();
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    // From a loss on the reference knows for certain what is next.
    told.comes(1_028, told.b, next + 1);
    told.gap(told.b, next, 1);
    for (const sequence of [next + 100, next + 101]) told.comes(1_030, told.b, sequence, 2);
    told.model.pathClosed(2 as PathId);
    for (let n = 0; n < 50; n++) told.comes(1_040 + 100 * n, told.b, next + 1);
    told.model.settled(told.world.now);
    expect(told.broken).toEqual([]);
  });

  test('is not waited for by a path that has closed, though what it brought far ahead is what the edge goes on with', () => {
    const told = new Told();
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    for (const sequence of [next + 1_100, next + 1_101]) told.comes(1_030, told.a, sequence, 2);
    told.model.pathClosed(2 as PathId);
    told.gap(told.a, next, 1_100, { verdict: 'no-path' });
    told.comes(1_060, told.a, next + 1_103);
    told.gap(told.a, next + 1_102, 1);
    expect(told.broken).toEqual([]);
  });

  test('is given up at the hard limit at the latest', () => {
    const told = new Told();
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    told.comes(1_028, told.b, next + 1);
    told.gap(told.b, next, 1);
    for (let n = 0; n < 120; n++) told.comes(1_030 + n * FRAME_MS, told.b, next + 3 + n);
    told.model.settled(told.world.now);
    told.world.run(micros(told.world.now + 100_000));
    told.model.settled(told.world.now);
    expect(told.broken).toEqual(['a gap is decided in time']);
  });
});

describe('what came beyond the window before an edge went there', () => {
  test('has come: it is not waited for', () => {
    const told = new Told();
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    const came = Array.from({ length: 40 }, (_, n) => next + 1_000 + n).filter((sequence) => sequence !== next + 1_010);
    for (const sequence of came) told.comes(1_100, told.a, sequence);
    told.world.run(micros(1_120_000));
    told.gap(told.a, next, 1_000, { verdict: 'jump' });
    told.gap(told.a, next + 1_010, 1);
    for (let n = 0; n < 300; n++) {
      told.comes(1_126 + n * FRAME_MS, told.a, next + 1_040 + n);
      told.model.settled(told.world.now);
    }
    expect(told.broken).toEqual([]);
  });

  test('has come, too, where what lies before it comes behind it', () => {
    const told = new Told();
    told.begins(1_000);
    const first = Math.ceil(1_000 / FRAME_MS) + 1_500;
    for (const behind of [0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 3, 4, 5, 6, 7, 8, 9]) told.comes(1_100, told.a, first + behind);
    told.gap(told.a, first - 1_500, 1_500, { verdict: 'jump' });
    told.gap(told.a, first + 1, 2);
    for (let n = 0; n < 300; n++) {
      told.comes(1_126 + n * FRAME_MS, told.a, first + 20 + n);
      told.model.settled(told.world.now);
    }
    expect(told.broken).toEqual([]);
  });
});

test('a path is as far as what it had brought far ahead, once the edge has gone there, though the reference remembers only some of it', () => {
  for (const [laterMs, broken] of [[0, []], [50, ['what may still come is not given up']]] as const) {
    const told = new Told();
    told.begins(1_000);
    const first = Math.ceil(1_000 / FRAME_MS) + 1_500;
    for (const behind of [0, 1, 5, 6]) told.comes(1_100, told.a, first + behind);
    told.world.run(micros(2_000_000));
    told.gap(told.a, first - 1_500, 1_500, { verdict: 'jump' });
    told.world.run(micros(2_000_000 + laterMs * 1_000));
    told.gap(told.a, first + 2, 3);
    expect(told.broken).toEqual(broken);
  }
});

describe('what came just behind the first message of a stream', () => {
  /** The stream begins with 532, and 531 comes behind it. By another path it goes back to 400, then leaves out what comes before 540. */
  const givenUp = (comesAgain: boolean): readonly string[] => {
    const told = new Told();
    told.comes(0, told.a, 532, 1);
    told.says({ kind: 'stream-new', stream: told.id(told.a), label: 'relay' });
    told.comes(1, told.a, 531, 1);
    told.comes(2, told.a, 400, 2);
    told.comes(2, told.a, 401, 2);
    told.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: told.id(told.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    told.gap(told.a, 533, 0, { verdict: 'jump' });
    for (let sequence = 402; sequence <= 500; sequence++) told.comes(3, told.a, sequence, 2);
    if (comesAgain) told.comes(4, told.a, 531, 1);
    told.comes(5, told.a, 541, 1);
    told.comes(5, told.a, 540, 2);
    told.gap(told.a, 501, 31);
    return told.broken;
  };

  test('was late, and is missing when the stream goes back and comes to it', () => {
    expect(givenUp(false)).toEqual([]);
  });

  test('is not given up when it has come again since', () => {
    expect(givenUp(true)).toEqual(['what may still come is not given up']);
  });
});

describe('a title far ahead', () => {
  /** Titles come far ahead; later all audio, but for one that the edge gives up with them. */
  const givenUp = (waitMs: number, between: (told: Told, title: number) => void): readonly string[] => {
    const told = new Told();
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    const title = next + 100;
    told.titled(1_030, told.a, title, 1);
    between(told, title);
    for (let sequence = next; sequence < title; sequence++) told.comes(1_050 + waitMs, told.a, sequence, 1);
    told.comes(1_060 + waitMs, told.a, title + 1, 1);
    told.gap(told.a, title, 1);
    return told.broken;
  };
  const nothing = (): void => undefined;

  test('is kept while a slow path comes to it', () => {
    expect(givenUp(1_000, nothing)).toEqual(['what may still come is not given up']);
    expect(givenUp(15_000, nothing)).toEqual(['what may still come is not given up']);
  });

  test('is not kept for ever, nor when its path has closed, nor when titles elsewhere have come instead', () => {
    expect(givenUp(20_000, nothing)).toEqual([]);
    expect(givenUp(1_000, (told) => told.model.pathClosed(1 as PathId))).toEqual([]);
    expect(givenUp(1_000, (told, title) => told.titled(1_040, told.a, title + 300, 1))).toEqual([]);
  });

  test('has come when it has come again', () => {
    const again = (told: Told, title: number): void => {
      told.model.pathClosed(1 as PathId);
      told.titled(1_040, told.a, title, 1);
    };
    expect(givenUp(1_000, again)).toEqual(['what may still come is not given up']);
  });
});

describe('audio far ahead', () => {
  const comesAhead = (...times: readonly number[]): readonly string[] => {
    const told = new Told();
    told.begins(1_000);
    const next = Math.ceil(1_000 / FRAME_MS);
    told.comes(1_030, told.b, next + 1);
    told.gap(told.b, next, 1);
    for (const [n, atMs] of times.entries()) told.comes(atMs, told.b, 200 + n);
    for (let n = 0; n < 300; n++) {
      told.comes(10_000 + n * FRAME_MS, told.a, next + n);
      told.model.settled(told.world.now);
    }
    return told.broken;
  };

  test('says nothing of what is missing before it while nothing agrees', () => {
    expect(comesAhead(1_100)).toEqual([]);
    expect(comesAhead(1_100, 5_000)).toEqual([]);
  });

  test('is waited for by nobody for ever once two agree', () => {
    expect(comesAhead(1_100, 1_200)).toEqual(['a gap is decided in time']);
  });
});

describe('a switch', () => {
  const told = (untilMs: number): Told => {
    const one = new Told();
    one.begins(untilMs);
    return one;
  };

  test('for a stalled stream needs one that has been silent, and goes to one that is well', () => {
    const early = told(1_000);
    early.switches(early.a, early.b, 'stalled');
    expect(early.broken).toEqual(['a switch has its reason']);

    const due = told(1_000);
    for (let n = 39; n < 60; n++) due.comes(n * FRAME_MS, due.b, n);
    due.switches(due.a, due.b, 'stalled');
    expect(due.broken).toEqual([]);

    const dead = told(1_000);
    dead.world.run(micros(8_000_000));
    dead.switches(dead.a, dead.b, 'stalled');
    expect(dead.broken).toEqual(['a switch has its reason']);
  });

  test.each([
    ['what came behind a loss that it had before it had a name', 800],
    ['its first frame, which went out when the next one had confirmed it', 990],
  ])('goes to one that is well by %s', (_, lostUntilMs) => {
    const one = told(600);
    const c = one.stream('c');
    one.comes(605, c, 0);
    one.says({ kind: 'stream-new', stream: one.id(c), label: 'relay' });
    for (let n = Math.ceil(lostUntilMs / FRAME_MS); n * FRAME_MS < 1_010; n++) one.comes(n * FRAME_MS, c, n);
    one.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: one.id(c), backups: 2 });
    one.switches(one.a, c, 'stalled');
    expect(one.broken).toEqual([]);
  });

  test('goes to one of which a new path has brought only what lies far ahead', () => {
    const told = new Told();
    told.begins(1_000);
    told.model.pathClosed(1 as PathId);
    told.comes(1_020, told.b, 5_000, 2);
    told.switches(told.a, told.b, 'paths-closed');
    expect(told.broken).toEqual([]);
  });

  test('goes to one whose frames waited until now for what is lost', () => {
    const one = told(600);
    const c = one.stream('c');
    for (const n of [0, 2]) one.comes(610, c, n);
    one.says({ kind: 'stream-new', stream: one.id(c), label: 'relay' });
    one.world.run(micros(1_200_000));
    one.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: one.id(c), backups: 2 });
    one.switches(one.a, c, 'stalled');
    expect(one.broken).toEqual([]);
  });

  test('to a stranger needs a live stream that has failed, and nobody who is known to carry the same', () => {
    const rule = 'a listener hears only frames that an allowed encoder made';
    const failsBeside = (arrange: (one: Told) => void): string[] => {
      const one = told(27_000);
      arrange(one);
      const pirate = one.stranger('pirate');
      one.comes(27_100, pirate, 1);
      one.says({ kind: 'stream-new', stream: one.id(pirate), label: 'relay' });
      one.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: one.id(pirate), backups: 2 });
      for (let n = 1_034; n < 1_054; n++) for (const stream of [one.b, pirate]) one.comes(n * FRAME_MS + 100, stream, n);
      one.switches(one.a, pirate, 'stalled');
      return one.broken;
    };
    expect(failsBeside((one) => (one.matched = one.id(one.b)))).toEqual([rule]);
    expect(failsBeside(() => {})).toEqual([]);

    const serves = told(1_000);
    const pirate = serves.stranger('pirate');
    for (let n = 300; n < 320; n++) for (const stream of [serves.a, serves.b, pirate]) serves.comes(n * FRAME_MS, stream, n);
    serves.switches(serves.a, pirate, 'lossy');
    expect(serves.broken).toEqual([rule]);
  });

  test('back to the programme of before needs that to have been on air, whoever carried it', () => {
    const after = (arrange: (one: Told, pirate: ReturnType<Told['stranger']>) => void): string[] => {
      const one = told(1_000);
      const pirate = one.stranger('pirate');
      for (let n = 300; n < 320; n++) for (const stream of [one.a, one.b, pirate]) one.comes(n * FRAME_MS, stream, n);
      arrange(one, pirate);
      const broken = one.broken.length;
      for (let n = 320; n < 340; n++) for (const stream of [one.a, one.b, pirate]) one.comes(n * FRAME_MS, stream, n);
      one.switches(one.a, pirate, 'foreign');
      return one.broken.slice(broken);
    };
    const firstOnAir = (one: Told, pirate: ReturnType<Told['stranger']>): void => {
      one.says({ kind: 'fallback-left', mount: 'live', what: 'standby', toOrigin: '', toSource: '', to: one.id(pirate), forMs: 1_000 });
      one.switches(pirate, one.a, 'stalled');
    };
    expect(after(firstOnAir)).toEqual([]);
    expect(after(() => {})).toEqual(['a listener hears only frames that an allowed encoder made', 'a switch has its reason']);
  });

  test('for a stalled stream may come when what had come before it joined its mountpoint waits still for what is missing', () => {
    const one = new Told();
    for (const n of [0, 1, 2]) one.comes(n * FRAME_MS, one.a, n);
    for (const stream of [one.a, one.b]) one.says({ kind: 'stream-new', stream: one.id(stream), label: 'relay' });
    for (const n of [4, 5, 6]) one.comes(500, one.a, n);
    one.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: one.id(one.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    one.says({ kind: 'stalled', mount: 'live', ...ENCODER, stream: one.id(one.a), silentMs: 0, thresholdMs: 300, backups: 0 });
    expect(one.broken).toEqual([]);
    const early = new Told();
    for (const n of [0, 1, 2]) early.comes(n * FRAME_MS, early.a, n);
    early.says({ kind: 'stream-new', stream: early.id(early.a), label: 'relay' });
    early.comes(500, early.a, 3);
    early.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: early.id(early.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    early.says({ kind: 'stalled', mount: 'live', ...ENCODER, stream: early.id(early.a), silentMs: 0, thresholdMs: 300, backups: 0 });
    expect(early.broken).toEqual(['a switch has its reason']);
  });

  test.each([[false, []], [true, ['a switch has its reason']]])('for a stalled stream counts from its newest frame, which need not have waited for one that came late: another one behind that %s', (goesOn, broken) => {
    const one = new Told();
    for (const n of [0, 1, 2, 4, 5, 6]) one.comes(0, one.a, n);
    one.says({ kind: 'stream-new', stream: one.id(one.a), label: 'relay' });
    one.comes(150, one.a, 3);
    one.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: one.id(one.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    if (goesOn) one.comes(151, one.a, 7);
    one.world.run(micros(210_000));
    one.says({ kind: 'stalled', mount: 'live', ...ENCODER, stream: one.id(one.a), silentMs: 0, thresholdMs: 300, backups: 0 });
    expect(one.broken).toEqual(broken);
  });

  test.each([[1, 1], [0.6, 0], [0.6, 0.4]])('to a stranger ahead of the live stream needs that to come slower than it plays: at %d of real time, and %d lost', (speed, lost) => {
    const one = told(1_000);
    const pirate = one.stranger('pirate');
    let sequence = 39;
    let owed = 0;
    for (let n = 39; n < 1_000; n++) {
      if (n >= 300) one.comes(n * FRAME_MS, pirate, n);
      owed += speed;
      if (owed >= 1) {
        one.comes(n * FRAME_MS, one.a, sequence++);
        owed--;
      } else if (lost > 0 && speed < 1) {
        one.comes(n * FRAME_MS, one.a, sequence + 1);
        one.gap(one.a, sequence, 1);
        sequence += 2;
        owed--;
      }
    }
    one.switches(one.a, pirate, 'behind');
    const isShort = speed < 1 && lost === 0;
    expect(one.broken).toEqual(isShort ? [] : ['a listener hears only frames that an allowed encoder made']);
  });

  test('for a stalled stream may come while it goes on by a path that is too far ahead to be believed', () => {
    const one = told(1_000);
    for (const n of [120, ...Array.from({ length: 80 }, (_, i) => 40 + i)]) one.comes(1_020, one.a, n, 2);
    one.comes(1_400, one.a, 39);
    for (let n = 39; n < 73; n++) one.comes(Math.max(1_400, n * FRAME_MS), one.b, n);
    one.comes(1_900, one.a, 121, 2);
    one.switches(one.a, one.b, 'stalled');
    expect(one.broken).toEqual([]);
  });

  test('goes to a stream that has just gone on from far ahead, where nothing had come for long', () => {
    const one = told(1_000);
    for (let n = 39; n < 400; n++) one.comes(n * FRAME_MS, one.a, n);
    for (let n = 2_000; n < 2_002; n++) one.comes(10_500, one.b, n);
    one.gap(one.b, 39, 1_961, { verdict: 'jump', action: 'none' });
    one.switches(one.a, one.b, 'unpaced');
    expect(one.broken).toEqual([]);
  });

  test('back to the preferred encoder waits until that has been well for long enough', () => {
    const one = told(10_000);
    one.switches(one.a, one.b, 'lossy');
    one.switches(one.b, one.a, 'preferred');
    expect(one.broken).toEqual(['a switch has its reason']);
  });

  test('by an operator is one that he wants, and nothing is preferred to it', () => {
    const one = told(10_000);
    one.switches(one.a, one.b, 'operator');
    expect(one.broken).toEqual(['a switch has its reason']);

    const wanted = told(10_000);
    wanted.model.commands('live', { kind: 'switch', to: 'b' });
    wanted.switches(wanted.a, wanted.b, 'operator');
    wanted.model.commanded('live', 'switched');
    for (let n = 383; n < 600; n++) for (const stream of [wanted.a, wanted.b]) wanted.comes(n * FRAME_MS, stream, n);
    expect(wanted.broken).toEqual([]);
    wanted.switches(wanted.b, wanted.a, 'preferred');
    expect(wanted.broken).toEqual(['a switch has its reason']);
  });

  test.each([
    [3, { offByMs: 13 }, []],
    [1, { matchedBy: 'arrival' }, ['a switch costs no more than it must']],
    [3, { missingMs: 100 }, ['a switch costs no more than it must']],
    [3, { waitMs: 900 }, ['a switch costs no more than it must']],
  ] as const)('for a loss of %i frames costs less than that: %o', (messages, others, broken) => {
    const one = told(1_000);
    one.comes(1_030, one.a, 39 + messages);
    one.switches(one.a, one.b, 'lost', others);
    one.gap(one.a, 39, messages, { action: 'switched' });
    expect(one.broken).toEqual(broken);
  });
});

test('a stream and a mountpoint that nothing comes of any more end', () => {
  const told = new Told();
  told.begins(1_000);
  told.world.run(micros(14_000_000));
  told.model.settled(told.world.now);
  expect(told.broken).toEqual(['what is over ends']);
  told.world.run(micros(25_000_000));
  told.model.settled(told.world.now);
  expect(told.broken).toHaveLength(3);
});
