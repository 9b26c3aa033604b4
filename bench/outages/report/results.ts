import { formats } from '../../rigs/formats.ts';
import type { SessionResult } from '../experience.ts';
import { faults } from '../fault.ts';
import { systems } from '../systems.ts';

/** What a run of the bench has found, as it is kept in a file: tables, plot and goals are made of it. */
export interface Results {
  /** Where and with what it was measured. */
  readonly measured: {
    readonly on: string;
    readonly minutes: number;
    readonly processors: number;
    readonly rigsAtATime: number;
    /** Processes that wanted a processor on average over the last quarter of an hour of it. */
    readonly load: number;
    readonly programs: readonly string[];
  };
  readonly skipped: readonly string[];
  readonly sessions: readonly SessionResult[];
}

/** In the order in which systems, codecs and faults are told of. */
export function inOrder(sessions: readonly SessionResult[]): SessionResult[] {
  const rank = ({ system, codec, fault }: SessionResult): number =>
    [Object.keys(systems).indexOf(system), Object.keys(formats).indexOf(codec), Object.keys(faults).indexOf(fault)].reduce((sum, index) => 100 * sum + index, 0);
  return sessions.toSorted((a, b) => rank(a) - rank(b));
}

/** One session a line, so that two files can be compared. */
export function writeResults({ measured, skipped, sessions }: Results): string {
  const rows = sessions.map((session) => `    ${JSON.stringify(session)}`);
  return `{\n  "measured": ${JSON.stringify(measured)},\n  "skipped": ${JSON.stringify(skipped)},\n  "sessions": [\n${rows.join(',\n')}\n  ]\n}\n`;
}

/** Throws when it is something else. */
export function readResults(text: string): Results {
  const results = JSON.parse(text) as Partial<Results>;
  if (results.measured === undefined || !Array.isArray(results.sessions)) throw new Error('this is not what outages --json writes');
  return results as Results;
}
