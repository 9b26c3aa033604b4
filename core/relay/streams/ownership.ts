import type { Snapshot } from '../../base/snapshot.ts';
import type { Path } from '../../links/paths/path.ts';
import { isOfKey } from '../../links/peers/peer.ts';
import type { PathId } from '../../base/machine.ts';
import { ms, type Micros } from '../../base/units.ts';

/** A connection, or a sender of datagrams, that has brought the stream, and how it comes. */
interface Owner {
  /** Undefined, or closed, when it is gone. */
  path: Path | undefined;
  readonly address: string;
  /** When it last went on, or sent again what it has kept. */
  heardAt: Micros;
  /** When it last brought a number beyond all that any owner had brought. */
  wentOnAt: Micros;
  /** The longest that it has been silent for and gone on. */
  pauseUs: number;
  /** The highest sequence number that it has brought. */
  newest: number;
  /** The last one, and how many have come in a row until then. */
  latest: number;
  run: number;
}

/** Another connection from the address of an owner, and how many numbers in a row it has brought that the owner had brought. */
interface Heir {
  readonly path: Path;
  newest: number;
  run: number;
  isProven: boolean;
}

/** An encoder that connects anew sends again all that it has kept: whoever has brought so many of the owner's numbers in a row is that. */
const HEIR_RUN = 8;
/** It is not silent meanwhile: on a line that is hardly fast enough that takes so long. */
const SENDS_AGAIN_US = 10_000_000;
const MAX_HEIRS = 4;
/** An encoder has one or two ways to a relay; while none of those is silent, nobody gets on this list. */
const MAX_OWNERS = 4;
/** An owner that goes on so near the number at which it stopped has paused; otherwise messages were lost. */
const NEAR_MESSAGES = 8;
/** What is longer is an outage, and no cadence: the longest pause of a source that comes in bursts is 2.7 s. */
const LONGEST_PAUSE_US = 5_000_000;
/** From the address of an owner that is silent for so long another connection is believed: the first one is half open, and its encoder has noticed. */
const SAME_ADDRESS_SILENT_US = 1_500_000;

/**
 * Whose a stream is, at a relay: the connection's (of datagrams, the sender's) that has brought it first. Nothing in the protocol says who may
 * send it, and its id and sequence numbers can be read by everybody who subscribes.
 *
 * While the owner is there, others may only bring what it has left out: a second way of the same encoder makes its losses good, and nobody
 * can go on in its name. When its connection is closed, the next one from its address goes on at once. After a silence that its cadence does not
 * explain anybody is believed, until it is back: an encoder may have moved to its other line. An owner that only repeats what was sent before is
 * silent: whoever replays a stream to a relay that has just started owns it, and does not go on. A connection that says by empty messages that it
 * waits is not silent: its source pauses, and goes on behind the number at which it stopped. Relays that we subscribe to have been chosen by
 * the operator, and judge for themselves.
 *
 * Where a key vouches for whoever has announced the stream, nothing of that is guessed: it belongs to that key until it is forgotten, by whatever
 * connections and from whatever address, and nobody else may bring any of it, also not what the owner has left out.
 */
export class Ownership {
  /** The oldest first. */
  #owners: Owner[] = [];
  #heirs: Heir[] = [];
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
   * Whether the message with this sequence number, which comes by this path, is to be taken.
   *
   * @param said the address that a relay which brings the stream has it from; '' when it does not say.
   * @param silentMs how long an owner must have been silent for another address to be believed; 0: there are no owners but those with a key.
   */
  admits(now: Micros, path: Path, sequence: number, said: string, silentMs: number): boolean {
    if (path.isUpstream) this.#relayedAt = now;
    const isAnyones = silentMs === 0 && path.key === undefined && this.#owners.length === 0;
    if (path.isUpstream || isAnyones || this.#may(now, path, sequence, said, ms(silentMs))) return true;
    this.#refused++;
    return false;
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.#owners = a.list(this.#owners, (owner) => ({
      path: snapshotOpen(a, owner?.path, pathOf),
      address: a.text(owner?.address ?? ''),
      heardAt: a.number(owner?.heardAt ?? (0 as Micros)),
      wentOnAt: a.number(owner?.wentOnAt ?? (0 as Micros)),
      pauseUs: a.number(owner?.pauseUs ?? 0),
      newest: a.number(owner?.newest ?? 0),
      latest: a.number(owner?.latest ?? 0),
      run: a.number(owner?.run ?? 0),
    }));
    const heirs = a.list(this.#heirs.filter(({ path }) => path.isOpen), (heir) => ({
      path: snapshotOpen(a, heir?.path, pathOf)!,
      newest: a.number(heir?.newest ?? 0),
      run: a.number(heir?.run ?? 0),
      isProven: a.flag(heir?.isProven ?? false),
    }));
    if (a.isLoading) this.#heirs = heirs;
    this.#relayedAt = a.maybeNumber(this.#relayedAt);
    this.#refused = a.number(this.#refused);
  }

  #may(now: Micros, path: Path, sequence: number, said: string, silentUs: number): boolean {
    const { address } = path.peer;
    // All owners have one key, or none.
    const ownedBy = this.address;
    if (ownedBy !== undefined && isOfKey(ownedBy)) return ownedBy === address;
    // What somebody without a key has brought of it before does not count.
    if (path.key !== undefined && ownedBy !== address) this.#owners = [];
    const own = this.#owners.find((owner) => owner.path === path);
    for (const owner of this.#owners) {
      // What an encoder had on its way by a connection that it gave up does not take its new one away.
      if (own !== undefined && owner !== own && owner.address === address) continue;
      if (owner.path?.isOpen !== true && owner.address === address) owner.path = path;
      if (owner.path === path) {
        owner.run = sequence === owner.latest + 1 ? owner.run + 1 : 1;
        owner.latest = sequence;
        this.#note(now, owner, sequence, owner.run);
        return true;
      }
      // One that is closed is still waited for: edges are to notice that an encoder has ended before anybody goes on in its name.
      const heir = owner.address === address ? this.#heir(path, sequence, owner) : undefined;
      if (heir?.isProven === true) {
        this.#note(now, owner, sequence, heir.run);
        return true;
      }
      const isSameAddress = owner.address === address;
      const leastUs = isSameAddress ? SAME_ADDRESS_SILENT_US : Math.max(silentUs, 1.5 * owner.pauseUs);
      // Where a relay that has the stream from the owner's address brings it, only the owner's way to us is silent.
      const signAt = !isSameAddress && owner.address === said ? Math.max(lastSignOf(owner), this.#relayedAt ?? -Infinity) : lastSignOf(owner);
      if (now - signAt < leastUs) return sequence <= owner.newest;
    }
    // A relay has it from somebody else, who is there.
    const isRelayed = this.#relayedAt !== undefined && now - this.#relayedAt < silentUs;
    if (this.#owners.length === 0 && isRelayed && said !== '' && said !== address) return false;
    if (this.#owners.length >= MAX_OWNERS) this.#owners.pop();
    this.#owners.push({ path, address, heardAt: now, wentOnAt: now, pauseUs: 0, newest: sequence, latest: sequence, run: 1 });
    return true;
  }

  /** The owner has brought this number, by a connection that has brought so many in a row. */
  #note(now: Micros, owner: Owner, sequence: number, run: number): void {
    const goesOn = this.#isBeyondAll(sequence);
    if (goesOn && sequence - owner.newest <= NEAR_MESSAGES) {
      const pauseUs = now - owner.heardAt;
      if (pauseUs <= LONGEST_PAUSE_US) owner.pauseUs = Math.max(owner.pauseUs, pauseUs);
    }
    owner.newest = Math.max(owner.newest, sequence);
    if (goesOn) owner.wentOnAt = now;
    if (goesOn || (run >= HEIR_RUN && now - owner.wentOnAt < SENDS_AGAIN_US)) owner.heardAt = now;
  }

  /** No owner has brought this number, or one beyond it. */
  #isBeyondAll(sequence: number): boolean {
    for (const { newest } of this.#owners) if (sequence <= newest) return false;
    return true;
  }

  /** Another connection from the owner's address; it is proven to be the owner's, too, when it has brought what the owner had. */
  #heir(path: Path, sequence: number, owner: Owner): Heir {
    const known = this.#heirs.find((heir) => heir.path === path);
    const heir = known ?? { path, newest: sequence, run: 0, isProven: false };
    if (known === undefined) {
      if (this.#heirs.length >= MAX_HEIRS) this.#heirs.shift();
      this.#heirs.push(heir);
    }
    heir.run = sequence === heir.newest + 1 ? heir.run + 1 : 1;
    heir.newest = sequence;
    if (heir.run >= HEIR_RUN && sequence <= owner.newest) heir.isProven = true;
    return heir;
  }
}

function lastSignOf({ path, heardAt }: Owner): Micros {
  return path?.isOpen === true && path.waitsSince > heardAt ? path.waitsSince : heardAt;
}

function snapshotOpen(a: Snapshot, path: Path | undefined, pathOf: (id: PathId) => Path): Path | undefined {
  const id = a.maybeNumber(path?.isOpen === true ? path.id : undefined);
  return id === undefined ? undefined : pathOf(id);
}
