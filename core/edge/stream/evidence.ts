import type { Archive } from '../../base/archive.ts';
import type { MemoryBudget } from '../../base/budget.ts';
import type { Path } from '../../links/path.ts';
import type { PathId } from '../../base/machine.ts';
import { SeenWindow } from '../../order/seen.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { Held } from '../../order/window.ts';
import { Witnesses, type Witness } from '../../order/witnesses.ts';

/** What one path has shown of the order of one stream. */
export interface Testimony extends Witness {
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

const WITNESS_WINDOW_MESSAGES = 256;
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
  readonly #witnesses: Witnesses<Testimony>;

  /** @param budget of what is kept for rival places. */
  constructor(settings: Settings, budget: MemoryBudget) {
    this.#settings = settings;
    this.#witnesses = new Witnesses(settings, budget, (basic) => this.#newTestimony(basic));
  }

  /** Whom the stream comes by. */
  get witnesses(): Witnesses<Testimony> {
    return this.#witnesses;
  }

  /** Whether any open path has delivered something of this stream. */
  get hasPath(): boolean {
    return this.#witnesses.size > 0;
  }

  /** Whether that is true of all open paths that have delivered something of this stream; there must be one. */
  everyPath(test: (path: Path) => boolean): boolean {
    return this.hasPath && [...this.#witnesses].every(({ path }) => test(path));
  }

  /** Notes that a message came by a path, at the place where the stream is: a first copy or a later one, that is the same here. */
  note(now: Micros, witness: Testimony, sequence: number, isData: boolean): void {
    // A relay opens a stream for a new subscriber with the newest ANNOUNCE, HEADERS and METADATA, out of their order:
    // only from the first DATA on do sequence numbers say how far this path is.
    if (witness.highest < 0 && !isData) return;
    this.#noteArrival(now, witness);
    if (sequence > witness.highest) {
      if (witness.highest >= 0 && sequence > witness.highest + 1) witness.skippedAt = now;
      witness.highest = sequence;
      witness.seen.see(sequence);
    } else if (witness.seen.see(sequence) === 'new') this.#noteReordering(now, witness, sequence);
  }

  /** What a path had delivered at a rival place lies where the stream is by now. */
  noteAll(now: Micros, witness: Testimony, held: readonly Held[]): void {
    if (witness.highest >= 0) witness.skippedAt = now;
    this.#noteArrival(now, witness);
    for (const { sequence } of held) {
      witness.seen.see(sequence);
      witness.highest = Math.max(witness.highest, sequence);
    }
  }

  /** So does what it had delivered far ahead, and the stream has passed by now. */
  notePassed(now: Micros, witness: Testimony, held: readonly Held[]): void {
    if (witness.highest < 0) return;
    for (const { sequence } of held) {
      if (sequence > witness.highest + 1) witness.skippedAt = now;
      witness.seen.see(sequence);
      witness.highest = Math.max(witness.highest, sequence);
    }
  }

  /** The stream has gone to another place: how far each path is has to be seen anew. */
  moved(): void {
    for (const witness of this.#witnesses) {
      witness.highest = -1;
      witness.seen.clear();
    }
  }

  /** What is known of the missing message `sequence`: what is true of it is true of all missing ones before it. */
  doubt(now: Micros, sequence: number): Doubt {
    let until = -1;
    let anyone = false;
    let silent = false;
    for (const witness of this.#witnesses) {
      anyone = true;
      const isPast = witness.highest - sequence > Math.max(witness.reorder, witness.reorderBefore);
      if (witness.highest >= 0 && isPast) continue;
      // One that has shown no DATA yet is about to: its history, in which the message may be.
      const spokeAt = witness.highest < 0 ? witness.spokeAt : witness.rhythm.lastAt;
      const silentAt = spokeAt + (witness.highest >= 0 && this.#repairs(now, witness) ? this.#repairUs(witness) : this.#witnesses.patienceUs(witness));
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
    for (const { highest } of this.#witnesses) newest = Math.max(newest, highest);
    return [...this.#witnesses].some((witness) => {
      const silentUs = now - witness.rhythm.lastAt;
      const isBehind = witness.highest >= 0 && witness.highest < newest && this.#repairs(now, witness);
      const hasStopped = isBehind && silentUs >= TROUBLE_US && silentUs < ms(this.#settings.pathIdleMaxMs);
      return hasStopped || now - witness.stutteredAt < STUTTER_US;
    });
  }

  /** A connection is gone; true when it was one of this stream's. */
  forgetPath(path: Path): boolean {
    return this.#witnesses.forgetPath(path);
  }

  /** Saves or restores its state; the paths it names are open. */
  archive(a: Archive, pathOf: (id: PathId) => Path): void {
    this.#witnesses.archive(a, pathOf, (witness) => {
      witness.seen.archive(a);
      witness.highest = a.number(witness.highest);
      witness.skippedAt = a.number(witness.skippedAt);
      witness.stutteredAt = a.number(witness.stutteredAt);
      witness.reorder = a.number(witness.reorder);
      witness.reorderBefore = a.number(witness.reorderBefore);
      witness.reorderSpanStart = a.number(witness.reorderSpanStart);
    });
  }

  #newTestimony(basic: Witness): Testimony {
    return {
      ...basic,
      seen: new SeenWindow(WITNESS_WINDOW_MESSAGES),
      highest: -1,
      skippedAt: -Infinity,
      stutteredAt: -Infinity,
      reorder: basic.path.transport.keepsOrder ? 0 : this.#settings.udpReorderMessages,
      reorderBefore: 0,
      reorderSpanStart: basic.spokeAt,
    };
  }

  #noteArrival(now: Micros, witness: Testimony): void {
    if (now - witness.rhythm.lastAt > Math.max(TROUBLE_US, 1.25 * witness.rhythm.usualPauseUs)) witness.stutteredAt = now;
    witness.rhythm.arrival(now);
  }

  #noteReordering(now: Micros, witness: Testimony, sequence: number): void {
    if (now - witness.reorderSpanStart >= ms(this.#settings.reorderSpanMs)) {
      witness.reorderSpanStart = now;
      witness.reorderBefore = witness.reorder;
      witness.reorder = witness.path.transport.keepsOrder ? 0 : this.#settings.udpReorderMessages;
    }
    witness.reorder = Math.max(witness.reorder, Math.min(witness.highest - sequence, WITNESS_WINDOW_MESSAGES));
  }

  /** It has left nothing out for so long that it is one that brings what was lost again. */
  #repairs(now: Micros, { skippedAt }: Testimony): boolean {
    return now - skippedAt >= ms(this.#settings.reorderSpanMs);
  }

  #repairUs(witness: Testimony): number {
    return Math.max(this.#witnesses.patienceUs(witness), ms(this.#settings.pathRepairMs));
  }
}
