import type { SourceJson, Sources } from './answers.ts';
import { printable } from '../../log/printable.ts';
import { LEAST_DIGITS } from '../../log/text/sentence.ts';

const titles = [' ', 'id', 'origin', 'source', 'format', 'ahead', ''];

/** A mountpoint's streams for people, a line each; that on air has an asterisk. */
export function sourceTable({ sources, fallback, ended }: Omit<Sources, 'mount'>): string {
  const digits = digitsApart(sources.map(({ id }) => id));
  const rows = [titles, ...sources.map((source) => cellsOf(source, digits))];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
  const end = ended === null ? [] : [`not on air since ${ended.at}: ${printable(ended.message)}; ${ended.listeners} ${ended.listeners === 1 ? 'listener was' : 'listeners were'} disconnected`];
  return [...end, ...lines, ...(fallback === null ? [] : [`*  the fallback is on air: ${printable(fallback)}`]), ''].join('\n');
}

function cellsOf(source: SourceJson, digits: number): readonly string[] {
  const { id, origin, source: from, codec, sampleRateHz, channels, onAir, aheadMs } = source;
  const format = codec === null ? '' : `${codec} ${sampleRateHz} Hz ${channels} ch`;
  const ahead = aheadMs === null ? '' : `${Math.round(aheadMs)} ms`;
  const cells = [onAir ? '*' : '', id.slice(0, digits), origin ?? '', from ?? '', format, ahead, stateOf(source)];
  return cells.map(printable);
}

function stateOf({ onAir, preferred, chosen, healthy, sickness, matchedBy, whyNot }: SourceJson): string {
  const state = onAir ? `on air${healthy || sickness === 'unpaced' ? '' : ', but no frames'}` : (whyNot ?? `ready, matched by ${matchedBy}`);
  return [...(preferred ? ['preferred'] : []), ...(chosen ? ['chosen'] : []), ...(sickness === null ? [] : [sickness]), state].join('; ');
}

/** As many as tell them apart. */
function digitsApart(ids: readonly string[]): number {
  let digits = LEAST_DIGITS;
  while (digits < 32 && new Set(ids.map((id) => id.slice(0, digits))).size < ids.length) digits++;
  return digits;
}
