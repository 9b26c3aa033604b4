import type { Archive } from './archive.ts';
import type { Path } from './intake.ts';
import type { PathId } from './machine.ts';
import { MessageType, type MessageView } from './pdu.ts';
import { Rhythm } from './rhythm.ts';
import { SeenWindow } from './seen.ts';
import type { Settings } from './settings.ts';
import { ms, type Micros } from './units.ts';

/** What one path, that is one (connection, replica), has shown of one stream. */
interface Witness {
  readonly path: Path;
  readonly replica: number;
  readonly seen: SeenWindow;
  readonly rhythm: Rhythm;
  /** The highest sequence it delivered; -1 before its first DATA. */
  highest: number;
  /** When it first spoke: until its first DATA, how long it is waited for. */
  readonly spokeAt: Micros;
  /** When it last left a message out. Until it does, it is taken for one that repairs its losses, as TCP does all the way. */
  skippedAt: number;
  /** When a pause ended that was longer, by a quarter and more, than is usual for it. */
  stutteredAt: number;
  /** How far behind `highest` a message has come by here: in this span, and in the one before. */
  reorder: number;
  reorderBefore: number;
  reorderSpanStart: Micros;
}

/** Paths of one stream that are listened to as witnesses: two relays with four replicas each, twice over. */
const MAX_WITNESSES = 16;
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
  #witnesses: Witness[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Whether any open path has delivered something of this stream. */
  get hasPath(): boolean {
    return this.#witnesses.length > 0;
  }

  /** Whether that is true of all open paths that have delivered something of this stream; there must be one. */
  everyPath(test: (path: Path) => boolean): boolean {
    return this.#witnesses.length > 0 && this.#witnesses.every(({ path }) => test(path));
  }

  /** Notes that a message came by a path: a first copy or a later one, that is the same here. */
  note(now: Micros, path: Path, view: MessageView): void {
    const witness = this.#find(path, view.replica) ?? this.#add(now, path, view.replica);
    if (witness === undefined) return;
    // A relay opens a stream for a new subscriber with the newest ANNOUNCE, HEADERS and METADATA, out of their order:
    // only from the first DATA on do sequence numbers say how far this path is.
    if (witness.highest < 0 && view.type !== MessageType.DATA) return;
    if (now - witness.rhythm.lastAt > Math.max(TROUBLE_US, 1.25 * witness.rhythm.usualPauseUs)) witness.stutteredAt = now;
    witness.rhythm.arrival(now);
    if (view.sequence > witness.highest) {
      if (witness.highest >= 0 && view.sequence > witness.highest + 1) witness.skippedAt = now;
      witness.highest = view.sequence;
      witness.seen.see(view.sequence);
    } else if (witness.seen.see(view.sequence) === 'new') this.#noteReordering(now, witness, view.sequence);
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
      const silentAt = spokeAt + (witness.highest >= 0 && this.#repairs(now, witness) ? this.#repairUs(witness) : this.#patienceUs(witness));
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
    return this.#witnesses.some((witness) => {
      const silentUs = now - witness.rhythm.lastAt;
      const isBehind = witness.highest >= 0 && witness.highest < newest && this.#repairs(now, witness);
      const hasStopped = isBehind && silentUs >= TROUBLE_US && silentUs < ms(this.#settings.pathSilenceMaxMs);
      return hasStopped || now - witness.stutteredAt < STUTTER_US;
    });
  }

  /** The stream's place was a wrong one: so is what the witnesses have shown. They are heard anew. */
  restart(): void {
    this.#witnesses = [];
  }

  /** A connection is gone; true when it was one of this stream's. */
  forgetPath(path: Path): boolean {
    const before = this.#witnesses.length;
    this.#witnesses = this.#witnesses.filter((witness) => witness.path !== path);
    return this.#witnesses.length < before;
  }

  /** Saves or restores its state; the paths it names are open. */
  archive(a: Archive, pathOf: (id: PathId) => Path): void {
    this.#witnesses = a.list(this.#witnesses, (witness) => this.#archiveWitness(a, pathOf, witness));
  }

  #find(path: Path, replica: number): Witness | undefined {
    for (const witness of this.#witnesses) if (witness.path === path && witness.replica === replica) return witness;
    return undefined;
  }

  #add(now: Micros, path: Path, replica: number): Witness | undefined {
    if (this.#witnesses.length >= MAX_WITNESSES && !this.#replaceSilent(now)) return undefined;
    const witness = this.#newWitness(now, path, replica);
    this.#witnesses.push(witness);
    return witness;
  }

  #newWitness(now: Micros, path: Path, replica: number): Witness {
    return {
      path,
      replica,
      seen: new SeenWindow(WITNESS_WINDOW_MESSAGES),
      rhythm: new Rhythm(ms(this.#settings.rhythmSpanMs)),
      highest: -1,
      skippedAt: -Infinity,
      stutteredAt: -Infinity,
      spokeAt: now,
      reorder: path.transport === 'tcp' ? 0 : this.#settings.udpReorderMessages,
      reorderBefore: 0,
      reorderSpanStart: now,
    };
  }

  #archiveWitness(a: Archive, pathOf: (id: PathId) => Path, saved: Witness | undefined): Witness {
    const path = pathOf(a.number(saved?.path.id ?? (0 as PathId)));
    const replica = a.number(saved?.replica ?? 0);
    const spokeAt = a.number(saved?.spokeAt ?? (0 as Micros));
    const witness = saved ?? this.#newWitness(spokeAt, path, replica);
    witness.seen.archive(a);
    witness.rhythm.archive(a);
    witness.highest = a.number(witness.highest);
    witness.skippedAt = a.number(witness.skippedAt);
    witness.stutteredAt = a.number(witness.stutteredAt);
    witness.reorder = a.number(witness.reorder);
    witness.reorderBefore = a.number(witness.reorderBefore);
    witness.reorderSpanStart = a.number(witness.reorderSpanStart);
    return witness;
  }

  /** Makes room by forgetting the witness that has been silent longest, if it no longer counts as live. */
  #replaceSilent(now: Micros): boolean {
    const quietest = this.#witnesses.reduce((a, b) => (a.rhythm.lastAt <= b.rhythm.lastAt ? a : b));
    if (now < quietest.rhythm.lastAt + this.#patienceUs(quietest)) return false;
    this.#witnesses = this.#witnesses.filter((witness) => witness !== quietest);
    return true;
  }

  #noteReordering(now: Micros, witness: Witness, sequence: number): void {
    if (now - witness.reorderSpanStart >= ms(this.#settings.reorderSpanMs)) {
      witness.reorderSpanStart = now;
      witness.reorderBefore = witness.reorder;
      witness.reorder = witness.path.transport === 'tcp' ? 0 : this.#settings.udpReorderMessages;
    }
    witness.reorder = Math.max(witness.reorder, Math.min(witness.highest - sequence, WITNESS_WINDOW_MESSAGES));
  }

  /** It has left nothing out for so long that it is one that brings what was lost again. */
  #repairs(now: Micros, { skippedAt }: Witness): boolean {
    return now - skippedAt >= ms(this.#settings.reorderSpanMs);
  }

  #repairUs(witness: Witness): number {
    return Math.max(this.#patienceUs(witness), ms(this.#settings.pathRepairMs));
  }

  #patienceUs(witness: Witness): number {
    return witness.rhythm.patienceUs(ms(this.#settings.pathSilenceMinMs), ms(this.#settings.pathSilenceMaxMs));
  }
}
