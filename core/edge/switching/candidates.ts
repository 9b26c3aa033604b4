import type { Snapshot } from '../../base/snapshot.ts';
import type { EdgeStream } from '../stream/stream.ts';
import { canFollow, isSameFormat } from '../../codec/formats.ts';
import type { Match, Matcher } from '../content/matcher.ts';
import type { CurrentPolicy } from '../../config/policies.ts';
import type { Settings } from '../../config/settings.ts';
import type { Micros } from '../../base/units.ts';
import type { Playout } from '../playout/playout.ts';
import type { Unfitness } from './events.ts';
import type { PlannedReason } from './triggers/switch-triggers.ts';
import { hasContentFaultBeside, contentFaultOf } from './triggers/content-fault.ts';
import { isThere, takeoverAtNewest, takeoverBy, type Takeover } from '../playout/takeover.ts';
import { Standing, type Trust } from './trust.ts';

/** An edge may have been started in a silence of the programme; one that goes on for so long is none. */
const NO_SOUND_US = 60_000_000;

export interface CandidatesOptions {
  /** Of the mountpoint. */
  readonly wanted: CurrentPolicy;
  readonly matcher: Matcher;
  readonly playout: Playout;
  readonly trust: Trust;
}

/** The streams of one mountpoint, and how each of them could go on where the live one has ended. */
export class Candidates {
  readonly #settings: Settings;
  readonly #wanted: CurrentPolicy;
  readonly #matcher: Matcher;
  readonly #playout: Playout;
  readonly #trust: Trust;
  #streams: Set<EdgeStream> = new Set();

  constructor({ wanted, matcher, playout, trust }: CandidatesOptions) {
    this.#wanted = wanted;
    this.#settings = wanted.settings;
    this.#matcher = matcher;
    this.#playout = playout;
    this.#trust = trust;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Those besides the live one that could follow it. */
  get backups(): readonly EdgeStream[] {
    return [...this.#streams].filter((stream) => stream !== this.#playout.live && this.fits(stream));
  }

  has(stream: EdgeStream): boolean {
    return this.#streams.has(stream);
  }

  add(stream: EdgeStream): void {
    this.#streams.add(stream);
  }

  delete(stream: EdgeStream): boolean {
    return this.#streams.delete(stream);
  }

  [Symbol.iterator](): Iterator<EdgeStream> {
    return this.#streams.values();
  }

  /** Frames of another family of codecs cannot follow those on air in one stream. */
  fits(stream: EdgeStream): boolean {
    return canFollow(stream.format, this.#playout.format);
  }

  /** Of the format on air, so that no player notices. */
  isAlike(stream: EdgeStream): boolean {
    return isSameFormat(stream.format, this.#playout.format);
  }

  /** Players would have to change over to another format, and need not: a healthy backup of theirs is there. */
  isSecondChoice(now: Micros, stream: EdgeStream): boolean {
    return !this.isAlike(stream) && this.hasAlikeBackup(now);
  }

  /** Why a stream could not go on in place of the live one; undefined: it stands by. */
  unfitness(now: Micros, stream: EdgeStream): Unfitness | undefined {
    const { live } = this.#playout;
    if (!this.fits(stream)) return 'other-format';
    if (!stream.messages.hasPath) return 'no-path';
    if (stream.health.pace.isUnpaced) return 'unpaced';
    if (!stream.isHealthy(now)) return 'stalled';
    if (live === undefined) return undefined;
    if (this.#trust.standing(now, stream, live) === Standing.stranger) return 'stranger';
    return hasContentFaultBeside(stream, live, this.#settings) ? contentFaultOf(stream, this.#settings) : undefined;
  }

  /** Whether any stream, the live one too, comes in its cadence and could be heard. */
  anyHealthy(now: Micros): boolean {
    return [...this.#streams].some((stream) => this.fits(stream) && stream.isHealthy(now));
  }

  /** Whether what a stream sends is no programme: another one, heard at the same time, carries some. */
  hasContentFault(now: Micros, stream: EdgeStream): boolean {
    if (contentFaultOf(stream, this.#settings) === undefined) return false;
    const isWell = (other: EdgeStream): boolean => other !== stream && this.fits(other) && other.isHealthy(now);
    return [...this.#streams].some((other) => isWell(other) && hasContentFaultBeside(stream, other, this.#settings) && this.maySucceed(now, other));
  }

  /** Whether it may be heard instead of a live stream that has a content fault, or is that. */
  maySucceed(now: Micros, stream: EdgeStream): boolean {
    const { live } = this.#playout;
    if (live === undefined || stream === live || this.#trust.isSame(stream, live)) return true;
    return this.#showsNoProgramme(now, live, stream);
  }

  /** Whether the listeners had to leave its programme for the live stream's, which is another one. */
  isHomecoming(stream: EdgeStream): boolean {
    const { live } = this.#playout;
    return live !== undefined && this.#trust.isHomecoming(stream, live);
  }

  /** Whether it may take the listeners from the live stream, which serves. */
  allows(now: Micros, reason: PlannedReason | 'lost', stream: EdgeStream): boolean {
    const { live } = this.#playout;
    if (live === undefined) return false;
    if (this.#trust.allows(now, reason, stream, live)) return true;
    return reason === contentFaultOf(live, this.#settings) && this.#showsNoProgramme(now, live, stream);
  }

  /**
   * How far it is believed, when the live stream has to be left. After a pause of one of the two it is not known to carry the same until that has been
   * seen again: meanwhile a match by content counts as much as to have been there for long.
   */
  standing(now: Micros, stream: EdgeStream): number {
    const { live } = this.#playout;
    if (live === undefined) return 0;
    const standing = this.#trust.standing(now, stream, live);
    return standing === Standing.newcomer && this.isMatched(stream) ? Standing.settled : standing;
  }

  /** Whether another healthy one is believed more. */
  isOutranked(now: Micros, stream: EdgeStream): boolean {
    const own = this.standing(now, stream);
    return this.backups.some((other) => other !== stream && other.isHealthy(now) && this.standing(now, other) > own);
  }

  /** The same, or the mountpoint takes silence and repetition for none: of one stream alone nobody can tell. */
  isNoProgramme(now: Micros, stream: EdgeStream): boolean {
    const isSuspect = this.#wanted.policy.fallbackOnSilence === true && contentFaultOf(stream, this.#settings) !== undefined;
    return isSuspect || this.hasContentFault(now, stream);
  }

  /** Where the point at which the listeners are lies in another stream; undefined for the live one, too. */
  matchOf(stream: EdgeStream): Match | undefined {
    const { live, playheadUs } = this.#playout;
    if (live === undefined || stream === live) return undefined;
    const leftUs = this.#playout.leftAt(stream);
    return leftUs === undefined ? this.#matcher.locate(live, playheadUs, stream) : { mediaUs: leftUs, by: 'content' };
  }

  /** Whether what is in a backup says where it lies against the live stream. */
  isMatched(stream: EdgeStream): boolean {
    const { live, playheadUs } = this.#playout;
    return live !== undefined && (this.#matcher.locate(live, playheadUs, stream)?.by ?? 'arrival') !== 'arrival';
  }

  /** Programme that a stream has beyond the point where the listeners are; undefined where the two cannot be compared. */
  aheadUs(stream: EdgeStream): number | undefined {
    const { live, playheadUs } = this.#playout;
    if (live === undefined || stream.ring.count === 0 || !this.#streams.has(stream)) return undefined;
    if (stream === live) return stream.ring.endUs - playheadUs;
    const match = this.matchOf(stream);
    return match === undefined ? undefined : stream.ring.endUs - match.mediaUs;
  }

  /** The same by what is in the streams; undefined where only arrivals could say. */
  contentAheadUs(backup: EdgeStream): number | undefined {
    const match = this.matchOf(backup);
    return match === undefined || match.by === 'arrival' ? undefined : backup.ring.endUs - match.mediaUs;
  }

  /** How a backup could take over. Where a stream that comes faster than real time is in the programme says nothing of the others. */
  takeoverBy(backup: EdgeStream): Takeover | undefined {
    const { live } = this.#playout;
    if (live === undefined) return undefined;
    if (live.health.pace.isUnpaced) return takeoverAtNewest(backup);
    const match = this.matchOf(backup);
    return match === undefined ? undefined : takeoverBy(backup, match);
  }

  /** All that it has are frames that were heard. */
  isHeard(stream: EdgeStream): boolean {
    const takeover = this.takeoverBy(stream);
    return takeover?.matchedBy === 'frames' && !isThere(takeover);
  }

  /** Whether a healthy backup has the format on air. */
  hasAlikeBackup(now: Micros): boolean {
    return [...this.#streams].some((stream) => stream !== this.#playout.live && this.isAlike(stream) && stream.isHealthy(now));
  }

  /** Saves or restores which they are. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#streams = new Set(a.list(this.#streams, reference));
  }

  /**
   * The live stream has failed though it goes on: it repeats itself to the byte, or has never had a sound for as long as it is known. Then there is
   * nothing that a backup could agree with, and any is better, unless others show the same: then that is the programme.
   */
  #showsNoProgramme(now: Micros, live: EdgeStream, backup: EdgeStream): boolean {
    const contentFault = contentFaultOf(live, this.#settings);
    const { hasSounded, silentUs } = live.contentHealth;
    if (contentFault === undefined || (contentFault === 'silent' && (hasSounded || silentUs < NO_SOUND_US))) return false;
    if (this.#trust.isDifferent(live, backup)) return false;
    return ![...this.#streams].some((other) => other !== live && other !== backup && other.isHealthy(now) && contentFaultOf(other, this.#settings) === contentFault);
  }
}
