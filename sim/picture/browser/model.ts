import type { Mark, MarkTone, Picture } from '../data.ts';
import { placeIn } from './address.ts';
import { matching, type Filter } from './filter.ts';
import { rowsOf, type Row } from './canvas/layout.ts';
import { TimeWindow } from './window.ts';

/** An event that is jumped to is seen with so much around it, unless less is seen already. */
const JUMP_SPAN_MS = 5_000;

/** What the page shows of its picture: which time, which lanes, which events, which one of them is chosen. */
export class Model {
  readonly picture: Picture;
  readonly window: TimeWindow;
  readonly #changed: () => void;
  readonly #folded: Set<string>;
  #rows: readonly Row[];
  #filter: Filter = { what: 'told', text: '' };
  #ids: readonly number[];
  #idsByLane: readonly (readonly number[])[];
  #chosen: number | undefined;
  /** Where the pointer is on the axis. */
  hoverMs: number | undefined;

  /** `changed` is called whenever something is to be drawn anew. */
  constructor(picture: Picture, changed: () => void) {
    this.picture = picture;
    this.#changed = changed;
    this.window = new TimeWindow(picture.fromMs, picture.untilMs, changed);
    this.#folded = new Set(picture.folded);
    this.#rows = rowsOf(picture.lanes, this.#folded);
    this.#ids = matching(picture.marks, this.#filter);
    this.#idsByLane = byLane(picture, this.#ids);
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Events that the filter lets through, in order of time. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  /** Those of one lane. */
  idsIn(lane: number): readonly number[] {
    return this.#idsByLane[lane]!;
  }

  get chosen(): number | undefined {
    return this.#chosen;
  }

  get chosenMark(): Mark | undefined {
    return this.#chosen === undefined ? undefined : this.picture.marks[this.#chosen];
  }

  /** When the chosen event was, if that is seen: what to zoom about and to go on from. */
  get focusMs(): number | undefined {
    const atMs = this.chosenMark?.atMs;
    return atMs !== undefined && atMs >= this.window.fromMs && atMs <= this.window.untilMs ? atMs : undefined;
  }

  get filter(): Filter {
    return this.#filter;
  }

  set filter(filter: Filter) {
    this.#filter = filter;
    this.#ids = matching(this.picture.marks, filter);
    this.#idsByLane = byLane(this.picture, this.#ids);
    this.#changed();
  }

  isFolded(group: string): boolean {
    return this.#folded.has(group);
  }

  fold(group: string, isFolded: boolean): void {
    if (isFolded) this.#folded.add(group);
    else this.#folded.delete(group);
    this.#rows = rowsOf(this.picture.lanes, this.#folded);
    this.#changed();
  }

  choose(id: number | undefined): void {
    this.#chosen = id !== undefined && id < this.picture.marks.length ? id : undefined;
    this.#changed();
  }

  /** Chooses an event, and goes where it can be seen. */
  jump(id: number): void {
    const mark = this.picture.marks[id];
    if (mark === undefined) return;
    this.choose(id);
    const { fromMs, untilMs, spanMs } = this.window;
    const edge = spanMs / 10;
    if (spanMs <= JUMP_SPAN_MS && mark.atMs > fromMs + edge && mark.atMs < untilMs - edge) return;
    this.window.centre(mark.atMs, Math.min(spanMs, JUMP_SPAN_MS));
  }

  /** The next event of these tones, or the one before, from the chosen one if it is seen, or from the middle of what is. */
  step(tones: readonly MarkTone[], direction: 1 | -1): void {
    const { marks } = this.picture;
    const { fromMs, untilMs, isWhole } = this.window;
    const middle = isWhole ? -direction * Infinity : (fromMs + untilMs) / 2;
    const here = this.focusMs === undefined ? undefined : this.#chosen;
    const start = here ?? marks.findLastIndex(({ atMs }) => atMs <= middle) + (direction === 1 ? 0 : 1);
    for (let id = start + direction; id >= 0 && id < marks.length; id += direction) {
      if (tones.includes(marks[id]!.tone)) return this.jump(id);
    }
  }

  /** Goes where an address says; false when it says nothing. */
  goTo(hash: string): boolean {
    const place = placeIn(hash);
    if (place === undefined) return false;
    this.window.show(place.fromMs, place.untilMs);
    this.choose(place.event);
    return true;
  }

  redraw(): void {
    this.#changed();
  }
}

function byLane({ lanes, marks }: Picture, ids: readonly number[]): number[][] {
  const result: number[][] = lanes.map(() => []);
  for (const id of ids) for (const lane of marks[id]!.lanes) result[lane]!.push(id);
  return result;
}
