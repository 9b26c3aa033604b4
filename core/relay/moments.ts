import type { Micros } from '../base/units.ts';
import type { Path } from '../links/paths/path.ts';
import type { Moment } from '../wire/messages/moment-message.ts';
import type { RelayStream } from './streams/stream.ts';

/** Sends a message to all subscribers and relays that we subscribe to, but for the relay that has said it; undefined: a subscriber has. @param forRelay the same for the relay at the other end of a path. */
export type PassOn = (now: Micros, message: Uint8Array, by: Path | undefined, forRelay?: (path: Path) => Uint8Array) => void;

/**
 * When streams were recorded that do not say so themselves, as edges have put them: what is news is told to all others, and the newest of each stream is kept for new subscribers.
 *
 *     subscribers ---------------------+              +--> subscribers
 *     relays that we subscribe to -----+--> newer? ---+--> relays that we subscribe to
 */
export class RelayMoments {
  readonly #passOn: PassOn;

  constructor(passOn: PassOn) {
    this.#passOn = passOn;
  }

  /** @param by the relay that says so; undefined: a subscriber. @param mayChange is asked when it is news. */
  said(now: Micros, stream: RelayStream | undefined, moment: Moment, by: Path | undefined, mayChange: () => boolean = () => true): void {
    if (stream?.isMomentNews(moment) !== true || !mayChange()) return;
    const message = stream.keepMoment(moment);
    if (message !== undefined) this.#passOn(now, message, by);
  }
}
