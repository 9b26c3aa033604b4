import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { Path } from '../../links/paths/path.ts';
import type { PathId } from '../../base/machine.ts';
import { snapshotRival, snapshotAside, type Rival } from './rival.ts';
import { ArrivalCadence } from '../timing/arrival-cadence.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';

/** What one path, that is one (connection, replica), has shown of one stream. */
export interface PathRecord {
  readonly path: Path;
  readonly replica: number;
  /** Of what it delivers at the place where the stream is. */
  readonly cadence: ArrivalCadence;
  /** When it first spoke. */
  readonly spokeAt: Micros;
  /** When it last delivered anything at that place, and what nobody had delivered before; -Infinity: not yet. */
  hereAt: number;
  newAt: number;
  /** The audio that it has delivered last lies far from there. */
  isElsewhere: boolean;
  /** Where it has delivered something far from there. */
  rival: Rival | undefined;
  /** What came out of its order, or at a rival place before this one: the stream may come to it, but does not go there. */
  aside: Rival | undefined;
}

/** Paths of one stream that are listened to as path records: two relays with four replicas each, twice over. */
const MAX_PATH_RECORDS = 16;
/** Of one connection: anybody can make up replica numbers, and must not keep other connections out. */
const MAX_REPLICAS = 8;

/** The paths by which one stream comes. */
export class PathRecords<W extends PathRecord> {
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #make: (basic: PathRecord) => W;
  #all: W[] = [];

  /** @param make adds what else is known of one. */
  constructor(settings: Settings, budget: MemoryBudget, make: (basic: PathRecord) => W) {
    this.#settings = settings;
    this.#budget = budget;
    this.#make = make;
  }

  get size(): number {
    return this.#all.length;
  }

  [Symbol.iterator](): Iterator<W> {
    return this.#all.values();
  }

  /** Memory of what is kept for rival places. */
  get heldBytes(): number {
    let sum = 0;
    for (const { rival, aside } of this.#all) sum += (rival?.bytes ?? 0) + (aside?.bytes ?? 0);
    return sum;
  }

  /** Undefined when there are too many, and none of them has fallen silent. */
  of(now: Micros, path: Path, replica: number): W | undefined {
    for (const pathRecord of this.#all) if (pathRecord.path === path && pathRecord.replica === replica) return pathRecord;
    return this.#add(now, path, replica);
  }

  /** Apart from `of`, which is asked with every message: a function in it that refers to what it is given makes 40 bytes of garbage each time, called or not. */
  #add(now: Micros, path: Path, replica: number): W | undefined {
    const own = this.#all.filter((pathRecord) => pathRecord.path === path);
    if (own.length >= MAX_REPLICAS && !this.#dropSilent(now, own)) return undefined;
    if (this.#all.length >= MAX_PATH_RECORDS && !this.#dropSilent(now, this.#all)) return undefined;
    const pathRecord = this.#new(now, path, replica);
    this.#all.push(pathRecord);
    return pathRecord;
  }

  get paths(): readonly Path[] {
    return this.#all.map(({ path }) => path);
  }

  /** A connection is gone; true when it was one of them. */
  forgetPath(path: Path): boolean {
    const gone = this.#all.filter((pathRecord) => pathRecord.path === path);
    for (const pathRecord of gone) this.#drop(pathRecord);
    return gone.length > 0;
  }

  clear(): void {
    for (const pathRecord of this.#all) letGo(pathRecord);
    this.#all = [];
  }

  /** For how long one may be silent and still count as live when a gap is judged. */
  stallTimeoutUs({ cadence }: PathRecord): number {
    return cadence.stallTimeoutUs(ms(this.#settings.pathIdleMinMs), ms(this.#settings.pathIdleMaxMs));
  }

  /** Saves or restores its state; the paths it names are open. `more` does so with what else is known of one. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path, more: (pathRecord: W) => void): void {
    this.#all = a.list(this.#all, (saved) => {
      const path = pathOf(a.number(saved?.path.id ?? (0 as PathId)));
      const replica = a.number(saved?.replica ?? 0);
      const spokeAt = a.number(saved?.spokeAt ?? (0 as Micros));
      const pathRecord = saved ?? this.#new(spokeAt, path, replica);
      pathRecord.cadence.snapshot(a);
      pathRecord.hereAt = a.number(pathRecord.hereAt);
      pathRecord.newAt = a.number(pathRecord.newAt);
      pathRecord.isElsewhere = a.flag(pathRecord.isElsewhere);
      pathRecord.rival = snapshotRival(a, pathRecord.rival, path, this.#settings, this.#budget);
      pathRecord.aside = snapshotAside(a, pathRecord.aside, path, this.#settings, this.#budget);
      more(pathRecord);
      return pathRecord;
    });
  }

  #new(now: Micros, path: Path, replica: number): W {
    const cadence = new ArrivalCadence(ms(this.#settings.cadenceSpanMs));
    return this.#make({ path, replica, cadence, spokeAt: now, hereAt: -Infinity, newAt: -Infinity, isElsewhere: false, rival: undefined, aside: undefined });
  }

  /** Makes room by forgetting the one that has been silent longest, if it no longer counts as live. */
  #dropSilent(now: Micros, all: readonly W[]): boolean {
    const quietest = all.reduce((a, b) => (a.hereAt <= b.hereAt ? a : b));
    if (now < quietest.hereAt + this.stallTimeoutUs(quietest)) return false;
    this.#drop(quietest);
    return true;
  }

  #drop(pathRecord: W): void {
    letGo(pathRecord);
    this.#all.splice(this.#all.indexOf(pathRecord), 1);
  }
}

function letGo({ rival, aside }: PathRecord): void {
  rival?.dispose();
  aside?.dispose();
}
