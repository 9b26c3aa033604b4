import type { Settings } from '../../config/settings.ts';
import { earliest, later, ms, type Micros } from '../../base/units.ts';

/** In the time after which a target counts as stuck. */
const LOOKS = 4;

/** What is known of a connection when it is looked at. */
export interface Look {
  /** Bytes that the system has taken, and whether it has more to take. */
  readonly takenBytes: number;
  readonly isBacklogged: boolean;
  /** Something was sent that the other side will confirm, and has not. */
  readonly isOwed: boolean;
}

/**
 * Whether what is sent by a connection gets anywhere.
 *
 * A system takes hundreds of kilobytes for a peer that is no longer there: of one that confirms, only that is progress. Of
 * one that never does, what the system takes is all there is to go by.
 */
export class Progress {
  readonly #settings: Settings;
  #takenBytes = 0;
  /** The other side has confirmed something by this connection. */
  #isConfirmed = false;
  /** It has by this one or an earlier one: so it will by this one, if that leads anywhere. */
  #confirms = false;
  /** How long there has been no progress, and when that was last looked at. */
  #stuckUs = 0 as Micros;
  #lookedAt = 0 as Micros;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** For how long there has been none. */
  get stuckUs(): Micros {
    return this.#stuckUs;
  }

  get isStuck(): boolean {
    return this.#stuckUs >= ms(this.#settings.targetStuckMs);
  }

  /** While something is owed it is looked at this often. */
  get lookUs(): Micros {
    return ms(this.#settings.targetStuckMs / LOOKS);
  }

  /** A new connection. */
  begin(now: Micros): void {
    this.#takenBytes = 0;
    this.#isConfirmed = false;
    this.#stuckUs = 0 as Micros;
    this.#lookedAt = now;
  }

  look(now: Micros, { takenBytes, isBacklogged, isOwed }: Look): void {
    const goesOn = this.#confirms ? !isOwed : takenBytes > this.#takenBytes || !isBacklogged;
    // However much time has passed since the last look: an acknowledgement may be waiting, behind a pause or a clock that was set.
    this.#stuckUs = goesOn ? (0 as Micros) : later(this.#stuckUs, earliest((now - this.#lookedAt) as Micros, this.lookUs));
    this.#lookedAt = now;
    this.#takenBytes = Math.max(this.#takenBytes, takenBytes);
  }

  /** The other side has confirmed something. @param isNew it had not before. */
  confirmed(now: Micros, isNew: boolean): void {
    this.#isConfirmed = true;
    this.#confirms = true;
    if (!isNew) return;
    this.#stuckUs = 0 as Micros;
    this.#lookedAt = now;
  }

  /**
   * The connection is given up. True when nothing is to be expected of the next one: a relay can be replaced by one that confirms nothing, and
   * that is held against one connection only.
   */
  giveUp(): boolean {
    if (this.#isConfirmed) return false;
    this.#confirms = false;
    return true;
  }
}
