import { describe, expect, it } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { breaks, makersIn, numbered, numbersIn, range } from '../../support/frames.ts';
import { announce, data, framed, message } from '../../support/messages.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';
import { comesBack } from '../../support/watchdog.ts';
import { edgeIn, EncoderRig, RelayRig, World } from '../../support/world.ts';

/** Whose frames nobody must hear. */
const STRANGER = 99;

/** Messages of the first stream that its encoder has not made: so many from a number on. */
function forged(from: number, count: number, replica = 0): Uint8Array[] {
  return range(0, count - 1).map((n) => data(from + n, numbered(n, STRANGER), { stream: 1, replica }));
}

/** All that was heard, which must be frame by frame what the encoder made. */
function heardOf(audio: Uint8Array): number[] {
  expect(makersIn(audio)).not.toContain(STRANGER);
  const numbers = numbersIn(audio);
  expect(breaks(numbers)).toEqual([]);
  return numbers;
}

/** The same where frames of a stranger may be heard besides. */
function ownIn(audio: Uint8Array): number[] {
  const makers = makersIn(audio);
  return numbersIn(audio).filter((_, i) => makers[i] !== STRANGER);
}

describe('numbers that nobody counts to', () => {
  it.each([3_000, 1e6, 3.5e15, 9e15, Number.MAX_SAFE_INTEGER - 4])('do not stop an edge: three messages, and then five in a row from %d on', (far) => {
    const rig = new EdgeRig();
    const path = rig.open();
    comesBack(() => {
      for (const [turn, sequence] of [1, 2, 3, ...range(far, far + 4)].entries()) {
        rig.until(turn * 26);
        rig.tcp(path, data(sequence, numbered(turn)));
      }
      rig.until(60_000);
    });
    expect(rig.edge.stats.streams).toBe(0);
    expect(rig.edge.heldBytes).toBe(0);
  });
});

describe('messages with the id of a stream that is on air, and numbers far from its own', () => {
  const attacks: readonly { what: string; ahead: number; count: number; everyMs: number }[] = [
    { what: 'twelve, a million ahead', ahead: 1e6, count: 12, everyMs: 30_000 },
    { what: 'twelve, a million ahead, again and again', ahead: 1e6, count: 12, everyMs: 100 },
    { what: 'twelve, 3,000 ahead', ahead: 3_000, count: 12, everyMs: 30_000 },
    { what: 'two', ahead: 1e6, count: 2, everyMs: 30_000 },
    { what: 'two, 3,000 ahead, again and again', ahead: 3_000, count: 2, everyMs: 50 },
    { what: 'one, within the window', ahead: 500, count: 1, everyMs: 30_000 },
    { what: 'twelve, within the window, again and again', ahead: 500, count: 12, everyMs: 100 },
    { what: 'twelve, 100 ahead', ahead: 100, count: 12, everyMs: 30_000 },
    { what: 'three hundred, at the end of all numbers', ahead: 2 ** 52, count: 300, everyMs: 1_000 },
  ];
  const places = attacks.flatMap((attack) => [1, 2].flatMap((paths) => [0, 7].map((replica) => ({ ...attack, paths, replica }))));

  it.each(places)('cost nobody a frame: $what, by one of $paths paths, replica $replica', ({ ahead, count, everyMs, paths, replica }) => {
    const rig = new EdgeRig();
    const ways = range(1, paths).map(() => rig.open());
    const source = new Source(ways, { stream: 1 });
    onAir(rig, [source], 5_000);
    const listener = rig.join('test');
    let before = 0;
    for (let at = 5_010; at < 12_000; at += everyMs) {
      onAir(rig, [source], at);
      // Each time elsewhere, so that nothing of it is known already.
      rig.tcp(ways[0]!, ...forged(source.sequence + ahead + 20 * before++, count, replica));
    }
    onAir(rig, [source], 60_000);
    const numbers = heardOf(rig.audio(listener));
    expect(numbers.length).toBeGreaterThan(2_100);
    expect(rig.of('gap')).toEqual([]);
    expect(rig.edge.stats.paths[0]!.dropped['far-off']).toBe(before * count);
    expect(rig.longestPauseMs(listener)).toBeLessThan(250);
  });

  it.each([1, 2])('in a pause of all paths send the stream away for no longer than three seconds, and nothing of it is lost (%i paths)', (paths) => {
    for (const [ahead, count] of [[1e6, 2], [1e6, 12], [3_000, 12]] as const) {
      const rig = new EdgeRig();
      const ways = range(1, paths).map(() => rig.open());
      const source = new Source(ways, { stream: 1 });
      onAir(rig, [source], 5_000);
      const listener = rig.join('test');
      rig.until(9_000);
      rig.tcp(ways[0]!, ...forged(source.sequence + ahead, count));
      rig.until(9_100);
      // What the encoder has kept meanwhile, and then live.
      onAir(rig, [source], 30_000);
      rig.until(30_100);
      const own = ownIn(rig.audio(listener));
      expect(breaks(own)).toEqual([]);
      expect(own.at(-1)).toBe(source.number - 1);
      expect(rig.longestPauseMs(listener, 9_100)).toBeLessThan(3_200);
    }
  });

  it.each([1, 2, 12])('before the first message of the stream keep nothing of it from being heard (%i)', (count) => {
    for (const first of [3_000, 1e6, 2 ** 50]) {
      const rig = new EdgeRig();
      const path = rig.open();
      const source = new Source(path, { stream: 1 });
      rig.tcp(path, announce(0, 'test', { stream: 1 }), ...forged(first, count));
      onAir(rig, [source], 4_000);
      const listener = rig.join('test', { burstMs: 60_000 });
      onAir(rig, [source], 12_000);
      rig.until(12_100);
      expect(ownIn(rig.audio(listener))).toEqual(range(0, source.number - 1));
    }
  });

  it('keep no stream from being forgotten, and nor do copies', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1 });
    onAir(rig, [source], 5_000);
    for (let at = 5_000; at < 40_000; at += 500) {
      rig.until(at);
      rig.tcp(path, ...forged(at * 1e6, 1), data(source.sequence - 1, numbered(source.number - 1, 1), source));
    }
    expect(rig.of('stream-forgotten')).toMatchObject([{ mount: 'test', silentMs: 20_000 }]);
  });

  it('take no memory for long', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1 });
    onAir(rig, [source], 20_000);
    const before = rig.edge.heldBytes;
    for (let replica = 0; replica < 256; replica++) rig.tcp(path, ...range(0, 25).map((n) => data(1e9 + n, new Uint8Array(40_000), { stream: 1, replica })));
    // Eight paths at most by one connection, each a quarter of what early messages may take.
    expect(rig.edge.heldBytes - before).toBeLessThan(8 * (524_288 + 2 * 40_026));
    onAir(rig, [source], 25_000);
    expect(rig.edge.heldBytes).toBeLessThan(before + 65_536);
  });

  it('open no headers that the stream itself could not change', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const named = (sequence: number, name: string): Uint8Array => message(3, sequence, new TextEncoder().encode(`Icy-Name\r${name}`), { stream: 1 });
    rig.tcp(path, named(Number.MAX_SAFE_INTEGER, 'stranger'), announce(1, 'test'));
    const source = new Source(path, { stream: 1, first: 2 });
    onAir(rig, [source], 1_000);
    rig.tcp(path, named(source.sequence++, 'own'));
    onAir(rig, [source], 2_000);
    expect(rig.edge.mount('test')!.headers).toEqual([['Icy-Name', 'own']]);
  });
});

describe('a stream that has really gone elsewhere', () => {
  it('loses nothing of what comes there, and is heard with the second message', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1 });
    onAir(rig, [source], 5_000);
    const listener = rig.join('test');
    rig.until(9_000);
    source.sequence += 5_000;
    const first = source.number;
    source.send(rig);
    source.send(rig);
    rig.until(rig.now / 1000 + 60);
    expect(numbersIn(rig.audio(listener)).slice(-2)).toEqual([first, first + 1]);
  });

  it('loses nothing of a burst that follows a hole at once', () => {
    for (const hole of [65, 500, 2_000]) {
      const rig = new EdgeRig();
      const path = rig.open();
      const source = new Source(path, { stream: 1 });
      onAir(rig, [source], 5_000);
      const listener = rig.join('test');
      // A relay drops the oldest for a slow subscriber: what it still has comes within milliseconds, and then nothing.
      source.lose(hole);
      const first = source.number;
      const burst = range(0, 399).map(() => data(source.sequence++, numbered(source.number++, 1), source));
      rig.tcp(path, ...burst);
      rig.until(6_000);
      const numbers = numbersIn(rig.audio(listener));
      expect(numbers.slice(-400)).toEqual(range(first, first + 399));
    }
  });

  it('books as lost programme no more than time has passed: it is entered at the same point as before', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const a = new Source(path, { stream: 1 });
    const b = new Source(path, { stream: 2, phaseMs: 10 });
    onAir(rig, [a, b], 8_000);
    onAir(rig, [b], 12_000);
    // It was away for four seconds, and counts on from anywhere.
    a.sequence += 1e12;
    a.skipTo(12_000);
    onAir(rig, [a, b], 20_000);
    const listener = rig.join('test');
    onAir(rig, [a, b], 22_000);
    onAir(rig, [a], 26_000);
    expect(rig.of('switch').map(({ to }) => to)).toEqual([b.name, a.name]);
    const audio = rig.audio(listener);
    const makers = makersIn(audio);
    const begins = numbersIn(audio).map((number, i) => (makers[i] === 2 ? b.phaseMs : 0) + number * FRAME_MS);
    for (const [i, at] of begins.slice(1).entries()) expect(Math.abs(at - begins[i]! - FRAME_MS)).toBeLessThanOrEqual(FRAME_MS / 2 + 0.01);
  });
});

/** An encoder by two relays to an edge, and somebody who can reach the first relay. */
class Station {
  /** The relays take a stream from everybody: whoever owns it is another matter. */
  readonly world = new World({ ownerIdleMs: 0 });
  readonly relays = [new RelayRig(this.world), new RelayRig(this.world)];
  readonly encoder = new EncoderRig(this.world, 1);
  edge = edgeIn(this.world);
  listener: ListenerId | undefined;
  #links: (() => void)[] = [];

  constructor(relays: 1 | 2) {
    this.relays.length = relays;
    for (const { relay } of this.relays) this.encoder.connect(this.encoder.target(), relay);
    this.#serve();
    for (let n = 0; n < 2_000; n++) this.world.at(n * FRAME_MS, () => this.encoder.feed(numbered(n)));
  }

  /** The edge is another process from now on. */
  restartEdge(): void {
    for (const cut of this.#links) cut();
    this.world.remove(this.edge.edge);
    this.edge = edgeIn(this.world);
    this.#serve();
  }

  #serve(): void {
    this.#links = this.relays.map((relay) => relay.serve(this.edge.edge));
  }
}

describe('messages of a stranger to one relay', () => {
  const attacks = [[1e6, 12, 40_000], [1e6, 12, 200], [3_000, 12, 40_000], [1e6, 2, 300], [500, 1, 500], [500, 12, 200]] as const;
  const places = attacks.flatMap(([ahead, count, everyMs]) => ([1, 2] as const).map((relays) => ({ ahead, count, everyMs, relays })));

  it.each(places)('cost nobody a frame: $count in a row, $ahead ahead, every $everyMs ms, with $relays relays and an edge that restarts', ({ ahead, count, everyMs, relays }) => {
    const station = new Station(relays);
    const { world } = station;
    const relay = station.relays[0]!.relay;
    const stranger = relay.openPath(0 as Micros, transports.tcp, anonymous('source', 'stranger'))!;
    for (let at = 5_003, turn = 0; at < 30_000; at += everyMs, turn++) {
      world.at(at, () => relay.receive(world.now as Micros, stranger, framed(...forged(station.encoder.messages + ahead + 20 * turn, count))));
    }
    world.run(4_000);
    const before = station.edge;
    const early = before.join('test');
    world.run(15_000);
    heardOf(before.audio(early));
    station.restartEdge();
    world.run(15_200);
    const late = station.edge.join('test');
    world.run(45_000);
    const numbers = heardOf(station.edge.audio(late));
    expect(numbers.length).toBeGreaterThan(1_000);
    expect([...before.of('gap'), ...station.edge.of('gap')]).toEqual([]);
    expect(station.edge.longestPauseMs(late)).toBeLessThan(250);
  });
});
