import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { Path } from '../../links/paths/path.ts';
import type { PathId } from '../../base/machine.ts';
import { SeenWindow } from '../../arrival/order/seen.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { Held } from '../../arrival/order/window.ts';
import { PathRecords, type PathRecord } from '../../arrival/order/path-records.ts';

/** What one path has shown of the order of one stream. */
export interface Testimony extends PathRecord {
  readonly seen: SeenWindow;
  /** The highest sequence it delivered; -1 before its first DATA: until then it is waited for from when it first spoke. */
  highest: number;
  /** When it last left a message out. Until it does, it is taken for one that repairs its losses, as TCP does all the way. */
  skippedAt: number;
  /** When a pause ended that was longer, by a quarter and more, than is usual for it. */
  stutteredAt: number;
  /** How far behind `highest` a message has come by here: in this span, and in the one before. */
  reorder: number;
  reorderBefore: number;
  reorderSpanStart: Micros;
}

const PATH_WINDOW_MESSAGES = 256;
/** A path that is behind the others and silent for so long has stopped: longer than it takes a packet that is lost once. */
const TROUBLE_US = 100_000;
/** For so long a path that has stuttered may do so again, together with others. */
const STUTTER_US = 500_000;

export type Doubt =
  /** Somebody may still deliver it; if nothing more comes by, ask again at that time. */
  | { readonly kind: 'wait'; readonly until: Micros }
  | { readonly kind: 'lost'; readonly verdict: 'disproved' | 'silent-paths' | 'no-path' };

/**
 * Decides from arrivals alone whether a message that has not come may still come.
 *
 * A path disproves message n once it has delivered a message later than n by more than the reordering seen on it
 * (0 to begin with on TCP). n is lost when every live path disproves it. Time matters only for a path's liveness: one
 * that has been silent for twice its usual pause is no longer waited for.
 */
export class Evidence {
  readonly #settings: Settings;
  readonly #pathRecords: PathRecords<Testimony>;

  /** @param budget of what is kept for rival places. */
  constructor(settings: Settings, budget: MemoryBudget) {
    this.#settings = settings;
    this.#pathRecords = new PathRecords(settings, budget, (basic) => this.#newTestimony(basic));
  }

  /** Whom the stream comes by. */
  get pathRecords(): PathRecords<Testimony> {
    return this.#pathRecords;
  }

  /** Whether any open path has delivered something of this stream. */
  get hasPath(): boolean {
    return this.#pathRecords.size > 0;
  }

  /** Whether this one has. */
  isCarriedBy(path: Path): boolean {
    for (const pathRecord of this.#pathRecords) if (pathRecord.path === path) return true;
    return false;
  }

  /** Whether that is true of all open paths that have delivered something of this stream; there must be one. */
  everyPath(test: (path: Path) => boolean): boolean {
    return this.hasPath && [...this.#pathRecords].every(({ path }) => test(path));
  }

  /** Notes that a message came by a path, at the place where the stream is: a first copy or a later one, that is the same here. */
  note(now: Micros, pathRecord: Testimony, sequence: number, isData: boolean): void {
    // A relay opens a stream for a new subscriber with the newest ANNOUNCE, HEADERS and METADATA, out of their order:
    // only from the first DATA on do sequence numbers say how far this path is.
    if (pathRecord.highest < 0 && !isData) return;
    this.#noteArrival(now, pathRecord);
    if (sequence > pathRecord.highest) {
      if (pathRecord.highest >= 0 && sequence > pathRecord.highest + 1) pathRecord.skippedAt = now;
      pathRecord.highest = sequence;
      pathRecord.seen.see(sequence);
    } else if (pathRecord.seen.see(sequence) === 'new') {
      pathRecord.path.reordered++;
      this.#noteReordering(now, pathRecord, sequence);
    }
  }

  /** What a path had delivered at a rival place lies where the stream is by now. */
  noteAll(now: Micros, pathRecord: Testimony, held: readonly Held[]): void {
    if (pathRecord.highest >= 0) pathRecord.skippedAt = now;
    this.#noteArrival(now, pathRecord);
    for (const { sequence } of held) {
      pathRecord.seen.see(sequence);
      pathRecord.highest = Math.max(pathRecord.highest, sequence);
    }
  }

  /** So does what it had delivered far ahead, and the stream has passed by now. */
  notePassed(now: Micros, pathRecord: Testimony, held: readonly Held[]): void {
    if (pathRecord.highest < 0) return;
    for (const { sequence } of held) {
      if (sequence > pathRecord.highest + 1) pathRecord.skippedAt = now;
      pathRecord.seen.see(sequence);
      pathRecord.highest = Math.max(pathRecord.highest, sequence);
    }
  }

  /** The stream has gone to another place: how far each path is has to be seen anew. */
  moved(): void {
    for (const pathRecord of this.#pathRecords) {
      pathRecord.highest = -1;
      pathRecord.seen.clear();
    }
  }

  /** What is known of the missing message `sequence`: what is true of it is true of all missing ones before it. */
  doubt(now: Micros, sequence: number): Doubt {
    let until = -1;
    let anyone = false;
    let silent = false;
    for (const pathRecord of this.#pathRecords) {
      anyone = true;
      const isPast = pathRecord.highest - sequence > Math.max(pathRecord.reorder, pathRecord.reorderBefore);
      if (pathRecord.highest >= 0 && isPast) continue;
      // One that has shown no DATA yet is about to: its history, in which the message may be.
      const spokeAt = pathRecord.highest < 0 ? pathRecord.spokeAt : pathRecord.cadence.lastAt;
      const silentAt = spokeAt + (pathRecord.highest >= 0 && this.#repairs(now, pathRecord) ? this.#repairUs(pathRecord) : this.#pathRecords.stallTimeoutUs(pathRecord));
      if (now >= silentAt) silent = true;
      else until = Math.max(until, silentAt);
    }
    if (until >= 0) return { kind: 'wait', until: until as Micros };
    return { kind: 'lost', verdict: !anyone ? 'no-path' : silent ? 'silent-paths' : 'disproved' };
  }

  /**
   * Whether a pause of the stream may be the network's fault, and not its encoder's: a path that leaves nothing out has fallen
   * silent behind the others, or one has lately come back after a pause that is not usual for it.
   */
  isPathInTrouble(now: Micros): boolean {
    let newest = -1;
    for (const { highest } of this.#pathRecords) newest = Math.max(newest, highest);
    return [...this.#pathRecords].some((pathRecord) => {
      const silentUs = now - pathRecord.cadence.lastAt;
      const isBehind = pathRecord.highest >= 0 && pathRecord.highest < newest && this.#repairs(now, pathRecord);
      const hasStopped = isBehind && silentUs >= TROUBLE_US && silentUs < ms(this.#settings.pathIdleMaxMs);
      return hasStopped || now - pathRecord.stutteredAt < STUTTER_US;
    });
  }

  /** A connection is gone; true when it was one of this stream's. */
  forgetPath(path: Path): boolean {
    return this.#pathRecords.forgetPath(path);
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.#pathRecords.snapshot(a, pathOf, (pathRecord) => {
      pathRecord.seen.snapshot(a);
      pathRecord.highest = a.number(pathRecord.highest);
      pathRecord.skippedAt = a.number(pathRecord.skippedAt);
      pathRecord.stutteredAt = a.number(pathRecord.stutteredAt);
      pathRecord.reorder = a.number(pathRecord.reorder);
      pathRecord.reorderBefore = a.number(pathRecord.reorderBefore);
      pathRecord.reorderSpanStart = a.number(pathRecord.reorderSpanStart);
    });
  }

  #newTestimony(basic: PathRecord): Testimony {
    return {
      ...basic,
      seen: new SeenWindow(PATH_WINDOW_MESSAGES),
      highest: -1,
      skippedAt: -Infinity,
      stutteredAt: -Infinity,
      reorder: basic.path.transport.keepsOrder ? 0 : this.#settings.udpReorderMessages,
      reorderBefore: 0,
      reorderSpanStart: basic.spokeAt,
    };
  }

  #noteArrival(now: Micros, pathRecord: Testimony): void {
    if (now - pathRecord.cadence.lastAt > Math.max(TROUBLE_US, 1.25 * pathRecord.cadence.usualPauseUs)) pathRecord.stutteredAt = now;
    pathRecord.cadence.arrival(now);
  }

  #noteReordering(now: Micros, pathRecord: Testimony, sequence: number): void {
    if (now - pathRecord.reorderSpanStart >= ms(this.#settings.reorderSpanMs)) {
      pathRecord.reorderSpanStart = now;
      pathRecord.reorderBefore = pathRecord.reorder;
      pathRecord.reorder = pathRecord.path.transport.keepsOrder ? 0 : this.#settings.udpReorderMessages;
    }
    pathRecord.reorder = Math.max(pathRecord.reorder, Math.min(pathRecord.highest - sequence, PATH_WINDOW_MESSAGES));
  }

  /** It has left nothing out for so long that it is one that brings what was lost again. */
  #repairs(now: Micros, { skippedAt }: Testimony): boolean {
    return now - skippedAt >= ms(this.#settings.reorderSpanMs);
  }

  #repairUs(pathRecord: Testimony): number {
    return Math.max(this.#pathRecords.stallTimeoutUs(pathRecord), ms(this.#settings.pathRepairMs));
  }
}
