import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEVER, type Micros } from '../../../core/base/units.ts';
import { join, times } from '../codec/build.ts';
import { EdgeRig } from '../support/edge-rig.ts';
import { breaks, FRAME_BYTES, makerOf, makersIn, numbered, numberedAac, numberOf, numbersIn, range } from '../support/frames.ts';
import { announce, chunked, data, framed, headers, hex, message, metadata, streamId } from '../support/messages.ts';
import { FRAME_MS, onAir, Source } from '../support/station.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';

/** The programme time of each cut in what was heard: how far off the new stream is entered, in ms; > 0 leaves out. */
function cuts(audio: Uint8Array, sources: readonly Source[]): number[] {
  const errors: number[] = [];
  let before: number | undefined;
  for (let at = 0; at < audio.length; at += FRAME_BYTES) {
    const frame = audio.subarray(at, at + FRAME_BYTES);
    const source = sources.find(({ stream }) => stream === makerOf(frame))!;
    const begins = source.phaseMs + numberOf(frame) * FRAME_MS;
    if (before !== undefined && Math.abs(begins - before) > 0.001) errors.push(begins - before);
    before = begins + FRAME_MS;
  }
  return errors;
}

describe('a mountpoint', () => {
  it('begins with the first stream that has a name and frames', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1, mount: 'jazz' });
    expect(rig.edge.join(rig.now as Micros, 'jazz', { icy: false, label: 'early' })).toBe('no-such-mount');
    onAir(rig, [source], 1_000);
    expect(rig.of('stream-new')).toMatchObject([{ stream: source.name, label: 'relay' }]);
    expect(rig.of('mount-started')).toMatchObject([{ mount: 'jazz', stream: source.name, codec: 'mp3', sampleRateHz: 44_100, channels: 2 }]);
    expect(rig.edge.mounts()).toMatchObject([
      { name: 'jazz', contentType: 'audio/mpeg', bitrateBps: 128_000, liveStream: source.name, streams: 1, switches: 0, listeners: 0 },
    ]);
    expect(rig.edge.mount('other')).toBeUndefined();
    expect(rig.edge.stats).toMatchObject({ streams: 1, mounts: 1, listeners: 0, heldMessages: 0 });
  });

  it('begins, when the name comes late, with all that was there before it', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    for (let n = 0; n < 100; n++) {
      rig.until(n * FRAME_MS);
      rig.tcp(path, data(n + 1, numbered(n)));
    }
    expect(rig.edge.stats.mounts).toBe(0);
    rig.tcp(path, announce(101, 'late'));
    const listener = rig.join('late', { burstMs: 4_000 });
    rig.until(rig.now / 1000 + 1);
    expect(numbersIn(rig.audio(listener))).toEqual(range(0, 99));
  });

  it.each([
    ['by the same path, which brings it again', 'same', true],
    ['by the same path, which does not', 'same', false],
    ['by another path, which brings it again', 'other', true],
    ['by another path, which does not', 'other', false],
  ] as const)('gives out a single message that comes before a history in its place: %s', (_what, by, isAgain) => {
    const rig = new EdgeRig();
    const path = rig.open();
    const second = by === 'same' ? path : rig.open();
    const history = range(1, isAgain ? 101 : 100).map((n) => data(n, numbered(n)));
    rig.tcp(path, data(101, numbered(101)));
    rig.until(20);
    rig.tcp(path, announce(0, 'test'));
    rig.tcp(second, announce(0, 'test'), ...history.slice(0, 2));
    const listener = rig.join('test', { burstMs: 10_000 });
    rig.tcp(second, ...history.slice(2));
    for (const n of range(102, 150)) {
      rig.until((n - 100) * FRAME_MS);
      rig.tcp(second, data(n, numbered(n)));
    }
    rig.until(3_000);
    expect(numbersIn(rig.audio(listener))).toEqual(range(1, 150));
    expect(rig.of('gap')).toEqual([]);
  });

  it('begins as soon as a second message confirms the first one, whether a history comes or not', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    rig.tcp(path, announce(0, 'test'), data(1, numbered(1)));
    expect(rig.edge.mounts()).toEqual([]);
    rig.tcp(path, data(2, numbered(2)));
    expect(rig.edge.mounts()).toHaveLength(1);
  });

  it('keeps its first name', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1, mount: 'one' });
    onAir(rig, [source], 500);
    rig.tcp(path, announce(source.sequence++, 'two'));
    onAir(rig, [source], 1_000);
    expect(rig.edge.mounts().map(({ name }) => name)).toEqual(['one']);
  });

  it('has the allowed headers of its live stream', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1 });
    onAir(rig, [source], 500);
    rig.tcp(path, headers(source.sequence++, 'Icy-Name\rA\nSet-Cookie\rx\nContent-Type\rtext/html\nIcy-Genre\rb\r'));
    onAir(rig, [source], 1_000);
    expect(rig.edge.mount('test')).toMatchObject({ headers: [['Icy-Name', 'A']], contentType: 'audio/mpeg' });
    expect(rig.edge.stats.paths[0]!.dropped).toEqual({ 'bad-header': 2 });
  });

  it('ends ten seconds after its last frame, and its listeners with it', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 5_000);
    const listener = rig.join('test');
    const ended = source.nextMs - FRAME_MS + 10_000;
    rig.until(ended - 1);
    expect(rig.ended.size).toBe(0);
    rig.until(ended + 1);
    expect(rig.ended.get(listener)).toBe('mount-ended');
    expect(rig.of('mount-ended')).toMatchObject([{ mount: 'test', listeners: 1, silentMs: 10_000 }]);
    expect(rig.of('listener-left')).toMatchObject([{ listener, reason: 'mount-ended' }]);
    expect(rig.edge.stats).toMatchObject({ mounts: 0, listeners: 0, streams: 1 });
    expect(rig.edge.join(rig.now as Micros, 'test', { icy: false, label: '' })).toBe('no-such-mount');
    // The stream is forgotten later, and nothing is left.
    rig.until(ended + 10_500);
    expect(rig.of('stream-forgotten')).toMatchObject([{ stream: source.name, mount: 'test', silentMs: 20_000 }]);
    expect(rig.edge.stats.streams).toBe(0);
    expect(rig.edge.heldBytes).toBe(0);
    expect(rig.edge.deadline).toBe(NEVER);
  });

  it('has settings of its own where its policy says so, whatever it is called', () => {
    const rig = new EdgeRig({}, { policies: { short: { settings: { mountEndMs: 3_000 } } } });
    const path = rig.open();
    onAir(rig, ['short', 'constructor'].map((mount, i) => new Source(path, { stream: i + 1, mount })), 1_000);
    rig.until(20_000);
    expect(rig.of('mount-ended')).toMatchObject([{ mount: 'short', silentMs: 3_000 }, { mount: 'constructor', silentMs: 10_000 }]);
  });

  it('begins anew when its stream comes back after its end, without what was heard before', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 5_000);
    const heard = source.number;
    source.skipTo(17_000);
    onAir(rig, [source], 19_000);
    expect(rig.of('mount-ended')).toHaveLength(1);
    expect(rig.of('mount-started')).toHaveLength(2);
    const listener = rig.join('test', { burstMs: 20_000 });
    rig.until(19_001);
    const numbers = numbersIn(rig.audio(listener));
    expect(Math.min(...numbers)).toBeGreaterThan(heard);
    expect(breaks(numbers)).toEqual([]);
  });
});

describe('a mountpoint that has ended', () => {
  it('does not begin anew with what was heard before, though a backlog follows it without a gap', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 5_000);
    const heard = source.number;
    rig.until(17_000);
    for (let i = 0; i < 20; i++) source.send(rig);
    expect(rig.of('mount-started')).toHaveLength(2);
    const listener = rig.join('test', { burstMs: 60_000 });
    rig.until(17_001);
    const numbers = numbersIn(rig.audio(listener));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(heard);
    expect(breaks(numbers)).toEqual([]);
  });
});

describe('what an edge gives out', () => {
  it('is each frame once, whatever number of paths brings it', () => {
    const rig = new EdgeRig();
    const source = new Source([rig.open('tcp', 'a'), rig.open('tcp', 'b'), rig.open('tcp', 'c')], { stream: 1 });
    onAir(rig, [source], 300);
    const listener = rig.join('test', { burstMs: 1_000 });
    onAir(rig, [source], 5_000);
    const numbers = numbersIn(rig.audio(listener));
    expect(breaks(numbers)).toEqual([]);
    expect(numbers.length).toBeGreaterThan(180);
    expect(rig.of('gap')).toEqual([]);
    expect(rig.edge.stats.paths.map(({ dropped }) => Object.keys(dropped))).toEqual([[], ['duplicate'], ['duplicate']]);
  });

  it('is the same whatever the chunking of the connection', () => {
    const all = framed(announce(1, 'test'), ...range(0, 60).map((n) => data(n + 2, numbered(n))));
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 12 }), (lengths) => {
      const rig = new EdgeRig();
      const path = rig.open();
      for (const chunk of chunked(all, lengths)) rig.edge.receive(0 as Micros, path, chunk);
      const listener = rig.join('test', { burstMs: 60_000 });
      rig.until(100);
      expect(numbersIn(rig.audio(listener))).toEqual(range(0, 60));
    }), { numRuns: 40 });
  });

  it('is found in the pieces that the original encoder makes: it cuts at every FF Fx', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    // Frames with false syncs inside.
    const made = range(0, 200).map((n) => {
      const frame = numbered(n);
      for (const at of [100, 101, 200, 333]) frame.set([0xff, 0xf0 | (n % 16)], at + (n % 7));
      return frame;
    });
    const audio = join(...made);
    const starts = [...range(0, audio.length - 2).filter((i) => audio[i] === 0xff && (audio[i + 1]! & 0xf0) === 0xf0), audio.length];
    let sequence = 1;
    rig.tcp(path, announce(sequence++, 'test'));
    for (let i = 0; i + 1 < starts.length; i++) {
      rig.tcp(path, data(sequence++, audio.slice(starts[i], starts[i + 1])));
      rig.until(i * 6);
    }
    expect(sequence).toBeGreaterThan(3 * 200);
    const listener = rig.join('test', { burstMs: 60_000 });
    rig.until(rig.now / 1000 + 1);
    const heard = rig.audio(listener);
    expect(hex(heard)).toBe(hex(audio.subarray(audio.length - heard.length)));
    expect(heard.length).toBeGreaterThan(100 * FRAME_BYTES);
    expect(heard.length % FRAME_BYTES).toBe(0);
  });

  it('is never a frame made of two, when a piece of one is lost', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const made = new Set<string>();
    let sequence = 1;
    rig.tcp(path, announce(sequence++, 'test'));
    for (const n of range(0, 300)) {
      const frame = numbered(n);
      frame.set([0xff, 0xf4], 150);
      frame.set([0xff, 0xf4], 300);
      made.add(hex(frame));
      [frame.slice(0, 150), frame.slice(150, 300), frame.slice(300)].forEach((piece, i) => {
        if (n % 10 === 5 && i === Math.floor(n / 10) % 3) sequence++;
        else rig.tcp(path, data(sequence++, piece));
      });
      rig.until(n * FRAME_MS);
    }
    const listener = rig.join('test', { burstMs: 60_000 });
    rig.until(rig.now / 1000 + 1);
    const heard = rig.audio(listener);
    expect(heard.length).toBeGreaterThan(100 * FRAME_BYTES);
    for (let at = 0; at < heard.length; at += FRAME_BYTES) expect(made.has(hex(heard.subarray(at, at + FRAME_BYTES)))).toBe(true);
  });

  it('comes from streams that begin at sequence number 0, too', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1, first: 0 });
    onAir(rig, [source], 1_000);
    expect(rig.edge.mount('test')).toBeDefined();
    expect(rig.of('gap')).toEqual([]);
  });

  it('is not disturbed by unknown types, which count in the sequence', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1 });
    onAir(rig, [source], 300);
    const listener = rig.join('test');
    for (let i = 0; i < 100; i++) {
      rig.tcp(path, message(32 + i, source.sequence++, times(30, numbered(9_999))));
      onAir(rig, [source], 300 + i * 30);
    }
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
    expect(rig.of('gap')).toEqual([]);
  });
});

describe('the switch', () => {
  it.each([0, 3, 9, 13, 20, 25])('after a stall enters the backup at the same point, whole, with what was missed (phase %i ms)', (phaseMs) => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1, delayMs: [5, 5, 9, 40, 6, 12] });
    const b = new Source(path, { stream: 2, phaseMs, delayMs: [30, 5, 5, 11] });
    onAir(rig, [a], 200);
    onAir(rig, [a, b], 3_000);
    expect(rig.of('backup-added')).toMatchObject([{ mount: 'test', stream: b.name, backups: 1 }]);
    const listener = rig.join('test');
    onAir(rig, [a, b], 8_000);
    onAir(rig, [b], 12_000);
    const switched = rig.of('switch');
    expect(switched).toMatchObject([{ mount: 'test', from: a.name, to: b.name, reason: 'stalled', missingMs: 0, candidates: 1 }]);
    expect(switched[0]!.silentMs).toBeGreaterThanOrEqual(300);
    expect(switched[0]!.silentMs).toBeLessThan(330);
    expect(switched[0]!.catchUpMs).toBeGreaterThan(230);
    expect(switched[0]!.catchUpMs).toBeLessThan(370);
    expect(Math.abs(switched[0]!.offByMs)).toBeLessThanOrEqual(FRAME_MS / 2);
    const errors = cuts(rig.audio(listener), [a, b]);
    expect(errors.length).toBeLessThanOrEqual(1);
    for (const error of errors) expect(Math.abs(error)).toBeLessThanOrEqual(FRAME_MS / 2 + 1);
    expect(rig.longestPauseMs(listener)).toBeLessThan(420);
    expect(rig.edge.mount('test')).toMatchObject({ liveStream: b.name, switches: 1 });
  });

  it('is at most half a frame off for any phases, delays and jitter', () => {
    // Each stream has a frame that is as fast as can be, behind others that do not hold it up: the lower envelope finds it.
    const jitter = fc.array(fc.nat(45), { maxLength: 12 }).map((delays) => [5, 5, 5, ...delays.map((delay) => 5 + delay)]);
    fc.assert(fc.property(fc.double({ min: 0, max: FRAME_MS, noNaN: true }), jitter, jitter, fc.integer({ min: 2_000, max: 9_000 }), (phaseMs, jitterA, jitterB, diesAtMs) => {
      const rig = new EdgeRig();
      const path = rig.open();
      const a = new Source(path, { stream: 1, delayMs: jitterA });
      const b = new Source(path, { stream: 2, phaseMs, delayMs: jitterB });
      onAir(rig, [a, b], 1_500);
      const listener = rig.join('test');
      const live = rig.edge.mount('test')!.liveStream === a.name ? a : b;
      onAir(rig, [a, b], diesAtMs);
      onAir(rig, [live === a ? b : a], diesAtMs + 2_000);
      expect(rig.of('switch')).toHaveLength(1);
      for (const error of cuts(rig.audio(listener), [a, b])) expect(Math.abs(error)).toBeLessThanOrEqual(FRAME_MS / 2 + 0.01);
      const makers = makersIn(rig.audio(listener));
      expect([...new Set(makers)]).toEqual([live.stream, 3 - live.stream]);
    }), { numRuns: 40 });
  });

  it('is not shifted by a backlog: streams that were away together for five seconds', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1 });
    const b = new Source(path, { stream: 2, phaseMs: 10 });
    onAir(rig, [a, b], 8_000);
    const listener = rig.join('test');
    rig.until(13_000);
    // Everything that was kept comes at once, b's somewhat later.
    while (a.nextMs < 13_000) a.send(rig);
    rig.until(13_080);
    while (b.nextMs < 13_080) b.send(rig);
    onAir(rig, [a, b], 14_000);
    onAir(rig, [b], 16_000);
    expect(rig.of('switch')).toHaveLength(1);
    const errors = cuts(rig.audio(listener), [a, b]);
    expect(errors).toHaveLength(1);
    expect(Math.abs(errors[0]!)).toBeLessThanOrEqual(FRAME_MS / 2);
  });

  it('happens at once when no path to the live stream is left', () => {
    const rig = new EdgeRig();
    const [one, two, other] = [rig.open(), rig.open(), rig.open()];
    const a = new Source([one, two], { stream: 1, phaseMs: 20 });
    const b = new Source(other, { stream: 2 });
    onAir(rig, [a], 500);
    b.skipTo(500);
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    onAir(rig, [a, b], 6_000);
    rig.close(one);
    expect(rig.of('switch')).toEqual([]);
    rig.close(two);
    onAir(rig, [b], 8_000);
    expect(rig.of('switch')).toHaveLength(1);
    expect(['paths-closed', 'stalled']).toContain(rig.of('switch')[0]!.reason);
    expect(cuts(rig.audio(listener), [a, b]).every((error) => Math.abs(error) <= FRAME_MS / 2)).toBe(true);
    expect(rig.longestPauseMs(listener)).toBeLessThan(420);
  });

  it('by closed paths needs no stall: the backup that is ahead takes over in the same moment', () => {
    const rig = new EdgeRig();
    const [one, other] = [rig.open(), rig.open()];
    // a's frames arrive 60 ms later than b's.
    const a = new Source(one, { stream: 1, delayMs: [65] });
    const b = new Source(other, { stream: 2, delayMs: [5] });
    onAir(rig, [a], 200);
    onAir(rig, [a, b], 5_000);
    expect(rig.edge.mount('test')!.liveStream).toBe(a.name);
    // Both have gone on since; but a's last frames are on their way and lost.
    onAir(rig, [b], 5_200);
    rig.close(one);
    expect(rig.of('switch')).toMatchObject([{ reason: 'paths-closed', from: a.name, to: b.name }]);
    expect(rig.eventTimes[rig.events.findIndex(({ kind }) => kind === 'switch')]).toBe(5_200_000);
  });

  it('does not go to a backup that came by the path that closed', () => {
    const rig = new EdgeRig();
    const [p, q] = [rig.open('tcp', 'p'), rig.open('tcp', 'q')];
    const a = new Source([p, q], { stream: 1 });
    const b = new Source(p, { stream: 2, phaseMs: 1 });
    onAir(rig, [a, b], 4_000);
    expect(rig.edge.mount('test')!.liveStream).toBe(a.name);
    const listener = rig.join('test');
    // a loses four frames by q; p, which may still bring them, closes.
    a.paths = [q];
    a.lose(4);
    b.send(rig);
    b.send(rig);
    b.send(rig);
    b.send(rig);
    b.send(rig);
    a.send(rig);
    expect(rig.of('gap')).toEqual([]);
    rig.close(p);
    onAir(rig, [a], 8_000);
    rig.until(8_060);
    expect(rig.of('switch')).toEqual([]);
    expect(rig.of('gap')).toMatchObject([{ messages: 4, action: 'skipped' }]);
    expect(rig.edge.mount('test')!.liveStream).toBe(a.name);
    expect(numbersIn(rig.audio(listener)).at(-1)).toBe(a.number - 1);
  });

  it('goes to the one of many that serves best: one that has the point, and is furthest ahead', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1 });
    const stopped = new Source(path, { stream: 2, phaseMs: 2 });
    const good = new Source(path, { stream: 3, phaseMs: 4 });
    const late = new Source(path, { stream: 4, phaseMs: 7_600 });
    onAir(rig, [a, stopped, good], 6_000);
    onAir(rig, [a, good], 7_500);
    onAir(rig, [good, late], 9_000);
    expect(rig.of('switch')).toMatchObject([{ to: good.name, missingMs: 0, candidates: 3 }]);
  });

  it('takes a backup that began too late, and says what is missing, when there is no better one', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1 });
    onAir(rig, [a], 5_000);
    const listener = rig.join('test');
    const restarted = new Source(path, { stream: 2, phaseMs: 7_000 });
    rig.until(7_000);
    onAir(rig, [restarted], 9_000);
    rig.until(9_060);
    expect(rig.of('stalled')).toMatchObject([{ mount: 'test', stream: a.name, backups: 0 }]);
    const switched = rig.of('switch');
    expect(switched).toMatchObject([{ reason: 'stalled', from: a.name, to: restarted.name }]);
    expect(switched[0]!.missingMs).toBeGreaterThan(1_900);
    expect(switched[0]!.missingMs).toBeLessThan(2_100);
    const numbers = numbersIn(rig.audio(listener));
    expect(numbers.slice(-10)).toEqual(range(restarted.number - 10, restarted.number - 1));
    expect(numbers.filter((_, i) => makersIn(rig.audio(listener))[i] === 2)[0]).toBe(0);
  });

  it('is not made when there is nobody else: the live stream goes on', () => {
    const rig = new EdgeRig();
    const a = new Source(rig.open(), { stream: 1 });
    onAir(rig, [a], 4_000);
    const listener = rig.join('test');
    onAir(rig, [a], 5_000);
    a.skipTo(8_000);
    onAir(rig, [a], 9_000);
    expect(rig.of('switch')).toEqual([]);
    expect(rig.of('stalled')).toHaveLength(1);
    expect(rig.of('stalled')[0]!.silentMs).toBeGreaterThanOrEqual(300);
    expect(rig.of('resumed')).toHaveLength(1);
    expect(breaks(numbersIn(rig.audio(listener)))).toHaveLength(1);
  });

  it('makes a restarted encoder a backup, and takes it when the other one dies', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 12 })];
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    onAir(rig, [b], 8_000);
    const again = new Source(path, { stream: 3, phaseMs: 8_005 });
    onAir(rig, [b, again], 12_000);
    expect(rig.of('backup-added').map(({ stream }) => stream)).toEqual([b.name, again.name]);
    expect(rig.edge.mount('test')!.liveStream).toBe(b.name);
    onAir(rig, [again], 15_000);
    expect(rig.of('switch').map(({ to, missingMs }) => [to, missingMs])).toEqual([[b.name, 0], [again.name, 0]]);
    for (const error of cuts(rig.audio(listener), [a, b, again])) expect(Math.abs(error)).toBeLessThanOrEqual(FRAME_MS / 2);
  });

  it('never repeats more than half a frame, nor leaves out more, however often it is made', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const sources = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 8 }), new Source(path, { stream: 3, phaseMs: 17 })];
    onAir(rig, sources, 3_000);
    const listener = rig.join('test');
    // Each in turn is held up for a second: what it made meanwhile comes then.
    for (let turn = 0; turn < 12; turn++) {
      const held = sources.find(({ name }) => name === rig.edge.mount('test')!.liveStream)!;
      onAir(rig, sources.filter((source) => source !== held), 4_000 + turn * 3_000);
      while (held.nextMs < rig.now / 1000) held.send(rig);
      onAir(rig, sources, 6_000 + turn * 3_000);
    }
    expect(rig.of('switch')).toHaveLength(12);
    const errors = cuts(rig.audio(listener), sources);
    for (const error of errors) expect(Math.abs(error)).toBeLessThanOrEqual(FRAME_MS / 2 + 0.1);
    expect(rig.of('gap')).toEqual([]);
  });
});

describe('a gap', () => {
  it.each([1, 2])('of %i frames is skipped, not waited for', (lost) => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a, b], 3_000);
    const listener = rig.join('test');
    onAir(rig, [a, b], 5_000);
    a.lose(lost);
    onAir(rig, [a, b], 7_000);
    expect(rig.of('gap')).toMatchObject([{ mount: 'test', stream: a.name, messages: lost, action: 'skipped', verdict: 'disproved', waitedMs: 0 }]);
    expect(rig.of('switch')).toEqual([]);
    expect(breaks(numbersIn(rig.audio(listener)))).toHaveLength(1);
  });

  it('of many frames switches to a backup that has them', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1, delayMs: [25] }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a], 150);
    onAir(rig, [a, b], 3_000);
    expect(rig.edge.mount('test')!.liveStream).toBe(a.name);
    const listener = rig.join('test');
    onAir(rig, [a, b], 5_000);
    a.lose(8);
    onAir(rig, [a, b], 7_000);
    expect(rig.of('gap')).toMatchObject([{ stream: a.name, messages: 8, action: 'switched' }]);
    expect(rig.of('switch')).toMatchObject([{ reason: 'lost', from: a.name, to: b.name, missingMs: 0 }]);
    for (const error of cuts(rig.audio(listener), [a, b])) expect(Math.abs(error)).toBeLessThanOrEqual(FRAME_MS / 2 + 20);
  });

  it('by UDP of many frames switches, too', () => {
    const rig = new EdgeRig();
    const path = rig.open('udp');
    const [a, b] = [new Source(path, { stream: 1, delayMs: [25] }), new Source(path, { stream: 2, phaseMs: 9 })];
    for (const source of [a, b]) source.transport = 'udp';
    onAir(rig, [a], 150);
    onAir(rig, [a, b], 3_000);
    expect(rig.edge.mount('test')!.liveStream).toBe(a.name);
    onAir(rig, [a, b], 5_000);
    a.lose(5);
    onAir(rig, [a, b], 7_000);
    expect(rig.of('gap')).toMatchObject([{ stream: a.name, messages: 5, action: 'switched' }]);
    expect(rig.of('switch')).toMatchObject([{ reason: 'lost', from: a.name, to: b.name, missingMs: 0 }]);
  });

  it('of many frames without a good backup is skipped', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1 });
    onAir(rig, [a], 4_000);
    const listener = rig.join('test');
    onAir(rig, [a], 5_000);
    a.lose(20);
    onAir(rig, [a], 7_000);
    expect(rig.of('gap')).toMatchObject([{ messages: 20, action: 'skipped' }]);
    expect(breaks(numbersIn(rig.audio(listener)))).toHaveLength(1);
  });

  it('of a backup is no concern of the listeners', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    b.lose(8);
    onAir(rig, [a, b], 7_000);
    expect(rig.of('gap')).toMatchObject([{ stream: b.name, action: 'none' }]);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
  });

  it('of a backup does not shift where it is entered', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    for (let turn = 0; turn < 10; turn++) {
      b.lose(3);
      onAir(rig, [a, b], 5_200 + turn * 200);
    }
    onAir(rig, [b], 9_000);
    expect(rig.of('switch')).toHaveLength(1);
    for (const error of cuts(rig.audio(listener), [a, b])) expect(Math.abs(error)).toBeLessThanOrEqual(FRAME_MS / 2 + 0.1);
  });
});

describe('after an outage of all streams', () => {
  it('the live one goes on without a switch when it is back first', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    rig.until(8_000);
    while (a.nextMs < 8_000) a.send(rig);
    rig.until(8_050);
    while (b.nextMs < 8_050) b.send(rig);
    onAir(rig, [a, b], 10_000);
    expect(rig.of('switch')).toEqual([]);
    expect(rig.of('stalled')).toHaveLength(1);
    expect(rig.of('resumed')).toMatchObject([{ stream: a.name }]);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
  });

  it('the live one goes on when it is back soon after another', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    rig.until(8_000);
    while (b.nextMs < 8_000) b.send(rig);
    rig.until(8_150);
    while (a.nextMs < 8_150) a.send(rig);
    onAir(rig, [a, b], 10_000);
    expect(rig.of('switch')).toEqual([]);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
  });

  it('nobody is switched to who is just as silent, though a moment of its programme is left', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    // a comes in bursts, so it is given more time than b, which is stalled before it.
    const a = new Source(path, { stream: 1, delayMs: Array.from({ length: 10 }, (_, turn) => 5 + (9 - turn) * FRAME_MS) });
    const b = new Source(path, { stream: 2, phaseMs: 9 });
    onAir(rig, [a], 500);
    b.skipTo(500);
    onAir(rig, [a, b], 5_000);
    onAir(rig, [b], 5_100);
    rig.until(9_000);
    expect(rig.of('stalled')).toMatchObject([{ stream: a.name, backups: 1 }]);
    expect(rig.of('switch')).toEqual([]);
  });

  it('another one takes over when it is back, and the live one not even a while later', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    rig.until(8_000);
    while (b.nextMs < 8_000) b.send(rig);
    onAir(rig, [b], 10_000);
    const at = rig.eventTimes[rig.events.findIndex(({ kind }) => kind === 'switch')]! / 1000;
    expect(at).toBeGreaterThanOrEqual(8_199);
    expect(at).toBeLessThan(8_240);
    expect(rig.of('switch')).toMatchObject([{ reason: 'stalled', to: b.name, missingMs: 0 }]);
    for (const error of cuts(rig.audio(listener), [a, b])) expect(Math.abs(error)).toBeLessThanOrEqual(FRAME_MS / 2 + 0.1);
  });
});

describe('a mountpoint without its live stream', () => {
  it('does not end while a backup speaks, however long that is waited with', () => {
    const rig = new EdgeRig({ resumeGraceMs: 20_000 });
    const path = rig.open();
    const [a, b] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 9 })];
    onAir(rig, [a, b], 5_000);
    const listener = rig.join('test');
    rig.until(8_000);
    while (b.nextMs < 8_000) b.send(rig);
    onAir(rig, [b], 30_000);
    expect(rig.ended.get(listener)).toBeUndefined();
    expect(rig.of('mount-ended')).toEqual([]);
    expect(rig.of('switch')).toMatchObject([{ to: b.name }]);
  });
});

describe('streams of another format', () => {
  it('are refused as backups, and begin anew when the mountpoint has ended', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1 });
    const aac = new Source(path, { stream: 2, phaseMs: 3, frame: numberedAac });
    onAir(rig, [a, aac], 5_000);
    expect(rig.of('backup-refused')).toMatchObject([{ mount: 'test', stream: aac.name, why: { code: 'cannot-follow', format: { codec: 'aac' }, before: { codec: 'mp3' } } }]);
    expect(rig.of('backup-added')).toEqual([]);
    const listener = rig.join('test');
    onAir(rig, [aac], 16_000);
    expect(rig.of('switch')).toEqual([]);
    expect(rig.ended.get(listener)).toBe('mount-ended');
    expect(rig.of('mount-started').map(({ codec }) => codec)).toEqual(['mp3', 'aac']);
    expect(rig.edge.mount('test')).toMatchObject({ contentType: 'audio/aac', liveStream: aac.name });
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
  });
});

describe('titles', () => {
  /** What a player shows over time: each block's title and the number of the frame it stands behind. */
  function shown(rig: EdgeRig, listener: Parameters<EdgeRig['audio']>[0], interval = FRAME_BYTES): { title: string; audioAt: number }[] {
    const bytes = rig.audio(listener);
    const titles: { title: string; audioAt: number }[] = [];
    let at = 0;
    let audioAt = 0;
    while (bytes.length - at > interval) {
      at += interval;
      audioAt += interval;
      const units = bytes[at]!;
      if (units > 0) titles.push({ title: Buffer.from(bytes.subarray(at + 1, at + 1 + 16 * units)).toString().replace(/\0+$/, ''), audioAt });
      at += 1 + 16 * units;
    }
    return titles;
  }

  it('belong to the place in the stream where they came', () => {
    const rig = new EdgeRig({ icyIntervalBytes: FRAME_BYTES });
    const source = new Source(rig.open(), { stream: 1, title: 'one' });
    onAir(rig, [source], 3_000);
    source.setTitle(rig, 'two');
    const changedAt = source.number;
    onAir(rig, [source], 5_000);
    // One who joins later hears the burst with the title that it had.
    const listener = rig.join('test', { icy: true, burstMs: 4_000 });
    onAir(rig, [source], 6_000);
    const titles = shown(rig, listener);
    expect(titles.map(({ title }) => title)).toEqual(["StreamTitle='one';", "StreamTitle='two';"]);
    const first = numberOf(rig.audio(listener).subarray(0, FRAME_BYTES));
    expect(Math.abs(first + titles[1]!.audioAt / FRAME_BYTES - changedAt)).toBeLessThanOrEqual(1);
    expect(rig.edge.mount('test')!.title).toBe('two');
  });

  it('go with the frames over a switch: what follows at once carries the titles it had', () => {
    const rig = new EdgeRig({ icyIntervalBytes: FRAME_BYTES });
    const path = rig.open();
    const a = new Source(path, { stream: 1, title: 'old song' });
    const b = new Source(path, { stream: 2, phaseMs: 9, title: 'old song' });
    onAir(rig, [a, b], 4_000);
    const listener = rig.join('test', { icy: true });
    onAir(rig, [a, b], 6_000);
    onAir(rig, [b], 6_150);
    b.setTitle(rig, 'new song');
    const changedAt = b.number;
    onAir(rig, [b], 8_000);
    expect(rig.of('switch')).toHaveLength(1);
    const titles = shown(rig, listener);
    expect(titles.map(({ title }) => title)).toEqual(["StreamTitle='old song';", "StreamTitle='new song';"]);
    const first = numberOf(rig.audio(listener).subarray(0, FRAME_BYTES));
    // Counted in frames heard: b's frame n follows a's frame n - 1, give or take one.
    expect(Math.abs(first + titles[1]!.audioAt / FRAME_BYTES - changedAt)).toBeLessThanOrEqual(2);
  });

  it('are those of the stream that is heard, whatever the others say', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1, title: 'from a' });
    const b = new Source(path, { stream: 2, phaseMs: 9, title: 'from b' });
    const c = new Source(path, { stream: 3, phaseMs: 15, title: 'from c' });
    onAir(rig, [a], 500);
    for (const backup of [b, c]) backup.skipTo(500);
    onAir(rig, [a, b, c], 6_000);
    expect(rig.edge.mount('test')!.title).toBe('from a');
    onAir(rig, [b], 8_000);
    expect(rig.edge.mount('test')!.title).toBe('from b');
  });

  it('of one encoder are not wiped out by another that has none', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1, title: 'the song' });
    const b = new Source(path, { stream: 2, phaseMs: 9 });
    onAir(rig, [a, b], 6_000);
    onAir(rig, [b], 12_000);
    expect(rig.of('switch')).toHaveLength(1);
    expect(rig.edge.mount('test')!.title).toBe('the song');
  });

  it('are wiped out by the encoder that had set them', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1, title: 'the song' });
    onAir(rig, [source], 3_000);
    source.setTitle(rig, '');
    onAir(rig, [source], 4_000);
    expect(rig.edge.mount('test')!.title).toBe('');
  });

  it('count though they came before the first frame that the edge heard', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    rig.tcp(path, announce(50, 'test'), metadata(51, "StreamTitle='now';"), ...range(0, 9).map((n) => data(40 + n, numbered(n))));
    rig.until(10);
    expect(rig.edge.mount('test')!.title).toBe('now');
  });

  it('count though they come behind frames that were sent after them, at the beginning and later', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    rig.tcp(path, data(5, numbered(0)), announce(1, 'test'), metadata(2, "StreamTitle='one';"), ...range(1, 9).map((n) => data(5 + n, numbered(n))));
    expect(rig.edge.mount('test')!.title).toBe('one');
    rig.tcp(path, ...range(10, 14).map((n) => data(7 + n, numbered(n))), metadata(16, "StreamTitle='two';"), data(22, numbered(15)), data(23, numbered(16)));
    expect(rig.of('gap')).toMatchObject([{ sequence: 15, messages: 2 }]);
    expect(rig.edge.mount('test')!.title).toBe('two');
    // Copies say nothing new.
    rig.tcp(path, metadata(24, "StreamTitle='three';"), metadata(16, "StreamTitle='two';"), metadata(2, "StreamTitle='one';"), data(25, numbered(17)), data(26, numbered(18)));
    expect(rig.edge.mount('test')!.title).toBe('three');
  });

  it('are in force at their place and not before, however often a relay opens the stream with it', () => {
    const rig = new EdgeRig();
    const [one, other] = [rig.open(), rig.open()];
    rig.tcp(one, announce(1, 'test'), metadata(2, "StreamTitle='now';"), ...range(0, 9).map((n) => data(3 + n, numbered(n))));
    for (const path of [one, other, other]) rig.tcp(path, metadata(300, "StreamTitle='later';"));
    rig.tcp(one, data(13, numbered(10)), data(14, numbered(11)));
    expect(rig.edge.mount('test')!.title).toBe('now');
  });
});

describe('the bounds of an edge', () => {
  it('refuse streams beyond their number', () => {
    const rig = new EdgeRig({ maxStreams: 3 });
    const path = rig.open();
    for (const stream of range(1, 10)) rig.tcp(path, announce(1, `m${stream}`, { stream }), data(2, numbered(0), { stream }), data(3, numbered(1), { stream }));
    expect(rig.edge.stats.streams).toBe(3);
    expect(rig.edge.mounts()).toHaveLength(3);
    expect(rig.edge.stats.paths[0]!.dropped).toEqual({ 'too-many-streams': 21 });
    expect(rig.of('bound-hit').every(({ bound }) => bound === 'maxStreams')).toBe(true);
  });

  it('hold nameless streams up to a smaller number, and bad names make nobody less nameless', () => {
    const rig = new EdgeRig({ maxUnannouncedStreams: 3 });
    const path = rig.open();
    for (const stream of range(1, 10)) rig.tcp(path, data(2, numbered(0), { stream }));
    for (const stream of range(11, 20)) rig.tcp(path, announce(1, 'a b', { stream }));
    expect(rig.edge.stats.streams).toBeLessThanOrEqual(3);
    const nameless = rig.edge.stats.streams;
    for (const stream of range(21, 25)) rig.tcp(path, announce(1, `m${stream}`, { stream }));
    expect(rig.edge.stats.streams).toBe(nameless + 5);
    // The newest of the nameless gets a name: there is room for another one.
    rig.tcp(path, announce(3, 'named', { stream: 20 }));
    rig.tcp(path, data(2, numbered(0), { stream: 30 }));
    expect(rig.edge.stats.streams).toBe(nameless + 6);
    rig.until(21_000);
    expect(rig.edge.stats.streams).toBe(0);
    for (const stream of range(1, 10)) rig.tcp(path, data(2, numbered(0), { stream }));
    expect(rig.edge.stats.streams).toBeLessThanOrEqual(3);
  });

  it('refuse paths and listeners beyond their number', () => {
    const rig = new EdgeRig({ maxPaths: 1, maxListeners: 2 });
    onAir(rig, [new Source(rig.open(), { stream: 1 })], 500);
    expect(rig.edge.openPath(rig.now as Micros, transports.udp, anonymous('relay', 'x'))).toBeUndefined();
    const first = rig.join('test');
    rig.join('test');
    expect(rig.edge.join(rig.now as Micros, 'test', { icy: false, label: 'x' })).toBe('full');
    rig.edge.leave(rig.now as Micros, first, 'closed');
    rig.edge.leave(rig.now as Micros, first, 'closed');
    expect(typeof rig.edge.join(rig.now as Micros, 'test', { icy: false, label: 'x' })).toBe('number');
    expect(rig.edge.stats.listeners).toBe(2);
    expect(rig.of('bound-hit').map(({ bound }) => bound)).toEqual(['maxPaths', 'maxListeners']);
  });

  it('share their memory among all streams: many of them have shorter rings', () => {
    const rig = new EdgeRig({ edgeBytes: 16_777_216, maxUnannouncedStreams: 4_096 });
    const path = rig.open();
    for (let n = 0; n < 160; n++) {
      rig.until(n * FRAME_MS);
      rig.tcp(path, ...range(1, 600).map((stream) => data(n + 1, numbered(n), { stream })));
    }
    expect(rig.edge.stats.streams).toBe(600);
    expect(rig.edge.heldBytes).toBeLessThan(16_777_216 + 600 * (16_384 + 10_000));
  });

  it('give all memory back when everything is forgotten', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const sources = range(1, 5).map((stream) => new Source(path, { stream, mount: `m${stream % 2}` }));
    onAir(rig, sources, 4_000);
    rig.udp(rig.open('udp'), ...sources.map((source) => data(source.sequence + 5, numbered(1), source)));
    expect(rig.edge.heldBytes).toBeGreaterThan(100_000);
    rig.until(40_000);
    expect(rig.edge.heldBytes).toBe(0);
    expect(rig.edge.stats).toMatchObject({ streams: 0, mounts: 0, heldMessages: 0 });
    expect(rig.edge.deadline).toBe(NEVER);
  });

  it('do not wear out: what was forgotten is given back to those who come later', () => {
    const rig = new EdgeRig({ edgeBytes: 16_777_216, maxUnannouncedStreams: 4_096 });
    const path = rig.open();
    for (let turn = 0; turn < 3; turn++) {
      rig.tcp(path, ...range(1, 700).flatMap((stream) => [data(1, numbered(0), { stream }), data(3, numbered(1), { stream }), metadata(9, 'x'.repeat(4_000), { stream })]));
      rig.until(rig.now / 1000 + 21_000);
      expect(rig.edge.stats.streams).toBe(0);
    }
    const source = new Source(path, { stream: 1, phaseMs: rig.now / 1000 });
    onAir(rig, [source], rig.now / 1000 + 9_000);
    // Three hundred frames in its ring.
    expect(rig.edge.heldBytes).toBeGreaterThan(300 * FRAME_BYTES);
  });

  it('hold the id of a stream, not the bytes it came in', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const bytes = framed(announce(1, 'test'), data(2, numbered(0)), data(3, numbered(1)));
    rig.edge.receive(0 as Micros, path, bytes);
    bytes.fill(0xee);
    expect(rig.edge.mount('test')!.liveStream).toBe(hex(streamId(1)));
    const listener = rig.join('test', { burstMs: 1_000 });
    rig.until(60);
    expect(numbersIn(rig.audio(listener))).toEqual([0, 1]);
  });
});
