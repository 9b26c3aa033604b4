import type { Snapshot } from '../../../base/snapshot.ts';
import type { EdgeStream } from '../../stream/stream.ts';
import type { SwitchingEvent } from '../events.ts';
import { streamName } from '../../../links/peers/encoder-name.ts';
import type { Settings } from '../../../config/settings.ts';
import type { Timer } from '../../../base/timers.ts';
import { later, ms, toMs, type Micros } from '../../../base/units.ts';
import type { BackupChoice } from '../backup-choice.ts';
import type { Candidates } from '../candidates.ts';
import type { Playout } from '../../playout/playout.ts';
import type { MountState } from '../../playout/state.ts';
import type { FallbackTurns } from '../fallback-turns.ts';

export type LiveWatchReason = 'stream-stalls' | 'resume-grace';

export interface LiveWatchOptions {
  readonly mount: string;
  readonly settings: Settings;
  readonly playout: Playout;
  readonly candidates: Candidates;
  readonly backups: BackupChoice;
  readonly state: MountState;
  /** Is told until when the fallback is not needed. */
  readonly turns: FallbackTurns;
  readonly timer: (reason: LiveWatchReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: SwitchingEvent) => void;
  /** The live stream has to be left, for it has stalled: whether a backup was entered. */
  readonly leave: (now: Micros) => boolean;
}

/** How soon it is looked again whether a pause is still the network's fault. */
const LOOK_AGAIN_US = 25_000;

/**
 * For how long the live stream of one mountpoint is waited for, and what becomes of that.
 *
 *     live    --silent for longer than its cadence explains--> left for a backup; with none there: stalled
 *     stalled --its next frame------------------------------> live
 *             --programme from elsewhere--------------------> left: at once, or after `resumeGraceMs` if it may be right behind
 */
export class LiveWatch {
  readonly #options: LiveWatchOptions;
  readonly #settings: Settings;
  readonly #playout: Playout;
  readonly #candidates: Candidates;
  readonly #backups: BackupChoice;
  readonly #state: MountState;
  readonly #stall: Timer<string>;
  readonly #grace: Timer<string>;

  constructor(options: LiveWatchOptions) {
    const { settings, playout, candidates, backups, state, timer, leave } = options;
    this.#options = options;
    this.#settings = settings;
    this.#playout = playout;
    this.#candidates = candidates;
    this.#backups = backups;
    this.#state = state;
    this.#stall = timer('stream-stalls', (now) => this.#stalled(now));
    this.#grace = timer('resume-grace', (now) => leave(now));
  }

  /** The live stream has given a frame, or is another one now: when the next one must have come. */
  awaitNext(now: Micros): void {
    const stallsAt = this.#stallsAt(now);
    this.#stall.set(stallsAt);
    this.#options.turns.heard(this.#liveAt, stallsAt);
  }

  /** What is wanted of the mountpoint has changed: its fallback, or how soon that is needed. */
  policyChanged(now: Micros): void {
    const { live } = this.#playout;
    if (live === undefined || this.#state.kind === 'fallback') return;
    if (this.#state.isStalled) this.#options.turns.heard(this.#liveAt, now);
    else this.awaitNext(now);
  }

  /** The relays say that its encoder is gone: it is waited for a shorter time. */
  hurry(now: Micros): void {
    if (this.#stall.armed) this.#stall.setEarlier(this.#stallsAt(now));
  }

  /** The live stream has given a frame. */
  recovered(now: Micros): void {
    if (!this.#state.isStalled) return;
    this.left();
    this.#options.event({ kind: 'resumed', mount: this.#options.mount, ...streamName(this.#playout.live!), silentMs: this.#silentMs(now) });
  }

  /** It has stalled, and programme comes from elsewhere. After an outage of everything it may be right behind. */
  backupFrame(now: Micros, stream: EdgeStream): void {
    if (this.#grace.armed) return;
    const isBursting = stream.health.isBursting(now);
    // It may be that nothing comes behind its burst.
    const wasAway = isBursting || stream.health.steadySince > this.#playout.givenAt;
    if (!wasAway) this.#options.leave(now);
    else if (isBursting || this.#backups.best(now) !== undefined) this.#grace.set(later(now, ms(this.#settings.resumeGraceMs)));
  }

  /** It is no longer waited for: it goes on, or another one is entered. */
  left(): void {
    this.#state.live();
    this.#grace.cancel();
  }

  dispose(): void {
    this.#stall.cancel();
    this.#grace.cancel();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#stall.snapshot(a);
    this.#grace.snapshot(a);
  }

  /** When the live stream gave its last frame that could be heard; one that has gone from the mountpoint may go on elsewhere. */
  get #liveAt(): Micros {
    const live = this.#playout.live!;
    return (this.#candidates.has(live) ? live.health.frameAt : this.#playout.givenAt) as Micros;
  }

  /** When the live stream has been silent for as long as it is waited for, as far as is known now: not before `now`. */
  #stallsAt(now: Micros): Micros {
    const frameAt = this.#liveAt;
    const { stallTimeoutUs } = this.#playout.live!.health;
    const excusedUntil = frameAt + ms(this.#settings.troubledStallMs);
    // Any stream of the mountpoint can show trouble on the way: they often have the network in common.
    const isExcused = now >= frameAt + stallTimeoutUs && now < excusedUntil && [...this.#candidates].some((stream) => stream.messages.isPathInTrouble(now));
    return (isExcused ? Math.min(excusedUntil, now + LOOK_AGAIN_US) : Math.max(now, frameAt + stallTimeoutUs)) as Micros;
  }

  #stalled(now: Micros): void {
    const { live } = this.#playout;
    if (live === undefined) return;
    // What was said against it has been taken back, or the network is to blame.
    if (now < this.#stallsAt(now)) {
      this.awaitNext(now);
      return;
    }
    const { mount, turns, event, leave } = this.#options;
    if (leave(now)) return;
    this.#state.stalled();
    turns.heard(this.#liveAt, now);
    event({
      kind: 'stalled',
      mount,
      ...streamName(live),
      silentMs: this.#silentMs(now),
      thresholdMs: toMs(live.health.stallTimeoutUs as Micros),
      backups: this.#candidates.size - (this.#candidates.has(live) ? 1 : 0),
    });
  }

  #silentMs(now: Micros): number {
    return toMs((now - this.#playout.givenAt) as Micros);
  }
}
