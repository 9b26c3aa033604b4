/**
 * What a picture shows, wherever it comes from: a simulation, or the replay of a recording. It is plain data, and goes
 * into the page as JSON. Times are milliseconds on the axis that all lanes share.
 */
export interface Picture {
  readonly title: string;
  /** A sentence on what happened; may be empty. */
  readonly story: string;
  readonly verdict: Verdict;
  /** What it came to, in sentences: what each listener heard, which rule was broken. */
  readonly summary: readonly string[];
  /** Name and value of what identifies it: the seed, the hash, the file. */
  readonly facts: readonly (readonly [string, string])[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** From top to bottom; those of one group follow one another. */
  readonly lanes: readonly Lane[];
  /** Groups that are closed to begin with. */
  readonly folded: readonly string[];
  /** In order of time. A mark's id is its place here. */
  readonly marks: readonly Mark[];
  /** How many marks were left out because there are more than a page can hold: the least important ones. */
  readonly leftOut: number;
}

export interface Verdict {
  readonly tone: 'good' | 'bad' | 'none';
  readonly text: string;
}

export type LaneKind = 'faults' | 'encoder' | 'relay' | 'path' | 'edge' | 'mount' | 'buffer' | 'listener';

export interface Lane {
  readonly kind: LaneKind;
  /** The heading that it stands under. */
  readonly group: string;
  readonly name: string;
  /** Also drawn in the overview of the whole time. */
  readonly isKey: boolean;
  /** In order of time, none over another. */
  readonly spans: readonly Span[];
  readonly series: readonly Series[];
}

/** What a state means for those who listen; the page has a colour for each. 'idle': neither good nor bad. */
export type SpanTone = 'good' | 'idle' | 'warn' | 'bad' | 'off';

/** Something was in one state for a while. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
  /** In a word or two: up, frozen, gone; on air, stalled; connected, cut; playing, silent. */
  readonly state: string;
  readonly tone: SpanTone;
  /** Drawn inside where there is room: the stream's name, say. */
  readonly label: string;
  /** The encoder that it is about, as a number from 0: the same colour in every lane. */
  readonly hue?: number;
  readonly fields?: Fields;
}

/** What a mark means, the most important first. */
export const markTones = ['bad', 'switch', 'fault', 'loss', 'repair', 'news', 'routine'] as const;
export type MarkTone = (typeof markTones)[number];

/** Something happened at a moment. */
export interface Mark {
  readonly atMs: number;
  /** As the event is called: kill, switch, gap, splice, silence. */
  readonly kind: string;
  readonly tone: MarkTone;
  /** Who reports it, or whom it befalls. */
  readonly who: string;
  /** One line for people, with the reason and the figures that matter. */
  readonly text: string;
  /** Drawn beside it where there is room, such as the error in ms; may be empty. */
  readonly label: string;
  readonly fields: Fields;
  /** The lanes that it stands in, by their place in `Picture.lanes`. */
  readonly lanes: readonly number[];
  /** Marks that explain it or follow from it, by their id: the page jumps there. */
  readonly seeAlso: readonly number[];
}

export type Fields = Readonly<Record<string, unknown>>;

/** A figure, measured every so often. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  /** 'line': a level; 'bars': how many since the value before. */
  readonly shape: 'line' | 'bars';
  readonly hue?: number;
  readonly fromMs: number;
  readonly everyMs: number;
  /** null: there was nothing to measure. */
  readonly values: readonly (number | null)[];
}
