import { median } from '../../common/accounting.ts';
import type { Experience, SessionResult } from '../experience.ts';

/** The middle and the worst of what listeners experienced. */
export interface Spread {
  readonly median: number;
  readonly worst: number;
}

export type Measure = Exclude<keyof Experience, 'switches'>;

export interface Summary {
  readonly system: string;
  readonly codec: string;
  readonly fault: string;
  readonly count: number;
  readonly spread: Readonly<Record<Measure, Spread>>;
  /** Of the system's own telling, all together. */
  readonly switches: number | null;
}

const measures: readonly Measure[] = ['missingMs', 'repeatedMs', 'garbledMs', 'silentMs', 'splices', 'stallMs', 'bufferMs', 'complaints', 'disconnects'];

/** Undefined for a session that failed. */
export function summarise({ system, codec, fault, rounds }: SessionResult): Summary | undefined {
  if (rounds.length === 0) return undefined;
  const spread = Object.fromEntries(measures.map((measure) => [measure, spreadOf(rounds.map((round) => round[measure]))])) as Record<Measure, Spread>;
  const told = rounds.map(({ switches }) => switches);
  const switches = told.includes(null) ? null : told.reduce<number>((sum, one) => sum + one!, 0);
  return { system, codec, fault, count: rounds.length, spread, switches };
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), worst: Math.max(...values) };
}

/** What so many of a hundred do not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}
