import { describe, expect, it } from 'vitest';
import type { Match, Matchable, Matcher } from '../../../../core/edge/content/matcher.ts';
import type { MountPolicy } from '../../../../core/config/mount-policy.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_BYTES, makerOf, numbered, numberOf, silent } from '../../support/frames.ts';
import { origin } from '../../support/messages.ts';
import { SameClock } from '../../support/same-clock.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

interface StationOptions {
  readonly matchedBy?: Match['by'];
  readonly newMatcher?: () => Matcher;
  readonly settings?: Partial<Settings>;
  readonly policy?: MountPolicy;
  /** How much later than the first encoder the second one gets the programme. */
  readonly slowerMs?: number;
  /** Besides, by turns. */
  readonly delaysMs?: readonly number[];
  readonly frame?: (number: number, maker: number) => Uint8Array;
}

/** Two encoders whose frames are cut alike, one of them a little slower. */
class Station {
  readonly rig: EdgeRig;
  readonly main: Source;
  readonly backup: Source;

  constructor({ matchedBy = 'content', newMatcher = () => new SameClock(matchedBy), settings = {}, policy, slowerMs = 15, delaysMs = [0], frame = numbered }: StationOptions = {}) {
    this.rig = new EdgeRig(settings, { newMatcher, ...(policy === undefined ? {} : { policies: { test: policy } }) });
    this.main = new Source(this.rig.open(), { stream: 1, frame });
    this.backup = new Source(this.rig.open(), { stream: 2, delayMs: delaysMs.map((delayMs) => 5 + slowerMs + delayMs), frame });
  }

  on(untilMs: number, sources: readonly Source[] = [this.main, this.backup]): void {
    onAir(this.rig, sources, untilMs);
  }

  get live(): Source {
    return this.rig.edge.mount('test')!.liveStream === this.main.name ? this.main : this.backup;
  }

  get switches(): readonly string[] {
    return this.rig.of('switch').map(({ reason }) => reason);
  }

  /** In frames: what a listener heard of the programme, from where it joined. */
  heard(listener: ReturnType<EdgeRig['join']>): number[] {
    const audio = this.rig.audio(listener);
    return Array.from({ length: audio.length / FRAME_BYTES }, (_, n) => numberOf(audio.subarray(n * FRAME_BYTES, (n + 1) * FRAME_BYTES)));
  }

  makers(listener: ReturnType<EdgeRig['join']>): number[] {
    const audio = this.rig.audio(listener);
    return [...new Set(Array.from({ length: audio.length / FRAME_BYTES }, (_, n) => makerOf(audio.subarray(n * FRAME_BYTES, (n + 1) * FRAME_BYTES))))];
  }
}

function isUnbroken(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1);
}

describe('going back', () => {
  /** The second encoder is 3 s slower, as the arrivals say; and when they are asked again, the first one only 2 s faster. */
  class Guess extends SameClock {
    override locate(from: Matchable, mediaUs: number, to: Matchable = from): Match {
      const offUs = from.timeline.originUs < to.timeline.originUs ? 3_000_000 : -2_000_000;
      return { ...super.locate(from, mediaUs), mediaUs: mediaUs + offUs };
    }
  }

  it('goes on where it was left, as long as nothing of the other stream was heard', () => {
    const station = new Station({ newMatcher: () => new Guess('arrival') });
    station.on(19_000);
    const listener = station.rig.join('test');
    station.on(20_000);
    station.rig.edge.command(station.rig.now as Micros, 'test', { kind: 'switch', to: station.backup.name });
    station.on(21_000);
    station.on(24_000, [station.main]);
    expect(station.switches).toEqual(['operator', 'stalled']);
    expect(station.live).toBe(station.main);
    expect(station.makers(listener)).toEqual([1]);
    expect(isUnbroken(station.heard(listener))).toBe(true);
  });
});

describe('a single lost frame', () => {
  it('comes from the backup, where what is in both says what the same point is', () => {
    const station = new Station();
    station.on(5_000);
    const listener = station.rig.join('test');
    station.on(8_000);
    station.main.lose();
    station.on(12_000);
    expect(station.switches).toEqual(['lost']);
    expect(station.rig.of('gap')).toMatchObject([{ messages: 1, action: 'switched' }]);
    expect(isUnbroken(station.heard(listener))).toBe(true);
  });

  it('comes from the backup also while both carry a tone, whose frames are all the same', () => {
    const station = new Station({ frame: (number, maker) => numbered(number % 38, maker) });
    station.on(30_000);
    station.main.lose();
    station.on(31_000);
    expect(station.switches).toEqual(['lost']);
  });

  it('is skipped where only arrivals do', () => {
    const station = new Station({ matchedBy: 'arrival' });
    station.on(8_000);
    station.main.lose();
    station.on(9_000);
    expect(station.rig.of('gap')).toMatchObject([{ action: 'skipped' }]);
    expect(station.switches).toEqual([]);
  });

  it('is skipped where the backup has lost it, too', () => {
    const station = new Station({ slowerMs: -3 });
    station.on(200, [station.main]);
    station.on(8_000);
    station.main.lose();
    station.backup.lose();
    station.on(9_000);
    expect(station.rig.of('gap')).toMatchObject([{ action: 'none' }, { action: 'skipped' }]);
    expect(station.switches).toEqual([]);
  });

  it('is skipped where the backup is seconds behind', () => {
    const station = new Station({ slowerMs: 2_000 });
    station.on(8_000);
    station.main.lose();
    station.on(9_000);
    expect(station.switches).toEqual([]);
  });
});

it('the length of a loss is told from what was no audio in it, by when what is behind it came', () => {
  for (const others of [0, 2]) {
    const station = new Station();
    station.on(5_000);
    const listener = station.rig.join('test');
    station.on(8_000);
    // An announcement and a title are lost together with a frame.
    station.main.sequence += others;
    station.main.lose();
    station.on(12_000);
    expect(station.switches).toEqual(['lost']);
    station.on(15_000, [station.main]);
    expect(station.live).toBe(station.main);
    expect(isUnbroken(station.heard(listener))).toBe(true);
  }
});

describe('a live stream that loses a frame now and then', () => {
  const lossy = (backupLoses: boolean, frame: (number: number, maker: number) => Uint8Array = numbered): Station => {
    const station = new Station({ matchedBy: 'arrival', frame });
    station.on(8_000);
    for (let atMs = 8_200; atMs < 12_000; atMs += 300) {
      station.main.lose();
      if (backupLoses) station.backup.lose();
      station.on(atMs);
    }
    return station;
  };

  it('is left in the end', () => expect(lossy(false).switches).toEqual(['lossy']));

  it('is not left for one that is no better', () => expect(lossy(true).switches).toEqual([]));

  it('is not left for one that is silent', () => {
    const frame = (number: number, maker: number): Uint8Array => (maker === 1 ? numbered(number, maker) : silent(numbered(number, maker)));
    expect(lossy(false, frame).switches).toEqual([]);
  });
});

describe('a backup that loses again and again', () => {
  const burst = Array.from({ length: 20 }, (_, at) => (19 - at) * FRAME_MS);

  it.each([
    ['is less far ahead', [0]],
    ['comes in bursts, and is waited for', burst.map((delayMs) => delayMs + 300)],
  ] as const)('is not taken beside one that %s', (_, delayMs) => {
    const station = new Station({ slowerMs: 0 });
    const whole = new Source(station.rig.open(), { stream: 3, delayMs: delayMs.map((ms) => 60 + ms) });
    const all = [station.main, station.backup, whole];
    station.on(12_000, all);
    for (let atMs = 12_500; atMs <= 20_000; atMs += 500) {
      station.backup.lose(6);
      station.on(atMs, all);
    }
    station.on(22_000, [station.backup, whole]);
    expect(station.rig.of('switch').map(({ reason, to }) => [reason, to])).toEqual([['stalled', whole.name]]);
  });
});

describe('a backup that is slower than the live stream', () => {
  const dies = (slowerMs: number): { readonly station: Station; readonly heard: readonly number[] } => {
    const station = new Station({ slowerMs });
    station.on(10_000);
    const listener = station.rig.join('test', { burstMs: 0 });
    station.on(20_000, [station.main, station.backup]);
    station.on(30_000, [station.backup]);
    return { station, heard: station.heard(listener) };
  };

  it('is waited for, for three seconds at most: the programme goes on where it was', () => {
    const { station, heard } = dies(2_500);
    expect(station.switches).toEqual(['stalled']);
    expect(isUnbroken(heard)).toBe(true);
    const { silentMs, repeatedMs } = station.rig.of('switch')[0]!;
    expect(silentMs).toBeGreaterThan(2_400);
    expect(silentMs).toBeLessThan(2_600);
    expect(repeatedMs).toBe(0);
  });

  it('repeats what it is behind, when that is more', () => {
    const { station, heard } = dies(4_800);
    expect(station.switches).toEqual(['stalled']);
    const { silentMs, repeatedMs } = station.rig.of('switch')[0]!;
    expect(silentMs).toBeLessThan(350);
    expect(repeatedMs).toBeGreaterThan(4_400);
    const back = heard.findIndex((number, index) => index > 0 && number !== heard[index - 1]! + 1);
    expect((heard[back - 1]! + 1 - heard[back]!) * FRAME_MS).toBeCloseTo(repeatedMs, -1);
    expect(isUnbroken(heard.slice(back))).toBe(true);
  });

  it('goes on at once when it has been there all the time, and after a grace when it comes back itself', () => {
    const station = new Station({ slowerMs: 500, settings: { resumeGraceMs: 1_000 } });
    station.on(10_000);
    station.on(12_000, [station.backup]);
    expect(station.rig.of('switch')[0]!.silentMs).toBeLessThan(550);

    const away = new Station({ settings: { resumeGraceMs: 1_000 } });
    away.on(10_000);
    away.rig.until(12_000);
    away.on(12_900, [away.backup]);
    expect(away.switches).toEqual([]);
    away.on(13_500, [away.backup]);
    expect(away.switches).toEqual(['stalled']);
  });
});

describe('silence, where a second of it is too much,', () => {
  /** The encoder on air is the slower one, by twice as much as is too much. */
  const silentOf = (matchedBy: Match['by'], isOf: (maker: number) => boolean, policy: MountPolicy = {}): Station => {
    const frame = (number: number, maker: number): Uint8Array => {
      const isSilent = isOf(maker) && number * FRAME_MS >= 20_000 && number * FRAME_MS < 30_000;
      return isSilent ? silent(numbered(number, maker)) : numbered(number, maker);
    };
    const station = new Station({ matchedBy, slowerMs: -2_000, settings: { silentSwitchMs: 1_000 }, policy, frame });
    station.on(100, [station.main]);
    station.on(29_000);
    return station;
  };

  it.each(['content', 'arrival'] as const)('of the programme itself takes nobody to who is heard first after it (by %s)', (matchedBy) => {
    const station = silentOf(matchedBy, () => true);
    station.on(40_000);
    expect(station.live).toBe(station.main);
    expect(station.switches).toEqual([]);
  });

  it('of one encoder alone takes them to the other one', () => {
    const station = silentOf('content', (maker) => maker === 1);
    expect(station.live).toBe(station.backup);
    expect(station.switches).toEqual(['silent']);
  });

  it('begins anew with every sound, also one that comes between two bursts of the backup', () => {
    const sounds = [845, 846];
    const frame = (number: number, maker: number): Uint8Array =>
      maker === 1 && number * FRAME_MS >= 20_000 && !sounds.includes(number) ? silent(numbered(number, maker)) : numbered(number, maker);
    const burst = Array.from({ length: 20 }, (_, at) => (19 - at) * FRAME_MS);
    const station = new Station({ settings: { silentSwitchMs: 5_000 }, slowerMs: 0, delaysMs: burst, frame });
    station.on(27_000);
    expect(station.switches).toEqual([]);
    station.on(28_500);
    expect(station.switches).toEqual(['silent']);
  });

  it('of one encoder alone takes nobody to one that only arrivals know, unless all of the mountpoint are to be trusted', () => {
    const station = silentOf('arrival', (maker) => maker === 1);
    expect(station.switches).toEqual([]);
    const trusting = silentOf('arrival', (maker) => maker === 1, { trust: 'all' });
    expect(trusting.switches).toEqual(['silent']);
  });
});

describe('a mountpoint that prefers an encoder', () => {
  const policy = { prefer: 'studio-a', settings: { returnMs: 20_000 } };
  /** The backup is on air, because it was heard first. */
  const station = (): Station => {
    const all = new Station({ policy, slowerMs: -3 });
    all.on(2_100);
    all.rig.tcp(all.main.paths[0]!, origin(all.main.sequence++, 'studio-a', all.main));
    return all;
  };

  it('returns to it when it has been well for long enough', () => {
    const all = station();
    const listener = all.rig.join('test');
    all.on(19_000);
    expect(all.live).toBe(all.backup);
    all.on(25_000);
    expect(all.live).toBe(all.main);
    expect(all.switches).toEqual(['preferred']);
    expect(isUnbroken(all.heard(listener))).toBe(true);
    expect(all.makers(listener)).toEqual([2, 1]);
  });

  it('does not while it comes and goes', () => {
    const all = station();
    for (let atMs = 10_000; atMs <= 60_000; atMs += 10_000) {
      all.on(atMs);
      all.on(atMs + 1_000, [all.backup]);
      all.main.skipTo(atMs + 1_000);
    }
    expect(all.switches).toEqual([]);
  });

  it('does not against what an operator has chosen, until the choice is taken back', () => {
    const all = station();
    all.on(30_000);
    expect(all.live).toBe(all.main);
    const command = (to?: string): unknown =>
      all.rig.edge.command(all.rig.now as Micros, 'test', to === undefined ? { kind: 'automatic' } : { kind: 'switch', to });
    command(all.backup.name);
    all.on(90_000);
    expect(all.live).toBe(all.backup);
    command();
    all.on(115_000);
    expect(all.live).toBe(all.main);
    expect(all.switches).toEqual(['preferred', 'operator', 'preferred']);
  });

  it('leaves the chosen one when it fails, and forgets the choice', () => {
    const all = station();
    all.on(30_000);
    all.rig.edge.command(all.rig.now as Micros, 'test', { kind: 'switch', to: all.backup.name });
    all.on(40_000);
    all.on(45_000, [all.main]);
    expect(all.live).toBe(all.main);
    all.backup.skipTo(45_000);
    all.on(90_000);
    expect(all.live).toBe(all.main);
  });
});
