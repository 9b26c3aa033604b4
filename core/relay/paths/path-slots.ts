import type { Snapshot } from '../../base/snapshot.ts';
import { isPushed, type Path } from '../../links/paths/path.ts';
import type { Settings } from '../../config/settings.ts';
import { ByAddress, KNOWN_AFTER_US, KnownAddresses, oldest, type Admission } from '../../links/slots/slots.ts';
import { ms, NEVER, type Micros } from '../../base/units.ts';

/** Of the connections of one address, one that has sent nothing for so long gives way to the next: its encoder has connected again. */
const TAKE_OVER_US = 2_000_000;

/**
 * Who may hold a relay's incoming connections when there are more than it takes. A connection is of use once a message of a
 * stream has come by it. When all are taken, one has to go for a newcomer:
 *
 *     1. one that never was of use, of the address that has most of those: the oldest, which has had most time
 *     2. one of which nothing has come for `forgetMs`, longest first
 *     3. the newest of the address that holds most, for an address that holds less
 *     4. the newest that is younger than a minute, for an address from which one has carried messages for longer
 *
 * Upstream relays are ours, and senders of datagrams have a bound of their own (`maxSenders`): neither are counted here.
 */
export class PathSlots {
  readonly #settings: Settings;
  readonly #all = new ByAddress<Path>();
  /** Those that were of no use yet, in the order in which they came, or said last that they wait. */
  readonly #silent = new Set<Path>();
  readonly #silentOf = new ByAddress<Path>();
  readonly #known = new KnownAddresses();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** When the next one has had its time to say something; NEVER when nobody has to. */
  get dueAt(): Micros {
    const first = oldest(this.#silent);
    return first === undefined ? NEVER : ((first.waitsSince + ms(this.#settings.firstMessageMs)) as Micros);
  }

  /** How many each address holds, those with most first. */
  get holders(): readonly (readonly [address: string, count: number])[] {
    return this.#all.counts();
  }

  told(): string {
    return this.#all.told();
  }

  /** @param isFull so many paths are open that there may be no more. */
  admit(now: Micros, address: string, isFull: boolean): Admission<Path, 'maxPaths' | 'maxPathsPerAddress'> {
    if (this.#all.count(address) >= this.#settings.maxPathsPerAddress) {
      const of = oldest(this.#silentOf.of(address)) ?? this.#idlest(this.#all.of(address), now - TAKE_OVER_US);
      return of === undefined ? { kind: 'refused', bound: 'maxPathsPerAddress' } : { kind: 'instead', of, bound: isFull ? 'maxPaths' : 'maxPathsPerAddress' };
    }
    if (!isFull) return { kind: 'room' };
    const of = this.#leastUseful(now, address);
    return of === undefined ? { kind: 'refused', bound: 'maxPaths' } : { kind: 'instead', of, bound: 'maxPaths' };
  }

  opened(path: Path): void {
    if (!isPushed(path)) return;
    this.#all.add(path);
    if (path.usedAt !== undefined) return;
    this.#silent.add(path);
    this.#silentOf.add(path);
  }

  /** A message of a stream has come by this path, for the first time. */
  used(path: Path): void {
    if (this.#silent.delete(path)) this.#silentOf.delete(path);
  }

  /** It says that it is there, and has nothing to send: an encoder without a source. That makes it no more useful. */
  waits(now: Micros, path: Path): void {
    path.waitsSince = now;
    if (this.#silent.delete(path)) this.#silent.add(path);
  }

  closed(path: Path): void {
    this.used(path);
    this.#all.delete(path);
    if (path.usedAt !== undefined && path.usedAt - path.openedAt >= KNOWN_AFTER_US) this.#known.note(path.usedAt, path.address);
  }

  /** Saves or restores what does not follow from the paths that are open: these are told by `opened`. */
  snapshot(a: Snapshot): void {
    this.#known.snapshot(a);
  }

  /** Those that have had their time, and said nothing of use. */
  due(now: Micros): readonly Path[] {
    const due: Path[] = [];
    for (const path of this.#silent) {
      if (path.waitsSince + ms(this.#settings.firstMessageMs) > now) break;
      due.push(path);
    }
    return due;
  }

  #leastUseful(now: Micros, address: string): Path | undefined {
    const silentHolder = this.#silentOf.most();
    if (silentHolder !== undefined) return oldest(this.#silentOf.of(silentHolder));
    const idle = this.#idlest(this.#all, now - ms(this.#settings.forgetMs));
    const other = idle ?? this.#all.newestOfLargest(address);
    if (other !== undefined || !this.#known.has(address)) return other;
    const isYoung = ({ openedAt }: Path): boolean => openedAt > now - KNOWN_AFTER_US;
    return this.#known.newestStranger([...this.#all].filter(isYoung));
  }

  /** The one that has been idle for longest, of those that were of use last before `before`. */
  #idlest(paths: Iterable<Path>, before: number): Path | undefined {
    let idlest: Path | undefined;
    for (const path of paths) {
      if (path.usedAt === undefined || path.usedAt > before) continue;
      if (idlest === undefined || path.usedAt < idlest.usedAt! || (path.usedAt === idlest.usedAt && path.id < idlest.id)) idlest = path;
    }
    return idlest;
  }
}
