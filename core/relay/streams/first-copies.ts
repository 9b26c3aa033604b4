import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { DropReason, Path } from '../../links/paths/path.ts';
import type { PathId } from '../../base/machine.ts';
import { emptyMessageView, readMessage, type MessageView } from '../../wire/pdu.ts';
import { takeElsewhere } from '../../arrival/order/elsewhere.ts';
import { Place, type Run } from '../../arrival/order/place.ts';
import { SeenWindow } from '../../arrival/order/seen.ts';
import type { Settings } from '../../config/settings.ts';
import type { Micros } from '../../base/units.ts';
import type { Held } from '../../arrival/order/window.ts';
import { PathRecords, type PathRecord } from '../../arrival/order/path-records.ts';

/**
 * Which messages of one stream a relay passes on: the first copy of each that lies where the stream is.
 *
 * What comes from elsewhere is not passed on before the stream has gone there. So nothing goes round for ever between two relays that
 * subscribe to each other: within the window a number is known again, and far off it is not let in.
 */
export class FirstCopies {
  readonly #settings: Settings;
  readonly #passOn: (view: MessageView) => void;
  readonly #pathRecords: PathRecords<PathRecord>;
  readonly #place: Place;
  readonly #seen: SeenWindow;
  readonly #view: MessageView = emptyMessageView();

  /** @param budget of what is kept from elsewhere. @param passOn borrows the view for the call. */
  constructor(settings: Settings, budget: MemoryBudget, passOn: (view: MessageView) => void) {
    this.#settings = settings;
    this.#passOn = passOn;
    this.#pathRecords = new PathRecords(settings, budget, (pathRecord) => pathRecord);
    this.#place = new Place(settings, budget, settings.windowMessages);
    this.#seen = new SeenWindow(settings.windowMessages);
  }

  /** Goes up whenever the stream has gone to another place: numbers of one say nothing of another. */
  get place(): number {
    return this.#place.moves;
  }

  /** The sequence numbers that were passed on. */
  get runs(): readonly Run[] {
    return this.#place.runs(this.#place.newest + 1);
  }

  /** The stream was forgotten, and is heard again: nothing of these is passed on a second time. */
  goOnBehind(runs: readonly Run[]): void {
    this.#place.goOnBehind(runs);
  }

  /** Passes a message on, or says why not: what lies `elsewhere` is kept, and may be passed on later. */
  takeIn(now: Micros, path: Path, view: MessageView): DropReason | 'elsewhere' | undefined {
    const pathRecord = this.#pathRecords.of(now, path, view.replica);
    if (!this.#place.hasBegun) {
      if (this.#place.wasGiven(now, view.sequence)) return 'duplicate';
      this.#place.begin(view.sequence);
    }
    const where = this.#place.locate(now, pathRecord, view, Infinity);
    if (where === 'here') {
      pathRecord?.cadence.arrival(now);
      // What lies before it goes out before it: downstream what comes out of order on TCP counts as lost.
      this.#passOnPassed(now);
      return this.#passOnFirst(now, pathRecord, view);
    }
    if (where !== 'kept') return where === 'refused' ? 'far-off' : 'duplicate';
    const winner = this.#place.winner(now, this.#pathRecords);
    if (winner === undefined) return 'elsewhere';
    this.#goTo(now, winner);
    return undefined;
  }

  /** Those that are remembered in it. */
  get paths(): readonly Path[] {
    return this.#pathRecords.paths;
  }

  /** A connection is gone: passes on what it has brought elsewhere, if the stream has gone there. */
  forgetPath(now: Micros, path: Path): void {
    const winner = this.#place.winnerBefore(now, path, this.#pathRecords);
    if (winner !== undefined) this.#goTo(now, winner);
    this.#pathRecords.forgetPath(path);
  }

  /** Lets go of what it keeps; it is not used again. */
  dispose(): void {
    this.#pathRecords.clear();
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.#pathRecords.snapshot(a, pathOf, () => undefined);
    this.#place.snapshot(a);
    this.#seen.snapshot(a);
  }

  /** What was passed on before the first number of the place: it may have begun in the middle of what was on its way. */
  get #passedOnBefore(): readonly Run[] {
    const { from, moves } = this.#place;
    // Where it has gone later, nothing before the first number is taken for new.
    return moves > 0 ? [] : this.#seen.runs(from - this.#settings.windowMessages, from);
  }

  /** The stream has gone to where this path has delivered: what it has delivered there is passed on in order, and nothing of it lost. */
  #goTo(now: Micros, pathRecord: PathRecord): void {
    const { onTheWay, held } = takeElsewhere(now, this.#place, pathRecord);
    if (onTheWay.length > 0) this.#goToKept(now, pathRecord, onTheWay);
    this.#goToKept(now, pathRecord, held);
  }

  #goToKept(now: Micros, pathRecord: PathRecord, kept: readonly Held[]): void {
    const first = kept[0]!.sequence;
    const { newest } = this.#place;
    // Behind a gap that the window spans it is the same place.
    if (first - newest >= this.#settings.windowMessages || this.#place.isAhead(first)) {
      this.#seen.goOnFrom(this.#place.move(now, newest + 1, first, this.#pathRecords, this.#passedOnBefore));
    }
    this.#place.reach(now, kept.at(-1)!.sequence);
    pathRecord.hereAt = now;
    pathRecord.cadence.arrival(now);
    this.#passOnAll(now, pathRecord, kept);
    this.#passOnPassed(now);
  }

  /** What had come too far ahead to be believed, and no longer is, is not lost. */
  #passOnPassed(now: Micros): void {
    for (const { pathRecord, held } of this.#place.passed(now, this.#pathRecords)) this.#passOnAll(now, pathRecord, held);
  }

  #passOnAll(now: Micros, pathRecord: PathRecord, held: readonly Held[]): void {
    for (const { message } of held) {
      readMessage(this.#view, message, 0, message.length);
      if (this.#passOnFirst(now, pathRecord, this.#view) !== undefined) pathRecord.path.drop('far-off');
    }
  }

  #passOnFirst(now: Micros, pathRecord: PathRecord | undefined, view: MessageView): DropReason | undefined {
    const sighting = this.#seen.see(view.sequence);
    if (sighting !== 'new') return sighting;
    if (pathRecord !== undefined) pathRecord.newAt = now;
    this.#passOn(view);
    return undefined;
  }
}
