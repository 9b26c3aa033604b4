import type { Snapshot } from '../../base/snapshot.ts';
import type { Timer } from '../../base/timers.ts';
import { later, NEVER, toMs, type Micros } from '../../base/units.ts';
import { streamName, streamNameAgain, type StreamName } from '../../links/peers/encoder-name.ts';
import type { Playout } from '../playout/playout.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { Candidates } from './candidates.ts';
import type { SwitchingEvent, Unfitness } from './events.ts';

/** So long a backup must stand by before it counts: one that comes and goes is told once in this time at most. */
const COUNTS_AFTER_US = 10_000_000;
/** A pause that its paths do not explain, and that a stream often comes back from. */
const PAUSE_US = 1_000_000;
/** Two encoders lie so far apart at most that their silences are compared: behind one of the programme itself the slower is silent for longer. */
const FAULT_US = 6_000_000;
/** A mountpoint that has had no backup for so long is one of a single encoder. */
const ALONE_AFTER_US = 60_000_000;
const REMIND_US = 60_000_000;
/** How soon it is looked again where there is something to see, and where there is nothing: no timer of a mountpoint that has ended lies about for long. */
const LOOK_US = 500_000;
const IDLE_LOOK_US = 5_000_000;

/** What a mountpoint had before it ended, when it begins anew. */
export interface EarlierRedundancy {
  /** A backup stood by for long enough to be missed. */
  readonly hadBackups: boolean;
  /** Since when it had been without one by then, if that was told. */
  readonly lostSince: Micros | undefined;
}

export interface RedundancyOptions {
  readonly mount: string;
  readonly earlier: EarlierRedundancy;
  readonly playout: Playout;
  readonly candidates: Candidates;
  readonly isOnFallback: () => boolean;
  readonly timer: (reason: 'redundancy', fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: SwitchingEvent) => void;
}

/** What stands by. */
interface Found {
  readonly backup: EdgeStream | undefined;
  readonly backups: number;
  /** All of it would be stalled then. */
  readonly until: number;
  /** Where nothing stands by: for how long that may be no more than a pause. */
  readonly mayPauseUs: number;
}

/**
 * Whether anything stands by at one mountpoint, should its live stream fail. A backup counts that the switcher could enter now.
 *
 *     nothing --a backup for COUNTS_AFTER_US--> redundant --none for as long as it may pause--> lost: told at once, and every minute
 *        |                                          ^                                            |
 *        '--ALONE_AFTER_US: told once               '------ a backup for COUNTS_AFTER_US --------'
 */
export class Redundancy {
  readonly #options: RedundancyOptions;
  readonly #timer: Timer<string>;
  #hadBackups: boolean;
  /** Something stands by, or has until a moment ago. */
  #standsBy = false;
  /** Since when that is so. */
  #since: Micros | undefined;
  /** Since when nothing stands by though something did. */
  #missingSince: Micros | undefined;
  /** Since when it has been without a backup, if that has been told; and when it is told again. */
  #toldSince: Micros | undefined;
  #remindAt: Micros = NEVER;
  /** Who was on air, and who stood by, when somebody did. */
  #live: StreamName = streamName(undefined);
  #backup: StreamName = streamName(undefined);

  constructor(options: RedundancyOptions) {
    this.#options = options;
    this.#hadBackups = options.earlier.hadBackups;
    this.#toldSince = options.earlier.lostSince;
    this.#timer = options.timer('redundancy', (now) => this.#look(now));
  }

  /** What the mountpoint is to know when it begins anew. */
  get earlier(): EarlierRedundancy {
    return { hadBackups: this.#hadBackups, lostSince: this.#hadBackups ? this.#toldSince : undefined };
  }

  /** For how long nothing stands by though something did; 0 while something does, undefined when nothing ever did for long enough. */
  lostUs(now: Micros): number | undefined {
    if (!this.#hadBackups) return undefined;
    return this.#standsBy ? 0 : now - (this.#toldSince ?? this.#since ?? now);
  }

  /** Something of the mountpoint's streams has changed: looks at them once what goes on at this moment is over. */
  changed(now: Micros): void {
    // It has begun anew without a backup, which was told before it ended: that is told again if none comes in time.
    if (this.#since === undefined && this.#toldSince !== undefined) this.#remindAt = later(now, COUNTS_AFTER_US as Micros);
    this.#since ??= now;
    this.#timer.setEarlier(now);
  }

  dispose(): void {
    this.#timer.cancel();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#timer.snapshot(a);
    this.#hadBackups = a.flag(this.#hadBackups);
    this.#standsBy = a.flag(this.#standsBy);
    this.#since = a.maybeNumber(this.#since);
    this.#missingSince = a.maybeNumber(this.#missingSince);
    this.#toldSince = a.maybeNumber(this.#toldSince);
    this.#remindAt = a.number(this.#remindAt);
    this.#live = snapshotName(a, this.#live);
    this.#backup = snapshotName(a, this.#backup);
  }

  #look(now: Micros): void {
    const found = this.#find(now);
    if (found.backup !== undefined) this.#stands(now, found.backup, found.backups);
    else this.#missing(now, found.mayPauseUs);
    this.#timer.set(this.#nextLook(now, found));
  }

  #find(now: Micros): Found {
    const { candidates, playout } = this.#options;
    let backup: EdgeStream | undefined;
    let backups = 0;
    let until = 0;
    let mayPauseUs = 0;
    for (const stream of candidates) {
      if (stream === playout.live) continue;
      const why = candidates.unfitness(now, stream);
      if (why === 'silent' || why === 'frozen') mayPauseUs = FAULT_US;
      else if (why === 'stalled' && !stream.health.isReportedClosed) mayPauseUs = Math.max(mayPauseUs, PAUSE_US);
      if (why !== undefined) continue;
      backup ??= stream;
      backups++;
      until = Math.max(until, stream.health.frameAt + stream.health.stallTimeoutUs);
    }
    return { backup, backups, until, mayPauseUs };
  }

  #stands(now: Micros, backup: EdgeStream, backups: number): void {
    if (!this.#standsBy) this.#since = now;
    this.#standsBy = true;
    this.#missingSince = undefined;
    this.#live = streamNameAgain(this.#options.playout.live, this.#live);
    this.#backup = streamNameAgain(backup, this.#backup);
    if (now - this.#since! < COUNTS_AFTER_US) return;
    this.#hadBackups = true;
    if (this.#toldSince === undefined) return;
    const { mount, event } = this.#options;
    event({ kind: 'redundancy-restored', mount, ...this.#backup, backups, forMs: toMs((now - this.#toldSince) as Micros) });
    this.#toldSince = undefined;
    this.#remindAt = NEVER;
  }

  #missing(now: Micros, mayPauseUs: number): void {
    if (this.#standsBy) {
      this.#missingSince ??= now;
      if (now - this.#missingSince < mayPauseUs) return;
      this.#standsBy = false;
      this.#since = this.#missingSince;
      this.#missingSince = undefined;
      if (this.#hadBackups && this.#toldSince === undefined) return this.#tellLost(now, this.#since);
    } else if (this.#toldSince === undefined && now - this.#since! >= (this.#hadBackups ? COUNTS_AFTER_US : ALONE_AFTER_US)) {
      if (this.#hadBackups) return this.#tellLost(now, this.#since!);
      this.#tellAlone(now);
    }
    this.#remind(now);
  }

  #remind(now: Micros): void {
    if (now >= this.#remindAt) this.#tellLost(now, this.#toldSince!);
  }

  #tellLost(now: Micros, since: Micros): void {
    this.#toldSince = since;
    this.#remindAt = later(now, REMIND_US as Micros);
    const { mount, playout, event } = this.#options;
    const { origin, source, stream } = this.#onAir(now);
    const lost = this.#backup.stream === playout.live?.name ? this.#live : this.#backup;
    event({ kind: 'backup-lost', mount, ...lost, why: this.#whyLost(now, lost), onAirOrigin: origin, onAirSource: source, onAir: stream, forMs: toMs((now - since) as Micros) });
  }

  /** Nothing is said of a mountpoint whose encoder is away, too. */
  #tellAlone(now: Micros): void {
    const { mount, event } = this.#options;
    const onAir = this.#onAir(now);
    if (onAir.stream === '') return;
    this.#toldSince = this.#since;
    event({ kind: 'no-backup', mount, ...onAir, forMs: toMs((now - this.#since!) as Micros) });
  }

  #whyLost(now: Micros, { stream: name }: StreamName): Unfitness {
    const { candidates } = this.#options;
    for (const stream of candidates) if (stream.name === name) return candidates.unfitness(now, stream) ?? 'stalled';
    return 'gone';
  }

  /** The stream that is heard. */
  #onAir(now: Micros): StreamName {
    const { isOnFallback, playout: { live } } = this.#options;
    return streamName(isOnFallback() || live?.isHealthy(now) !== true ? undefined : live);
  }

  #nextLook(now: Micros, { backup, until, mayPauseUs }: Found): Micros {
    const { candidates } = this.#options;
    const looksOften = backup !== undefined || this.#standsBy || candidates.size > 1;
    let at = now + (looksOften ? LOOK_US : IDLE_LOOK_US);
    if (backup !== undefined) at = Math.min(at, until);
    else if (this.#missingSince !== undefined) at = Math.min(at, this.#missingSince + mayPauseUs);
    else if (this.#toldSince !== undefined) at = Math.min(at, this.#remindAt);
    else at = Math.min(at, this.#since! + (this.#hadBackups ? COUNTS_AFTER_US : ALONE_AFTER_US));
    // What was due may have to wait for a stream that is heard.
    return (at > now ? at : now + LOOK_US) as Micros;
  }
}

function snapshotName(a: Snapshot, { origin, source, stream }: StreamName): StreamName {
  return { origin: a.text(origin), source: a.text(source), stream: a.text(stream) };
}
