import { describe, expect, it } from 'vitest';
import { EdgeRig } from '../../support/edge-rig.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { origin, source } from '../../support/messages.ts';
import { sounding } from '../../support/sounding.ts';
import { FRAME_MS, onAir, Source, type SourceOptions } from '../../support/station.ts';
import type { MountPolicy } from '../../../../core/config/mount-policy.ts';
import type { Micros } from '../../../../core/base/units.ts';

const MINUTE_MS = 60_000;

/** Two encoders, each by a relay of its own. */
class Studio {
  readonly rig: EdgeRig;
  readonly a: Source;
  readonly b: Source;

  constructor({ a = {}, b = {}, policy = {} }: { readonly a?: Partial<SourceOptions>; readonly b?: Partial<SourceOptions>; readonly policy?: MountPolicy } = {}) {
    this.rig = new EdgeRig({}, { policies: { test: policy } });
    this.a = new Source(this.rig.open(), { stream: 1, ...a });
    this.b = new Source(this.rig.open('tcp', 'relay-2'), { stream: 2, delayMs: [25], ...b });
    this.named();
  }

  /** Both say who they are, as with their first message, and relays where they are. */
  named(): void {
    for (const [from, name, address] of [[this.a, 'studio-a', '192.0.2.7'], [this.b, 'studio-b', '192.0.2.8']] as const) {
      this.rig.tcp(from.paths[0]!, origin(from.sequence++, name, from), source(1, { isOpen: true, hops: 0, address }, from));
    }
  }

  on(untilMs: number, ...sources: readonly Source[]): this {
    for (const each of sources) each.skipTo(this.rig.now / 1_000);
    onAir(this.rig, sources, untilMs);
    return this;
  }

  /** What is told of redundancy: what, and at which second. */
  get told(): [string, number][] {
    return this.rig.events.flatMap(({ kind }, at): [string, number][] => {
      const isOfIt = kind === 'backup-lost' || kind === 'redundancy-restored' || kind === 'no-backup';
      return isOfIt ? [[kind, Math.round(this.rig.eventTimes[at]! / 100_000) / 10]] : [];
    });
  }

  /** As a relay says of a stream's encoder. */
  reports(of: Source, isOpen: boolean): void {
    this.rig.tcp(of.paths[0]!, source(1, { isOpen, hops: 0, address: '192.0.2.8' }, of));
  }
}

function restored({ edge, now }: EdgeRig): EdgeRig {
  const writer = new ByteWriter();
  edge.snapshot(new StateWriter(writer, 'whole'));
  const rig = new EdgeRig();
  rig.edge.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
  rig.now = now;
  return rig;
}

describe('a mountpoint whose last backup goes', () => {
  it('says so at once, every minute, and when one is back to stay', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b).on(20_000 + 3.5 * MINUTE_MS, a);
    studio.named();
    studio.on(260_000, a, b);
    // Its last frame comes at 20 s, it counts as stalled 0.3 s later, and a pause may be a second long.
    expect(studio.told).toEqual([['backup-lost', 21.3], ['backup-lost', 81.3], ['backup-lost', 141.3], ['backup-lost', 201.3], ['redundancy-restored', 240.1]]);
    const lost = { kind: 'backup-lost', mount: 'test', origin: 'studio-b', source: '192.0.2.8', stream: b.name, onAirOrigin: 'studio-a', onAirSource: '192.0.2.7', onAir: a.name };
    const [first, second] = rig.of('backup-lost');
    expect(first).toMatchObject({ ...lost, why: 'stalled' });
    expect(first!.forMs).toBeCloseTo(1_000, -2);
    // By then it is forgotten.
    expect(second).toMatchObject({ ...lost, why: 'gone' });
    expect(second!.forMs).toBeCloseTo(61_000, -2);
    expect(rig.of('redundancy-restored')).toMatchObject([{ mount: 'test', origin: 'studio-b', source: '192.0.2.8', stream: b.name, backups: 1, forMs: expect.closeTo(219_800, -3) }]);
  });

  it('names the stream that was on air before, where the backup has taken over for it', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b).on(25_000, b);
    expect(rig.of('switch')).toMatchObject([{ from: a.name, to: b.name }]);
    expect(rig.of('backup-lost')).toMatchObject([{ origin: 'studio-a', stream: a.name, why: 'stalled', onAirOrigin: 'studio-b', onAir: b.name }]);
  });

  it('says so in the same moment where the connection closes that the backup came by', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b);
    rig.close(b.paths[0]!);
    studio.on(20_001, a);
    expect(rig.of('backup-lost')).toMatchObject([{ why: 'no-path', forMs: 0 }]);
    expect(studio.told).toEqual([['backup-lost', 20]]);
  });

  it('says so as soon as the relays have said that the encoder is gone, and nothing more comes', () => {
    const studio = new Studio();
    const { a, b } = studio;
    studio.on(20_000, a, b);
    studio.reports(b, false);
    studio.on(30_000, a);
    expect(studio.told).toEqual([['backup-lost', 20.2]]);
  });

  it('says nothing of a pause that it comes back from', () => {
    const studio = new Studio();
    const { a, b } = studio;
    studio.on(20_000, a, b).on(21_100, a).on(40_000, a, b);
    expect(studio.told).toEqual([]);
  });

  it('does not say more than once in ten seconds that a backup comes and goes', () => {
    const studio = new Studio();
    const { a, b } = studio;
    studio.on(20_000, a, b);
    for (let atMs = 20_000; atMs < 140_000; atMs += 10_000) studio.on(atMs + 5_000, a).on(atMs + 10_000, a, b);
    expect(studio.told.map(([what]) => what)).toEqual(['backup-lost', 'backup-lost']);
    studio.on(160_000, a, b);
    expect(studio.told.at(-1)).toEqual(['redundancy-restored', expect.closeTo(145.3, 0)]);
  });

  it('goes on where it was after it was saved', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b).on(20_700, a);
    const later = restored(rig);
    onAir(later, [a], 90_000);
    expect(later.of('backup-lost')).toMatchObject([{ stream: b.name, forMs: expect.closeTo(1_000, -2) }, { stream: b.name, why: 'gone' }]);
    onAir(later, [], 110_000);
    const ended = later.edge.endedMount(later.now as Micros, 'test');
    expect(ended).toMatchObject({ earlier: { hadBackups: true } });
    expect(restored(later).edge.endedMount(later.now as Micros, 'test')).toEqual(ended);
  });
});

describe('somebody who can announce the mountpoint', () => {
  it('has few lines of it told, however many streams he begins and ends', () => {
    const studio = new Studio();
    const { a, rig } = studio;
    for (let turn = 0; turn < 20; turn++) {
      const path = rig.open('tcp', 'hostile');
      const invented = Array.from({ length: 3 }, (_, n) => new Source(path, { stream: 10 + 3 * turn + n, phaseMs: rig.now / 1_000 }));
      studio.on(rig.now / 1_000 + 2_000, a, ...invented);
      rig.close(path);
    }
    expect(rig.of('backup-added').length).toBe(60);
    // None of them has stood by for long enough to be missed.
    expect(studio.told).toEqual([]);
  });

  it('is told of once a minute, if he has stood by for long enough to be missed, and then comes and goes', () => {
    const studio = new Studio();
    const { a, rig } = studio;
    for (const stayMs of [12_000, ...Array.from({ length: 65 }, () => 2_000)]) {
      const path = rig.open('tcp', 'hostile');
      studio.on(rig.now / 1_000 + stayMs, a, new Source(path, { stream: 10 + Math.round(rig.now / 1e6), phaseMs: rig.now / 1_000 }));
      rig.close(path);
    }
    expect(studio.told.map(([what]) => what)).toEqual(['backup-lost', 'backup-lost', 'backup-lost']);
  });
});

describe('a backup counts', () => {
  it('unless it is silent where the live stream is not', () => {
    const studio = new Studio({ a: { frame: (n, maker) => sounding(n, maker) }, b: { frame: (n, maker) => sounding(n, maker, n * FRAME_MS >= 30_000) } });
    studio.on(50_000, studio.a, studio.b);
    expect(studio.rig.of('backup-lost')).toMatchObject([{ stream: studio.b.name, why: 'silent' }]);
    expect(studio.rig.edge.streamsOf(studio.rig.now as Micros, 'test')).toMatchObject([{ id: studio.a.name, whyNot: undefined }, { id: studio.b.name, contentFault: 'silent', whyNot: { code: 'last-resort' } }]);
    expect(studio.told).toEqual([['backup-lost', expect.closeTo(41, 0)]]);
  });

  it('in a silence of the programme, also behind it while the slower one is silent still', () => {
    const quiet = (n: number, maker: number): Uint8Array => sounding(n, maker, n * FRAME_MS >= 30_000 && n * FRAME_MS < 50_000);
    const studio = new Studio({ a: { frame: quiet }, b: { frame: quiet, delayMs: [3_000] } });
    studio.on(70_000, studio.a, studio.b);
    expect(studio.told).toEqual([]);
  });

  it('unless it carries another programme', () => {
    const studio = new Studio({ a: { frame: (n, maker) => sounding(n, maker) }, b: { frame: (n, maker) => sounding(n + 1_000_000, maker) } });
    studio.on(150_000, studio.a, studio.b);
    const [differ] = studio.rig.events.flatMap(({ kind }, at) => (kind === 'programmes-differ' ? [Math.round(studio.rig.eventTimes[at]! / 100_000) / 10] : []));
    expect(studio.rig.of('backup-lost')).toMatchObject([{ stream: studio.b.name, why: 'stranger' }, { why: 'stranger' }]);
    expect(studio.told[0]).toEqual(['backup-lost', expect.closeTo(differ!, 0)]);
  });

  it('unless it is faster than real time', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b);
    for (let n = 0; n < 2_500; n++) b.send(rig);
    studio.on(22_000, a);
    expect(rig.of('backup-lost')).toMatchObject([{ stream: b.name, why: 'unpaced' }]);
  });
});

describe('a mountpoint of a single encoder', () => {
  it('says once that it has no backup, and never that it has lost one', () => {
    const studio = new Studio();
    studio.on(300_000, studio.a);
    expect(studio.told).toEqual([['no-backup', expect.closeTo(60, 0)]]);
    expect(studio.rig.of('no-backup')).toMatchObject([{ mount: 'test', origin: 'studio-a', source: '192.0.2.7', stream: studio.a.name }]);
  });

  it('takes that back when it gets one', () => {
    const studio = new Studio();
    studio.on(70_000, studio.a).on(90_000, studio.a, studio.b);
    expect(studio.told).toEqual([['no-backup', expect.closeTo(60, 0)], ['redundancy-restored', expect.closeTo(80, 0)]]);
  });

  it('has not lost a backup that was there for a moment', () => {
    const studio = new Studio();
    studio.on(8_000, studio.a, studio.b).on(130_000, studio.a);
    expect(studio.told).toEqual([['no-backup', expect.closeTo(68.3, 0)]]);
  });
});

describe('a mountpoint that has ended', () => {
  it('is known for a day: since when, why, and what its streams did last', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b);
    rig.close(b.paths[0]!);
    studio.on(25_000, a).on(50_000);
    const ended = rig.edge.endedMount(rig.now as Micros, 'test');
    expect(ended).toMatchObject({
      name: 'test',
      why: 'no-source',
      silentMs: 10_000,
      earlier: { hadBackups: true, lostSince: expect.closeTo(20_000_000, -6) as number },
      streams: [
        { origin: 'studio-a', source: '192.0.2.7', stream: a.name, wasOnAir: true, why: 'stalled' },
        { origin: 'studio-b', stream: b.name, wasOnAir: false, why: 'no-path' },
      ],
    });
    expect(ended!.endedAt / 1_000).toBeCloseTo(35_000, -2);
    expect(rig.of('mount-ended')).toMatchObject([{ mount: 'test', why: 'no-source', origin: 'studio-a', source: '192.0.2.7', stream: a.name, silentMs: 10_000, streams: [{ stream: a.name }, { stream: b.name }] }]);
    rig.until(35_000 + 86_390_000);
    expect(rig.edge.endedMount(rig.now as Micros, 'test')).toBeDefined();
    rig.until(35_100 + 86_400_000);
    expect(rig.edge.endedMount(rig.now as Micros, 'test')).toBeUndefined();
  });

  it('misses its backup when it begins anew without, and is no longer told as ended', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b).on(35_000).on(50_000, a);
    expect(rig.edge.endedMount(rig.now as Micros, 'test')).toBeUndefined();
    expect(rig.of('mount-started')).toHaveLength(2);
    expect(studio.told.map(([what]) => what)).toEqual(['backup-lost', 'backup-lost']);
    expect(rig.of('backup-lost')[1]).toMatchObject({ stream: '', why: 'gone', onAirOrigin: 'studio-a', onAir: a.name });
    expect(studio.told[1]![1]).toBeCloseTo(45, 0);
  });

  it('is told as redundant again when it begins anew with both, and since when it was not', () => {
    const studio = new Studio();
    const { a, b, rig } = studio;
    studio.on(20_000, a, b).on(35_000).on(50_000, a, b);
    expect(rig.of('mount-started')).toHaveLength(2);
    expect(studio.told.map(([what]) => what)).toEqual(['backup-lost', 'redundancy-restored']);
    expect(studio.told[1]![1]).toBeCloseTo(45, 0);
    expect(rig.of('redundancy-restored')[0]!.forMs).toBeCloseTo(25_000, -3);
  });
});
