import type { Snapshot } from '../../../base/snapshot.ts';
import { FAR_US } from '../../content/aligner.ts';
import type { EdgeStream } from '../../stream/stream.ts';
import type { Settings } from '../../../config/settings.ts';
import { ms, type Micros } from '../../../base/units.ts';
import { beginningFaultOf, hasContentFaultBeside, mayHaveContentFault, seemsLooped, type ContentFault } from './content-fault.ts';

/** Why a live stream that serves is left all the same. */
export type PlannedReason = 'operator' | 'unpaced' | 'foreign' | ContentFault | 'behind' | 'lossy' | 'preferred';

/** Why a backup is to be entered. */
export interface SwitchTrigger {
  readonly reason: PlannedReason;
  /** For how much longer than the reason asks for it has been so. */
  readonly overdueUs: number;
}

/** What the listeners have, and what an operator wants. */
export interface Situation {
  readonly live: EdgeStream;
  readonly playheadUs: number;
  readonly wanted: EdgeStream | undefined;
  /** The live stream carries another programme than what it was taken for, and the backup that. */
  readonly isHomecoming: boolean;
  /** Players would have to change over to the format of the backup: no gain is worth that, only a live stream that says nothing. */
  readonly changesFormat: boolean;
  /** And need not, for another backup has the format that they have. */
  readonly isSecondChoice: boolean;
  /** An operator's choice is on air: nobody knows better. */
  readonly isChosen: boolean;
}

/** What is seen of one of them at one point of the programme must hold for so long. */
const LEAST_HELD_US = 1_000_000;

/**
 * Looks, at each frame of a backup, whether there is a reason to leave the live stream for it though that serves, and for
 * how long there has been one. Each reason asks for its time, so that what comes and goes does not take the listeners along.
 */
export class SwitchTriggers {
  readonly #settings: Settings;
  readonly #prefer: (stream: EdgeStream) => boolean;
  readonly #aheadUs: (backup: EdgeStream) => number | undefined;
  #since: Map<EdgeStream, { readonly reason: PlannedReason; readonly at: Micros }> = new Map();

  /**
   * @param prefer says whether listeners are to return to a stream.
   * @param aheadUs programme that a backup is ahead of them; undefined when only arrivals could say. It is asked for only where it decides.
   */
  constructor(settings: Settings, prefer: (stream: EdgeStream) => boolean, aheadUs: (backup: EdgeStream) => number | undefined) {
    this.#settings = settings;
    this.#prefer = prefer;
    this.#aheadUs = aheadUs;
  }

  /** Why this healthy backup is to be entered; undefined: it is not, or not yet. */
  look(now: Micros, backup: EdgeStream, situation: Situation): SwitchTrigger | undefined {
    const reason = this.#reason(now, backup, situation);
    if (reason === undefined) {
      this.#since.delete(backup);
      return undefined;
    }
    const known = this.#since.get(backup);
    const sinceAt = known?.reason === reason ? known.at : now;
    if (known?.reason !== reason) this.#since.set(backup, { reason, at: now });
    // What loses and pauses is not well.
    const heldSince = reason === 'preferred' ? Math.max(sinceAt, backup.health.steadySince) : sinceAt;
    const overdueUs = now - heldSince - this.#heldUs(reason, backup);
    return overdueUs >= 0 ? { reason, overdueUs } : undefined;
  }

  /** The live stream has one more frame: a silence can end, and begin again, between two frames of a backup that comes in bursts. */
  heardLive({ contentHealth }: EdgeStream): void {
    if (this.#since.size === 0 || contentHealth.silentUs > 0) return;
    for (const [backup, { reason }] of this.#since) if (reason === 'silent') this.#since.delete(backup);
  }

  /** Another stream is on air: all are looked at anew. */
  clear(): void {
    this.#since.clear();
  }

  forget(stream: EdgeStream): void {
    this.#since.delete(stream);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#since = new Map(
      a.list(this.#since, (entry) => [
        reference(entry?.[0]),
        { reason: a.text(entry?.[1].reason ?? 'behind'), at: a.number(entry?.[1].at ?? (0 as Micros)) },
      ]),
    );
  }

  #reason(now: Micros, backup: EdgeStream, situation: Situation): PlannedReason | undefined {
    const { live, playheadUs, wanted, isHomecoming, changesFormat, isSecondChoice, isChosen } = situation;
    if (wanted === backup) return 'operator';
    if (isSecondChoice) return undefined;
    if (live.health.pace.isUnpaced) return 'unpaced';
    if (isHomecoming && !isChosen && !mayHaveContentFault(backup, this.#settings)) return 'foreign';
    const isWell = !hasContentFaultBeside(backup, live, this.#settings);
    const fault = isChosen ? undefined : beginningFaultOf(live, this.#settings);
    if (fault !== undefined && !mayHaveContentFault(backup, this.#settings)) return fault;
    if (!isChosen && isWell && seemsLooped(live, backup, this.#settings) && this.#aheadUs(backup) === undefined) return 'frozen';
    if (!isWell || changesFormat) return undefined;
    if (this.#isBehind(now, live, playheadUs, backup)) return 'behind';
    if (this.#isLossier(now, live, backup)) return 'lossy';
    const mayReturn = !isChosen && wanted === undefined;
    return mayReturn && this.#prefer(backup) && !this.#prefer(live) ? 'preferred' : undefined;
  }

  #heldUs(reason: PlannedReason, backup: EdgeStream): number {
    if (reason === 'silent') return Math.max(ms(this.#settings.silentSwitchMs), this.#soonestUs(backup));
    if (reason === 'frozen') return Math.max(ms(this.#settings.frozenSwitchMs), this.#soonestUs(backup));
    // After an outage of both each is ahead by turns, while they send what they have kept.
    if (reason === 'behind' || reason === 'foreign') return ms(this.#settings.resumeGraceMs);
    return reason === 'preferred' ? ms(this.#settings.returnMs) : 0;
  }

  /** After a silence of the programme itself the encoder that is ahead is heard first. */
  #soonestUs(backup: EdgeStream): number {
    const aheadUs = this.#aheadUs(backup);
    return LEAST_HELD_US + (aheadUs === undefined ? FAR_US : Math.max(0, aheadUs));
  }

  /**
   * A source that comes in long bursts, or a path that stutters, has the stall timeout of its cadence, and one that is too slow never
   * pauses at all. But the listeners need not share that when a backup has been ahead for long, by the arrivals of
   * both, and has its arrivals known. Of two equally bursty ones each is ahead of the other by turns: there it takes more than a burst.
   * Where their content tells what the listeners could have, it has to agree.
   */
  #isBehind(now: Micros, live: EdgeStream, playheadUs: number, backup: EdgeStream): boolean {
    if (now - backup.health.framesSince < ms(this.#settings.behindSettleMs)) return false;
    const isSteadier = 2 * backup.health.stallTimeoutUs <= live.health.stallTimeoutUs;
    const leastUs = Math.max(ms(this.#settings.behindSwitchMs), isSteadier ? 0 : live.health.stallTimeoutUs);
    if (!(backup.ring.endUs - playheadUs - (live.timeline.originUs - backup.timeline.originUs) >= leastUs)) return false;
    const aheadUs = this.#aheadUs(backup);
    return aheadUs === undefined || aheadUs >= leastUs;
  }

  /** Each loss may have been too short to leave it. */
  #isLossier(now: Micros, live: EdgeStream, backup: EdgeStream): boolean {
    return live.health.losses.lostUs(now) - backup.health.losses.lostUs(now) >= ms(this.#settings.lossySwitchMs);
  }
}
