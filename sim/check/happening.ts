import { NOBODY } from '../world/world.ts';
import type { TraceLine } from '../world/trace.ts';

/** One event of a run: which one, which one scheduled it, and what was traced while it was done. */
export interface Happening {
  readonly number: number;
  readonly cause: number;
  readonly atUs: number;
  readonly lines: readonly TraceLine[];
}

/** As one line of text, which another process can compare and read. */
export function textOf({ number, cause, atUs, lines }: Happening): string {
  return `${number} ${cause} ${atUs} ${JSON.stringify(lines)}`;
}

/** Undefined when the text is no event. */
export function readHappening(text: string): Happening | undefined {
  const match = /^(\d+) (-1|\d+) (\d+) (\[.*\])$/.exec(text);
  if (match === null) return undefined;
  const [number, cause, atUs] = match.slice(1, 4).map(Number) as [number, number, number];
  return { number, cause, atUs, lines: JSON.parse(match[4]!) as TraceLine[] };
}

/** An event and what led to it, the latest first; `known` gives what is still remembered. */
export function causesOf(last: Happening, known: (number: number) => Happening | undefined, most = 10): Happening[] {
  const chain = [last];
  for (let next = known(last.cause); next !== undefined && chain.length < most; next = known(next.cause)) chain.push(next);
  return chain;
}

/** The event for people, a line for each thing that was traced. */
export function describe({ number, cause, atUs, lines }: Happening): string[] {
  const why = cause === NOBODY ? 'there from the beginning' : `by ${cause}`;
  const head = `${(atUs / 1e6).toFixed(6)} s  event ${number}, ${why}`;
  if (lines.length === 0) return [`${head}: nothing traced`];
  return [head, ...lines.map((line) => `    ${lineText(line)}`)];
}

function lineText(line: TraceLine): string {
  const { atUs: _, actor, kind, ...fields } = line;
  return `${actor} ${kind} ${JSON.stringify(fields)}`;
}
