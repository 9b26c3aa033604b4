import type { Archive } from './archive.ts';
import type { Path } from './intake.ts';
import { ms, type Micros } from './units.ts';

/** An address that has brought the stream, and how it comes. */
interface Owner {
  readonly address: string;
  heardAt: Micros;
  /** The longest that it has been silent for and gone on. */
  pauseUs: number;
}

/** An encoder has one or two addresses; while none of those is silent, nobody gets on this list. */
const MAX_OWNERS = 4;
/** What is longer is an outage, and no rhythm: the longest pause of a source that comes in bursts is 2.7 s. */
const LONGEST_PAUSE_US = 5_000_000;

/**
 * Whose a stream is, at a relay: the address's that has brought it first. Nothing in the protocol says who may send it, and its id and
 * sequence numbers can be read by everybody who subscribes.
 *
 * The owner is told by its address alone, so that by any transport, and after a connection that was left half open, it goes on
 * at once. While the owner is there, nobody else's messages are taken; after a silence that its
 * rhythm does not explain the next address is believed, until the first one is back: an encoder may have moved to its other line. That its
 * connections are closed makes no difference: edges are to have noticed that it is gone before somebody goes on in its name. Relays that we subscribe to have been
 * chosen by the operator, and judge for themselves.
 */
export class Ownership {
  /** The oldest first. */
  #owners: Owner[] = [];
  #relayedAt: Micros | undefined;
  #refused = 0;

  /** The address whose stream it is; undefined while only relays have brought it. */
  get address(): string | undefined {
    return this.#owners[0]?.address;
  }

  /** Messages that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Whether a message that comes by this path is to be taken.
   *
   * @param said the address that a relay which brings the stream has it from; '' when it does not say.
   * @param silentMs how long an owner must have been silent; 0: there are none.
   */
  admits(now: Micros, { address, isUpstream }: Path, said: string, silentMs: number): boolean {
    if (isUpstream) this.#relayedAt = now;
    if (isUpstream || silentMs === 0 || this.#isOwners(now, address, said, ms(silentMs))) return true;
    this.#refused++;
    return false;
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#owners = a.list(this.#owners, (owner) => ({
      address: a.text(owner?.address ?? ''),
      heardAt: a.number(owner?.heardAt ?? (0 as Micros)),
      pauseUs: a.number(owner?.pauseUs ?? 0),
    }));
    this.#relayedAt = a.maybeNumber(this.#relayedAt);
    this.#refused = a.number(this.#refused);
  }

  #isOwners(now: Micros, address: string, said: string, silentUs: number): boolean {
    for (const owner of this.#owners) {
      const pauseUs = now - owner.heardAt;
      if (owner.address === address) {
        if (pauseUs <= LONGEST_PAUSE_US) owner.pauseUs = Math.max(owner.pauseUs, pauseUs);
        owner.heardAt = now;
        return true;
      }
      if (pauseUs < Math.max(silentUs, 1.5 * owner.pauseUs)) return false;
    }
    // A relay has it from somebody else, who is there.
    const isRelayed = this.#relayedAt !== undefined && now - this.#relayedAt < silentUs;
    if (this.#owners.length === 0 && isRelayed && said !== '' && said !== address) return false;
    if (this.#owners.length >= MAX_OWNERS) this.#owners.pop();
    this.#owners.push({ address, heardAt: now, pauseUs: 0 });
    return true;
  }
}
