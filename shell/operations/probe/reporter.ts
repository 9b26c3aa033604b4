import type { ProbeEvent } from '../../../core/probe/events.ts';
import type { ProbeFigures } from '../../../core/probe/figures.ts';

/** What the head of a server's answer says of its stream; '' where it says nothing. */
export interface Answer {
  readonly kind: 'answer';
  readonly server: string;
  readonly contentType: string;
  readonly name: string;
  /** As announced. */
  readonly kbps: string;
  readonly metadataIntervalBytes: string;
}

/** Events of one kind that were too many to be told. */
export interface LeftOut {
  readonly kind: 'left-out';
  readonly what: string;
  readonly count: number;
}

export type ProbeNews = ProbeEvent | Answer | LeftOut;

export interface Summary {
  readonly url: string;
  readonly figures: ProbeFigures;
  /** What was worse than allowed; empty when all was well. */
  readonly violations: readonly string[];
}

/** When something happened: by the wall clock, and since the probe's start. */
export interface Moment {
  readonly time: Date;
  readonly atMs: number;
}

/** Tells what a probe finds out. */
export interface Reporter {
  event(moment: Moment, event: ProbeNews, figures: () => ProbeFigures): void;
  summary(moment: Moment, summary: Summary): void;
}
