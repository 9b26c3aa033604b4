import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { Path } from '../../links/paths/path.ts';
import { MessageType, type MessageView } from '../../wire/pdu.ts';
import { NEAR_MESSAGES, newTitles, Rival } from './rival.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, NEVER, type Micros } from '../../base/units.ts';
import type { Held } from './window.ts';
import type { PathRecord, PathRecords } from './path-records.ts';

/** Sequence numbers that have been given out, those that are lost among them included. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** What one path had delivered before the stream came there. */
export interface Passed<W> {
  readonly pathRecord: W;
  readonly held: readonly Held[];
  /** It came out of its order: beside, or ahead of what the path has brought here since. It says nothing of how far the path is. */
  readonly isAside: boolean;
}

interface LeftRun extends Run {
  /** Infinity: it is not forgotten while the stream is where it is. */
  leftAt: number;
}

/**
 * - `here`: the message lies where the stream is.
 * - `given`: it lies at a place that the stream has left, and had been given out there.
 * - `kept`: it lies elsewhere, and is kept until it is known whether the stream has gone there.
 * - `repeated`: that, and it is kept already.
 * - `refused`: it lies elsewhere, and is not worth keeping.
 */
export type Whereabouts = 'here' | 'given' | 'kept' | 'repeated' | 'refused';

/** A source that comes in bursts pauses for up to 2.7 s: in less time nobody can say that a path no longer delivers. */
const MOST_PATIENCE_US = 3_000_000;
/** What lies behind is mostly old, and on its way past: the stream goes back only when nothing has come for so long where it is. */
const BACK_US = 3_000_000;
/** Places that a stream has left are remembered for so long, as messages are kept by those on the way; and so many of them. */
const LEFT_US = 10_000_000;
const MAX_LEFT = 16;
const NONE: readonly never[] = [];

/**
 * Where in its sequence a stream is, judged by each path for itself.
 *
 *       left      |                   the place                     |           |  a rival place   |
 *     [ 7 8 9 ]   |  from . . . . . . . . . . . . . newest . (near) |   . . .   |  9001 9002 ...   |
 *
 * Nothing authenticates a message: its number can be any. So what lies far from the place only opens a rival place for the path
 * that brought it. The stream goes there when two messages have come that agree, and no path delivers any more where it was:
 * after an outage that is the case at once, and beside a healthy path never. A path that delivers elsewhere does not pause here, so it is
 * waited for no longer than `gapMaxMs`, and not at all when it has no room to keep more. A wrong place is left by the same rule, and
 * nothing is given out twice, for where the places that were left had got to is remembered.
 */
export class Place {
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #near: number;
  readonly #past: number;
  /** The first number of the place; -1 before the stream has begun. */
  #from = -1;
  #newest = -1;
  #left: LeftRun[] = [];
  /** Some path has opened a rival place, and it was not looked at since whether there still is one. */
  #mayHaveRivals = false;
  #moves = 0;

  /** @param past numbers before the first one of a place that belong to it all the same: what is on its way there may be as old. */
  constructor(settings: Settings, budget: MemoryBudget, past: number) {
    this.#settings = settings;
    this.#budget = budget;
    this.#near = Math.min(NEAR_MESSAGES, settings.windowMessages);
    this.#past = past;
  }

  get hasBegun(): boolean {
    return this.#newest >= 0;
  }

  /** The highest number that has come at this place. */
  get newest(): number {
    return this.#newest;
  }

  /** Its first number. */
  get from(): number {
    return this.#from;
  }

  /** Whether the place begins behind this number. */
  isAhead(sequence: number): boolean {
    return sequence < this.#from;
  }

  /** A single message has begun the stream: it may be a wrong one, or have come before older ones. */
  get isSingle(): boolean {
    return this.#moves === 0 && this.#newest === this.#from;
  }

  /** Goes up with each new place. */
  get moves(): number {
    return this.#moves;
  }

  /** It goes on where another life of the same stream has ended: what was given out there is never given out again. */
  goOnBehind(runs: readonly Run[]): void {
    this.#left = runs.map((run) => ({ ...run, leftAt: Infinity }));
  }

  /** What was given out, here and elsewhere, when `next` is the number that was to come. */
  runs(next: number): readonly Run[] {
    return this.hasBegun ? [...this.#left, { from: this.#from, to: next }] : this.#left;
  }

  /** Whether this number was given out at a place that was left. */
  wasGiven(now: Micros, sequence: number): boolean {
    return this.#leftRunOf(now, sequence) !== undefined;
  }

  /** The first number from this one on that was given out at a place that was left; Infinity when there is none. */
  nextGiven(now: Micros, from: number): number {
    let next = Infinity;
    for (const run of this.#left) if (run.from >= from && now - run.leftAt < LEFT_US) next = Math.min(next, run.from);
    return next;
  }

  /** The stream begins with this number. */
  begin(sequence: number): void {
    this.#from = sequence;
    this.#newest = sequence;
  }

  /**
   * Where a message lies. What is above `most` lies elsewhere, however near. Undefined as its path record: there are too many.
   */
  locate(now: Micros, pathRecord: PathRecord | undefined, view: MessageView, most: number): Whereabouts {
    const { sequence } = view;
    const left = this.#leftRunOf(now, sequence);
    if (left !== undefined) {
      if (left.from <= this.#newest + this.#near) this.reach(now, left.to - 1);
      return 'given';
    }
    if (sequence <= this.#newest + this.#near && sequence >= this.#from - (this.isSingle ? this.#near : this.#past) && sequence <= most) {
      this.reach(now, sequence);
      if (pathRecord !== undefined) {
        pathRecord.hereAt = now;
        pathRecord.isElsewhere = false;
      }
      return 'here';
    }
    return pathRecord === undefined ? 'refused' : this.keep(now, pathRecord, view);
  }

  /** The path to whose rival place the stream has gone; undefined while it is here. */
  winner<W extends PathRecord>(now: Micros, pathRecords: PathRecords<W>): W | undefined {
    if (!this.#mayHaveRivals) return undefined;
    let winner: W | undefined;
    for (const pathRecord of pathRecords) {
      const { rival, aside } = pathRecord;
      if (rival?.isEstablished !== true || now < this.#leftFor(rival, aside, pathRecords)) continue;
      if (winner === undefined || this.#isNearer(rival, winner.rival!)) winner = pathRecord;
    }
    if (winner === undefined) this.#closeOld(now, pathRecords);
    return winner;
  }

  /** The path that is about to close, when nobody else delivers here, and the stream has gone ahead to its rival place: what came there is not lost with it. */
  winnerBefore<W extends PathRecord>(now: Micros, closing: Path, pathRecords: PathRecords<W>): W | undefined {
    if (!this.#mayHaveRivals) return undefined;
    for (const pathRecord of pathRecords) {
      const { path, rival, aside } = pathRecord;
      if (path !== closing || rival?.isEstablished !== true || rival.first <= this.#newest || !isFresh(now, rival)) continue;
      if (now >= this.#leftFor(rival, aside, pathRecords, closing)) return pathRecord;
    }
    return undefined;
  }

  /** What that path had delivered elsewhere again, between here and its rival place: there the stream has been on its way. It is kept no longer. */
  takeOnTheWay(now: Micros, { rival, aside }: PathRecord): Held[] {
    const isOnTheWay = rival !== undefined && aside?.isEstablished === true && isFresh(now, aside) && aside.lowest > this.#newest && aside.newest < rival.first;
    return isOnTheWay ? aside.take() : [];
  }

  /** When that is to be asked again, if nothing comes until then. */
  decidesAt(pathRecords: PathRecords<PathRecord>): Micros {
    let at: Micros = NEVER;
    if (!this.#mayHaveRivals) return at;
    for (const { rival, aside } of pathRecords) {
      const decidedAt = rival?.isEstablished === true ? this.#leftFor(rival, aside, pathRecords) : NEVER;
      at = Math.min(at, decidedAt, rival?.staleAt ?? NEVER, aside?.staleAt ?? NEVER) as Micros;
    }
    return at;
  }

  /** When anything new came here last, by whatever path; -Infinity: not yet. */
  newAt(pathRecords: PathRecords<PathRecord>): number {
    let at = -Infinity;
    for (const { newAt } of pathRecords) at = Math.max(at, newAt);
    return at;
  }

  /** A rival's message with this number; undefined when there is none. */
  find(now: Micros, sequence: number, pathRecords: PathRecords<PathRecord>): Held | undefined {
    if (!this.#mayHaveRivals) return undefined;
    for (const pathRecord of pathRecords) {
      for (const kept of keptBy(pathRecord)) {
        const held = isFresh(now, kept) ? kept.find(sequence) : undefined;
        if (held !== undefined) return held;
      }
    }
    return undefined;
  }

  /**
   * What a path has kept elsewhere, and the stream has passed by now: it lay at this place all along, behind more than may be missing
   * at once. What is yet to come is left where it is, for its true copy may come first.
   */
  passed<W extends PathRecord>(now: Micros, pathRecords: PathRecords<W>): readonly Passed<W>[] {
    if (!this.#mayHaveRivals) return NONE;
    let passed: Passed<W>[] | undefined;
    for (const pathRecord of pathRecords) {
      for (const kept of keptBy(pathRecord)) {
        if (kept.lowest >= this.#newest || this.isAhead(kept.lowest) || !isFresh(now, kept)) continue;
        // Live messages that were under way come before a history that was asked for.
        const isAside = kept === pathRecord.aside || !pathRecord.isElsewhere;
        (passed ??= []).push({ pathRecord, held: kept.takeBelow(this.#newest), isAside });
      }
    }
    return passed ?? NONE;
  }

  /** A rival's messages lie where the stream is by now. */
  reach(now: Micros, newest: number): void {
    if (newest <= this.#newest) return;
    this.#newest = newest;
    // What was given out before at a place to which this one has come is not given out again, however late another copy comes.
    for (const run of this.#left) if (this.#isIn(run) && now - run.leftAt < LEFT_US) run.leftAt = Infinity;
  }

  /**
   * The stream has gone to another place, where this is the first message; at this one `next` was to come, and before its first number
   * these were given out, too. Returns the number that comes next there: a place that was left before goes on where it was.
   */
  move(now: Micros, next: number, first: number, pathRecords: PathRecords<PathRecord>, before: readonly Run[] = NONE): number {
    const back = this.#left.find(({ from, to }) => first >= from && first <= to + this.#near);
    this.#left = this.#left.filter((run) => run !== back);
    this.#leave(now, next, before);
    this.#moves++;
    this.#from = back?.from ?? first;
    this.#newest = back === undefined ? first : Math.max(back.to - 1, first);
    for (const pathRecord of pathRecords) {
      pathRecord.hereAt = -Infinity;
      pathRecord.newAt = -Infinity;
    }
    return back?.to ?? first;
  }

  /** Where it goes on when `next` was given out at a place that was left; undefined when it was not. */
  joins(now: Micros, next: number): number | undefined {
    const met = this.#leftRunOf(now, next);
    if (met === undefined) return undefined;
    this.#left = this.#left.filter((run) => run !== met);
    this.#newest = Math.max(this.#newest, met.to - 1);
    return met.to;
  }

  /** Keeps what lies elsewhere: the stream may come to it, or go there. */
  keep(now: Micros, pathRecord: PathRecord, view: MessageView): Whereabouts {
    const { rival } = pathRecord;
    if (view.type === MessageType.DATA) pathRecord.isElsewhere = true;
    const isPartOf = rival !== undefined && rival.isNear(view.sequence) && isFresh(now, rival);
    if (isPartOf) return rival.add(now, view) ? 'kept' : 'repeated';
    if (view.type !== MessageType.DATA) return this.#keepTitle(now, pathRecord, view);
    if (rival !== undefined && isFresh(now, rival)) putAside(now, pathRecord, rival);
    else closeRival(pathRecord);
    pathRecord.rival = new Rival(now, pathRecord.path, view.sequence, this.#settings, this.#budget);
    pathRecord.rival.add(now, view);
    this.#mayHaveRivals = true;
    return 'kept';
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#from = a.number(this.#from);
    this.#newest = a.number(this.#newest);
    this.#mayHaveRivals = a.flag(this.#mayHaveRivals);
    this.#moves = a.number(this.#moves);
    this.#left = a.list(this.#left, (run) => ({ from: a.number(run?.from ?? 0), to: a.number(run?.to ?? 0), leftAt: a.number(run?.leftAt ?? 0) }));
  }

  /** The newest ANNOUNCE, HEADERS and METADATA come out of their order, in front of a history: they prove nothing, and are kept beside. */
  #keepTitle(now: Micros, pathRecord: PathRecord, view: MessageView): Whereabouts {
    const { aside } = pathRecord;
    const fresh = aside !== undefined && isFresh(now, aside) ? aside : undefined;
    if (fresh?.isNear(view.sequence) !== true) {
      if (fresh?.isEstablished === true) return 'refused';
      aside?.dispose();
      pathRecord.aside = newTitles(now, pathRecord.path, view.sequence, this.#settings, this.#budget);
      this.#mayHaveRivals = true;
    }
    return pathRecord.aside!.add(now, view) ? 'kept' : 'repeated';
  }

  #closeOld(now: Micros, pathRecords: PathRecords<PathRecord>): void {
    this.#mayHaveRivals = false;
    for (const pathRecord of pathRecords) {
      if (pathRecord.rival !== undefined && !isFresh(now, pathRecord.rival)) closeRival(pathRecord);
      if (pathRecord.aside !== undefined && (!isFresh(now, pathRecord.aside) || this.#budget.isSpent)) closeAside(pathRecord);
      if (pathRecord.rival !== undefined || pathRecord.aside !== undefined) this.#mayHaveRivals = true;
      // Where no memory is left it is still known that something has come there, and the stream can go there.
      if (this.#budget.isSpent) pathRecord.rival?.dispose();
    }
  }

  /** When no path delivers here any more, but for one that is closing, so that the stream has gone to this rival place. */
  #leftFor(rival: Rival, aside: Rival | undefined, pathRecords: PathRecords<PathRecord>, closing?: Path): number {
    // Two that agree weigh more.
    if (this.isSingle) return -Infinity;
    const isBehind = this.isAhead(rival.newest);
    const isFull = rival.isFull(aside);
    const { pathIdleMinMs, gapMaxMs } = this.#settings;
    let at = -Infinity;
    for (const pathRecord of pathRecords) {
      const { path, cadence, hereAt, newAt } = pathRecord;
      if (path === closing) continue;
      let stallTimeoutUs = isBehind ? BACK_US : cadence.stallTimeoutUs(ms(pathIdleMinMs), MOST_PATIENCE_US);
      if (!isBehind && this.#hasGoneOn(pathRecord)) {
        // There is no room for more of it: a path that has come there, too, and has brought nothing here since, is not waited for.
        if (isFull && pathRecord.rival!.openedAt >= hereAt && pathRecord.rival!.newest >= rival.first) continue;
        stallTimeoutUs = Math.min(stallTimeoutUs, ms(gapMaxMs));
      }
      // One that brings only copies of what was here may still bring what is missing; but not for long, for anybody can repeat.
      at = Math.max(at, newAt + stallTimeoutUs, Math.min(hereAt + stallTimeoutUs, rival.openedAt + Math.max(ms(gapMaxMs), isBehind ? BACK_US : 0)));
    }
    return at;
  }

  /** What is nearer ahead comes first: what lies behind it is reached from there, and nothing of either is lost. */
  #isNearer(rival: Rival, than: Rival): boolean {
    const [first, other] = [rival.first, than.first];
    return first > this.#newest && (first < other || other <= this.#newest);
  }

  /** Whether what a path has brought last lies ahead of here: that it brings nothing here is no pause of its source. */
  #hasGoneOn({ rival, hereAt }: PathRecord): boolean {
    return rival?.isEstablished === true && rival.at >= hereAt && rival.newest > this.#newest;
  }

  #leave(now: Micros, next: number, before: readonly Run[]): void {
    const runs = next > this.#from ? [...before, { from: this.#from, to: next }] : before;
    const known = this.#left.filter((run) => now - run.leftAt < LEFT_US && !(this.#isIn(run) && run.to <= next));
    this.#left = [...known, ...runs.map((run) => ({ ...run, leftAt: now }))].slice(-MAX_LEFT);
  }

  /** Whether the place has come to what was given out before at another one. */
  #isIn({ from }: Run): boolean {
    return from >= this.#from && from <= this.#newest;
  }

  #leftRunOf(now: Micros, sequence: number): LeftRun | undefined {
    for (const run of this.#left) if (sequence >= run.from && sequence < run.to && now - run.leftAt < LEFT_US) return run;
    return undefined;
  }
}

/** Whether what is kept of it is still of use. */
function isFresh(now: Micros, { staleAt }: Rival): boolean {
  return now < staleAt;
}

function keptBy({ rival, aside }: PathRecord): readonly Rival[] {
  if (aside === undefined) return rival === undefined ? NONE : [rival];
  return rival === undefined ? [aside] : [aside, rival];
}

/** A path that leaves much out again goes on from a rival place: what it delivered there is not lost, if the stream passes it. */
function putAside(now: Micros, pathRecord: PathRecord, rival: Rival): void {
  pathRecord.rival = undefined;
  if (pathRecord.aside !== undefined && isFresh(now, pathRecord.aside)) return pathRecord.aside.takeOver(rival);
  pathRecord.aside?.dispose();
  pathRecord.aside = rival;
}

function closeAside(pathRecord: PathRecord): void {
  pathRecord.aside?.dispose();
  pathRecord.aside = undefined;
}

function closeRival(pathRecord: PathRecord): void {
  pathRecord.rival?.dispose();
  pathRecord.rival = undefined;
}
