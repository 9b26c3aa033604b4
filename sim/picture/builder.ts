import { markTones, type Fields, type Lane, type LaneKind, type Mark, type MarkTone, type Picture, type Series, type Span, type SpanTone } from './data.ts';

/** What a lane is in from a moment on. */
export interface State {
  readonly state: string;
  readonly tone: SpanTone;
  readonly label?: string;
  readonly hue?: number;
  readonly fields?: Fields;
}

export interface MarkDraft {
  readonly atMs: number;
  readonly kind: string;
  readonly tone: MarkTone;
  readonly who: string;
  readonly text: string;
  readonly label?: string;
  readonly fields?: Fields;
  readonly lanes: readonly LaneDraft[];
}

export interface LaneOptions {
  readonly kind: LaneKind;
  readonly group: string;
  readonly name: string;
  readonly isKey?: boolean;
}

export type PictureHead = Omit<Picture, 'lanes' | 'marks' | 'leftOut'>;

/** More than these make a page of tens of megabytes, which nobody reads to its end. */
const MOST_MARKS = 20_000;
const MOST_SPANS = 20_000;

/** A lane while its picture is made: states are entered one after the other, in order of time. */
export class LaneDraft {
  readonly options: LaneOptions;
  readonly series: Series[] = [];
  readonly #spans: Span[] = [];
  #since = 0;
  #isFull = false;
  #state: State | undefined;

  constructor(options: LaneOptions) {
    this.options = options;
  }

  /** From now on it is in this state; undefined: in none, and nothing is drawn. */
  enter(atMs: number, state: State | undefined): void {
    if (isSame(this.#state, state)) return;
    this.#close(atMs);
    this.#since = atMs;
    this.#state = state;
  }

  build(untilMs: number): Lane {
    this.#close(untilMs);
    const lastMs = this.#spans.at(-1)?.untilMs ?? 0;
    // Nobody shall take what was left out for a time in which nothing was.
    if (this.#isFull) this.#spans.push({ fromMs: lastMs, untilMs, state: 'more changes than a page holds', tone: 'off', label: '' });
    const { kind, group, name, isKey = false } = this.options;
    return { kind, group, name, isKey, spans: this.#spans, series: this.series };
  }

  #close(atMs: number): void {
    if (this.#state === undefined || atMs <= this.#since) return;
    if (this.#spans.length >= MOST_SPANS) {
      this.#isFull = true;
      return;
    }
    const { state, tone, label = '', hue, fields } = this.#state;
    const extras = { ...(hue !== undefined && { hue }), ...(fields && { fields }) };
    this.#spans.push({ fromMs: this.#since, untilMs: atMs, state, tone, label, ...extras });
  }
}

/** Collects lanes and marks, and makes a picture of them. */
export class PictureBuilder {
  readonly #lanes: LaneDraft[] = [];
  readonly #marks: MarkDraft[] = [];
  readonly #links = new Map<MarkDraft, MarkDraft[]>();

  lane(options: LaneOptions): LaneDraft {
    const lane = new LaneDraft(options);
    this.#lanes.push(lane);
    return lane;
  }

  /** Returns it, for others to refer to. */
  mark(draft: MarkDraft): MarkDraft {
    this.#marks.push(draft);
    return draft;
  }

  /** Two marks that explain one another. */
  link(one: MarkDraft, other: MarkDraft): void {
    this.#links.set(one, [...(this.#links.get(one) ?? []), other]);
    this.#links.set(other, [...(this.#links.get(other) ?? []), one]);
  }

  build(head: PictureHead): Picture {
    const inOrder = this.#marks.map((mark, order) => ({ mark, order })).sort((a, b) => a.mark.atMs - b.mark.atMs || a.order - b.order);
    const kept = mostImportant(inOrder.map(({ mark }) => mark));
    const idOf = new Map(kept.map((mark, id) => [mark, id]));
    const placeOf = new Map(this.#lanes.map((lane, place) => [lane, place]));
    return {
      ...head,
      lanes: this.#lanes.map((lane) => lane.build(head.untilMs)),
      marks: kept.map((mark) => finished(mark, this.#links.get(mark) ?? [], idOf, placeOf)),
      leftOut: inOrder.length - kept.length,
    };
  }
}

/** All of them, or as many as a page holds, the important ones first and the earlier ones of the rest. */
function mostImportant(marks: readonly MarkDraft[]): readonly MarkDraft[] {
  if (marks.length <= MOST_MARKS) return marks;
  const kept = new Set(markTones.flatMap((tone) => marks.filter((mark) => mark.tone === tone)).slice(0, MOST_MARKS));
  return marks.filter((mark) => kept.has(mark));
}

function finished(
  { atMs, kind, tone, who, text, label = '', fields = {}, lanes }: MarkDraft,
  links: readonly MarkDraft[],
  idOf: ReadonlyMap<MarkDraft, number>,
  placeOf: ReadonlyMap<LaneDraft, number>,
): Mark {
  return {
    atMs,
    kind,
    tone,
    who,
    text,
    label,
    fields,
    lanes: lanes.map((lane) => placeOf.get(lane)).filter((place) => place !== undefined),
    seeAlso: links.map((other) => idOf.get(other)).filter((id) => id !== undefined),
  };
}

function isSame(a: State | undefined, b: State | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b));
}
