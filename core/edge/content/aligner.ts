import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import type { Agreement, Match, Matchable, Matcher } from './matcher.ts';
import type { Alignment, Correlator } from './correlation.ts';

/** Where a backup lies against the live stream. */
interface Lag {
  /** Media time of the backup less that of the live stream, at the same point of the programme; undefined: not known. */
  lagUs: number | undefined;
  /** On the backup's media clock: when it was confirmed last, and when it is looked at next. */
  confirmedUs: number;
  lookUs: number;
  /** What the arrivals said then. */
  arrivalUs: number;
  /** Looks in a row at which the loudness envelopes did not fit where they should. */
  misses: number;
  /** Another lag than the known one. When the next look finds it again it is believed. */
  doubtUs: number | undefined;
  /** Of the look that confirmed it last. A figure to look at: no saved state has it. */
  agreement?: Agreement;
}

/** A known lag is looked at this often, an unknown one twice as often. */
const LOOK_US = 2_000_000;
/** So long a lag counts that no look has confirmed: sample clocks 400 ppm apart go 12 ms in it, half a frame. */
const FRESH_US = 30_000_000;
/** Encoders' delays differ by up to five seconds, a satellite feed beside a fibre; the arrivals that we start from are not exact. */
export const FAR_US = 5_200_000;
/** A known lag drifts; what lies further off is another one. */
const NEAR_US = 80_000;
/**
 * What two looks may differ by and mean the same: three times the scatter that was measured, of 1.6 ms on speech and on music in frames of
 * 26 ms or less, and of 4 ms in the frames of 46 ms that AAC has at 22.05 kHz.
 */
export const SAME_US = 12_000;
/** When the arrivals say something so different from before, an encoder has jumped in the programme, and its content with it. */
const JUMP_US = 150_000;
/** After so many misses in a row a known lag is none any more. */
const MOST_MISSES = 3;
/** How much of the difference a look corrects: single looks scatter by one to three milliseconds. */
const CORRECTION = 0.3;
/**
 * What two loudness envelopes are believed. Measured in ten seconds of speech: 0.78 to 0.9 for two encoders of it and 0.6 to 0.73 for one at
 * a constant and one at a variable rate, with at most 0.46 elsewhere; a voice that counts the seconds reaches 0.8 against
 * another part of itself, with 0.66 elsewhere, and 0.86 to 0.9 where it fits, with up to 0.75 elsewhere.
 */
export const LEAST_PEAK = 0.5;
const CLEAR = { peak: 0.55, nextShare: 0.72 } as const;
const STRONG = { peak: 0.84, lead: 0.1 } as const;

/**
 * Finds the same point of the programme in two streams by what is in them: the loudness envelope of how loud they are. Where that
 * says nothing (silence, a tone, a loop, another programme, too little heard yet), by when the frames came.
 *
 * It follows each backup of one mountpoint all the time: one look every two seconds, which takes 40 µs when it only confirms
 * what is known, and 160 µs when it has to search; 250 mountpoints with a backup each, half a percent of a processor. All
 * mountpoints share the budget of one correlator: what that cannot do at once waits for one of the next frames.
 */
export class Aligner implements Matcher {
  readonly #correlator: Correlator;
  #lags: Map<Matchable, Lag> = new Map();

  /** @param correlator of the edge. */
  constructor(correlator: Correlator) {
    this.#correlator = correlator;
  }

  locate(from: Matchable, mediaUs: number, to: Matchable): Match | undefined {
    const lag = this.#knownLag(from, to);
    if (lag !== undefined) return { mediaUs: mediaUs + lag, by: 'content' };
    const arrivalUs = arrivalLag(from, to);
    return Number.isFinite(arrivalUs) ? { mediaUs: mediaUs + arrivalUs, by: 'arrival' } : undefined;
  }

  agreement(backup: Matchable): Agreement | undefined {
    return this.#lags.get(backup)?.agreement;
  }

  heard(now: Micros, live: Matchable, backup: Matchable): void {
    const mediaUs = backup.timeline.mediaUs;
    const lag = this.#lagOf(backup, mediaUs);
    if (mediaUs < lag.lookUs || !this.#correlator.isFree(now)) return;
    const known = this.#knownLag(live, backup);
    lag.lookUs = mediaUs + (known === undefined ? LOOK_US / 2 : LOOK_US);
    const arrivalUs = arrivalLag(live, backup);
    const centre = known ?? arrivalUs;
    const reach = known === undefined ? FAR_US : NEAR_US;
    const found = this.#correlator.align(live.envelope, backup.envelope, centre - reach, centre + reach);
    // Without a loudness envelope (silence, a tone) what is known stays as true as it was.
    if (found === undefined) return;
    if (known === undefined ? !isSure(found) : found.peak < LEAST_PEAK) {
      lag.misses++;
      return;
    }
    if (known !== undefined && Math.abs(found.lagUs - known) <= SAME_US) lag.lagUs = known + CORRECTION * (found.lagUs - known);
    else if (lag.doubtUs === undefined || Math.abs(found.lagUs - lag.doubtUs) > SAME_US) {
      lag.doubtUs = found.lagUs;
      return;
    } else lag.lagUs = (found.lagUs + lag.doubtUs) / 2;
    lag.agreement = { confidence: found.peak, errorUs: Math.abs(found.lagUs - (known ?? found.lagUs)) };
    lag.doubtUs = undefined;
    lag.misses = 0;
    lag.confirmedUs = mediaUs;
    lag.arrivalUs = arrivalUs;
  }

  switched(from: Matchable, to: Matchable): void {
    const shift = this.#knownLag(from, to);
    const arrivalShift = this.#lags.get(to)?.arrivalUs ?? 0;
    this.#lags.delete(to);
    if (shift === undefined) {
      this.#lags.clear();
      return;
    }
    for (const lag of this.#lags.values()) {
      if (lag.lagUs !== undefined) lag.lagUs -= shift;
      if (lag.doubtUs !== undefined) lag.doubtUs -= shift;
      lag.arrivalUs -= arrivalShift;
    }
    const mediaUs = from.timeline.mediaUs;
    this.#lags.set(from, { lagUs: -shift, confirmedUs: mediaUs, lookUs: mediaUs, arrivalUs: -arrivalShift, misses: 0, doubtUs: undefined });
  }

  forget(stream: Matchable): void {
    this.#lags.delete(stream);
  }

  snapshot(a: Snapshot, reference: (stream: Matchable | undefined) => Matchable): void {
    this.#lags = new Map(
      a.list(this.#lags, (entry) => [
        reference(entry?.[0]),
        {
          lagUs: a.maybeNumber(entry?.[1].lagUs),
          confirmedUs: a.number(entry?.[1].confirmedUs ?? 0),
          lookUs: a.number(entry?.[1].lookUs ?? 0),
          arrivalUs: a.number(entry?.[1].arrivalUs ?? 0),
          misses: a.number(entry?.[1].misses ?? 0),
          doubtUs: a.maybeNumber(entry?.[1].doubtUs),
        },
      ]),
    );
  }

  #lagOf(backup: Matchable, mediaUs: number): Lag {
    const known = this.#lags.get(backup);
    if (known !== undefined) return known;
    const lag: Lag = { lagUs: undefined, confirmedUs: 0, lookUs: mediaUs + LOOK_US, arrivalUs: 0, misses: 0, doubtUs: undefined };
    this.#lags.set(backup, lag);
    return lag;
  }

  /** As long as nothing speaks against it. */
  #knownLag(live: Matchable, backup: Matchable): number | undefined {
    const lag = this.#lags.get(backup);
    if (lag?.lagUs === undefined || lag.misses >= MOST_MISSES) return undefined;
    if (backup.timeline.mediaUs - lag.confirmedUs > FRESH_US) return undefined;
    return Math.abs(arrivalLag(live, backup) - lag.arrivalUs) > JUMP_US ? undefined : lag.lagUs;
  }
}

/** Whether they agree here, and nowhere else nearly as well. */
export function isSure({ peak, next }: Alignment): boolean {
  return (peak >= CLEAR.peak && next <= CLEAR.nextShare * peak) || (peak >= STRONG.peak && peak - next >= STRONG.lead);
}

/** How much later the backup's media clock is than the live stream's, if both came equally fast. */
export function arrivalLag(live: Matchable, backup: Matchable): number {
  return live.timeline.originUs - backup.timeline.originUs;
}
