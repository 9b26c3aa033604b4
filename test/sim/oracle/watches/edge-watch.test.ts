import { describe, expect, test } from 'vitest';
import type { ListenerId, PathId } from '../../../../core/base/machine.ts';
import { encodeMessage, MessageType } from '../../../../core/wire/pdu.ts';
import { withSettings, type Settings } from '../../../../core/config/settings.ts';
import { micros } from '../../../../core/base/units.ts';
import { transports } from '../../../../core/links/transport.ts';
import { EdgeWatch } from '../../../../sim/oracle/watches/edge-watch.ts';
import { mp3 } from '../../../../sim/programme/model-frame.ts';
import { Oracle } from '../../../../sim/oracle/oracle.ts';
import { Programme, type ModelStream } from '../../../../sim/programme/programme.ts';
import { World } from '../../../../sim/world/world.ts';

const path = 1 as PathId;
const listener = 1 as ListenerId;
const options = { mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0 };

/** Longer than a stream is new to an edge. */
const NEW_MS = 1_500;

/** An edge that does what the test says, and the rules it breaks by that. */
class Watched {
  readonly world: World = new World();
  readonly programme: Programme = new Programme();
  readonly oracle: Oracle = new Oracle(this.world);
  readonly watch: EdgeWatch;
  readonly a: ModelStream = this.programme.newStream({ ...options, name: 'a#1' });
  readonly b: ModelStream = this.programme.newStream({ ...options, name: 'b#1' });

  constructor(settings: Partial<Settings> = {}) {
    this.watch = new EdgeWatch(this.world, this.programme, this.oracle, withSettings(settings));
    for (const stream of [this.a, this.b]) for (let i = 0; i < 100; i++) stream.skip();
    this.watch.pathOpened(path, transports.udp);
    this.watch.joined(listener);
    // They have been known for a while.
    for (const stream of [this.a, this.b]) this.arrives(-NEW_MS, stream, 0);
  }

  bytes(stream: ModelStream, index: number): Uint8Array {
    const frame = new Uint8Array(2_048);
    return frame.slice(0, stream.write(frame, index));
  }

  arrives(atMs: number, stream: ModelStream, ...indexes: number[]): void {
    this.world.run(micros((NEW_MS + atMs) * 1000));
    for (const index of indexes) {
      const message = { type: MessageType.DATA, replica: 0, streamId: new Uint8Array(16), sequence: index + 1, payload: this.bytes(stream, index) };
      this.watch.received(path, encodeMessage(message));
    }
  }

  sends(stream: ModelStream, ...indexes: number[]): void {
    for (const index of indexes) this.watch.sent(listener, this.bytes(stream, index));
  }

  get broken(): string[] {
    return this.oracle.violations.map(({ rule }) => rule);
  }
}

describe('the oracle', () => {
  test('wants nobody to hear a stranger while the station is there, and forgives it when nothing else is', () => {
    for (const [silentMs, broken] of [[100, ['a listener hears only frames that an allowed encoder made']], [400, []]] as const) {
      const watched = new Watched();
      const stranger = watched.programme.newStream({ ...options, name: 'pirate#1', isForeign: true });
      for (let i = 0; i < 100; i++) stranger.skip();
      watched.arrives(0, watched.a, 1);
      watched.sends(watched.a, 1);
      watched.arrives(silentMs, stranger, 50);
      watched.sends(stranger, 50);
      expect(watched.broken).toEqual(broken);
    }
  });

  test('lets go of frames only while their stream is new', () => {
    const early = new Watched();
    early.watch.began('a#1');
    early.arrives(0, early.a, 1);
    early.sends(early.a, 1);
    early.arrives(20, early.a, 5);
    early.arrives(40, early.a, 9);
    early.sends(early.a, 9);
    expect(early.broken).toEqual([]);
    early.arrives(2_000, early.a, 50);
    early.arrives(2_020, early.a, 60);
    early.sends(early.a, 60);
    expect(early.broken).toEqual(['a frame that reached the edge in time is never lost']);
  });

  test('takes a stream for new also while nothing has come since it was', () => {
    const refused = new Watched();
    refused.arrives(0, refused.a, 1);
    refused.arrives(20, refused.a, 5);
    refused.arrives(40, refused.a, 9);
    // What came until then the edge did not want.
    refused.watch.began('a#1');
    refused.sends(refused.a, 1, 9);
    expect(refused.broken).toEqual([]);
  });

  test('lets a mountpoint leave out of its fallback only what came before it went over to that again', () => {
    const watched = new Watched();
    watched.arrives(0, watched.a, 1);
    watched.sends(watched.a, 1);
    watched.arrives(100, watched.a, 5);
    watched.arrives(200, watched.a, 9);
    watched.watch.fellBack('other');
    watched.watch.fellBack('');
    watched.arrives(220, watched.a, 10);
    watched.sends(watched.a, 10);
    expect(watched.broken).toEqual([]);
    watched.arrives(240, watched.a, 11);
    watched.arrives(260, watched.a, 12);
    watched.sends(watched.a, 12);
    expect(watched.broken).toEqual(['a frame that reached the edge in time is never lost']);
  });

  test('does not hold what a ring had to drop against an edge', () => {
    const watched = new Watched({ ringMs: 500 });
    for (let index = 1; index <= 60; index++) watched.arrives(index, watched.a, index);
    watched.sends(watched.a, 1, 2, 45);
    expect(watched.broken).toEqual([]);
    watched.sends(watched.a, 55);
    expect(watched.broken).toEqual(['a frame that reached the edge in time is never lost']);
  });

  test('lets pieces be left out of a stream only while that is faster than real time', () => {
    for (const [frames, everyMs, broken] of [[180, 5, []], [180, 20, ['a frame that reached the edge in time is never lost']]] as const) {
      const watched = new Watched({ unpacedMs: 2_000 });
      for (let index = 1; index <= frames; index++) watched.arrives(index * everyMs, watched.a, index);
      watched.sends(watched.a, 1, 2, 170);
      expect(watched.broken).toEqual(broken);
    }
    const calm = new Watched({ unpacedMs: 2_000 });
    for (let index = 1; index <= 180; index++) calm.arrives(index * 5, calm.a, index);
    for (let index = 181; index <= 240; index++) calm.arrives(900 + (index - 180) * 50, calm.a, index);
    calm.sends(calm.a, 1, 2, 235);
    expect(calm.broken).toEqual(['a frame that reached the edge in time is never lost']);
  });

  test('lets a stream be called faster than real time only when it is, whatever was held up', () => {
    for (const [frames, everyMs, pauseMs, broken] of [[180, 5, 0, []], [120, 5, 3_000, ['redundancy is told as it is']], [120, 26, 0, ['redundancy is told as it is']]] as const) {
      const watched = new Watched({ unpacedMs: 2_000 });
      for (let index = 1; index <= frames; index++) watched.arrives(pauseMs + index * everyMs, watched.a, index);
      watched.watch.unpaced('a#1');
      expect(watched.broken).toEqual(broken);
    }
  });

  test('lets one that is new to the edge be called so, however late it was before', () => {
    const watched = new Watched({ unpacedMs: 2_000 });
    watched.arrives(30_000, watched.b, 1);
    watched.watch.began('a#1');
    for (let index = 1; index <= 120; index++) watched.arrives(30_000 + index, watched.a, index);
    watched.watch.unpaced('a#1');
    expect(watched.broken).toEqual([]);
  });

  test('has nothing against a stream in order, a switch, and the way back', () => {
    const watched = new Watched();
    watched.arrives(0, watched.a, 1, 2, 3, 4, 5, 6, 7, 8);
    watched.arrives(0, watched.b, 1, 2, 3, 4, 5, 6, 7, 8);
    watched.sends(watched.a, 1, 2, 3);
    watched.sends(watched.b, 4, 5);
    watched.sends(watched.a, 6, 7);
    expect(watched.broken).toEqual([]);
  });

  test('catches a frame that is sent twice, and one that goes backwards', () => {
    const watched = new Watched();
    watched.sends(watched.a, 1, 2, 2);
    expect(watched.broken).toEqual(['a frame is never delivered twice or backwards']);
    watched.sends(watched.a, 3);
    watched.sends(watched.b, 4);
    watched.sends(watched.a, 3);
    expect(watched.broken).toHaveLength(2);
  });

  test('catches a frame that was left out although it had come', () => {
    const watched = new Watched();
    watched.arrives(10, watched.a, 1, 2, 3);
    watched.sends(watched.a, 1, 3);
    expect(watched.broken).toEqual([]);
    const late = new Watched();
    late.arrives(10, late.a, 1, 2);
    late.arrives(20, late.a, 3);
    late.sends(late.a, 1, 3);
    expect(late.broken).toEqual(['a frame that reached the edge in time is never lost']);
    expect(late.oracle.violations[0]).toMatchObject({ atMs: NEW_MS + 20, what: expect.stringContaining('a#1 frame 2 came 10 ms before frame 3') });
  });

  test('has nothing against a loss, nor against what came after the verdict', () => {
    const watched = new Watched();
    watched.arrives(10, watched.a, 1, 3);
    watched.sends(watched.a, 1, 3);
    watched.arrives(30, watched.a, 2);
    expect(watched.broken).toEqual([]);
  });

  test('catches a cut inside a frame', () => {
    const watched = new Watched();
    const frame = watched.bytes(watched.a, 1);
    watched.watch.sent(listener, frame.subarray(0, 100));
    expect(watched.broken).toEqual(['cuts are at frame boundaries']);
    watched.watch.sent(listener, frame.subarray(120));
    watched.watch.sent(listener, watched.bytes(watched.a, 2));
    expect(watched.broken.length).toBeGreaterThan(1);
    expect(new Set(watched.broken)).toContain('cuts are at frame boundaries');
  });

  test('catches a frame that nobody made', () => {
    const watched = new Watched();
    const foreign = watched.bytes(watched.a, 1);
    // The label at its end.
    foreign.fill(0x20, -16);
    watched.watch.sent(listener, foreign);
    expect(watched.broken).toEqual(['every delivered frame equals one that an encoder made']);
  });

  test('catches a bound that is not kept', () => {
    const watched = new Watched();
    watched.oracle.bound('edge', 'held bytes', 1_000, 1_000);
    expect(watched.broken).toEqual([]);
    watched.oracle.bound('edge', 'held bytes', 1_001, 1_000);
    expect(watched.broken).toEqual(['bounds hold']);
  });
});
