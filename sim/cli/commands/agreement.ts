import { agreementOf, type Agreement } from '../../agreement/agreement.ts';
import type { Streams } from '../streams.ts';

/** Segments of many seeds. */
interface Sum {
  seeds: number;
  pairs: number;
  same: number;
  gaps: number;
  otherCounts: number;
  parts: number;
  sameParts: number;
}

const USAGE = `Usage: npm run hls-agree -- [--seeds A..B]

Draws a station whose edges make segments of HLS, and outages, from each seed, and compares every segment of every two edges.

  --seeds <a..b>  Seeds to run (default 1..20)

Exit status: 0 no segment had another number, begin or duration than it must, 1 one had, 2 usage error.`;

/** The whole command; returns its exit status. */
export function agreement(args: readonly string[], { out, problem }: Streams): number {
  if (args.includes('--help') || args.includes('-h')) {
    out(USAGE);
    return 0;
  }
  const seeds = args.length === 0 ? [1, 20] as const : seedsOf(args);
  if (seeds === undefined) {
    problem(`hls-agree: seeds are given as --seeds A..B, such as 1..500, not ${args.join(' ')}`);
    return 2;
  }
  const sums = { calm: emptySum(), rough: emptySum(), calmOriginals: emptySum(), roughOriginals: emptySum() };
  let wrong = 0;
  for (let seed = seeds[0]; seed <= seeds[1]; seed++) {
    const found = agreementOf(seed);
    const kind = found.isCalm ? 'calm' : 'rough';
    add(sums[found.originals > 0 ? (`${kind}Originals` as const) : kind], found);
    for (const what of found.differing) out(`${seed}: ${what}`);
    for (const what of found.violations) problem(`${seed}: VIOLATED ${what}`);
    wrong += found.violations.length;
  }
  out(lineOf('one outage at a time', sums.calm));
  out(lineOf('several at a time', sums.rough));
  out(lineOf('one at a time, with encoders that say no time', sums.calmOriginals));
  out(lineOf('several at a time, with such encoders', sums.roughOriginals));
  out(`another number, begin or duration: ${wrong}`);
  return wrong === 0 ? 0 : 1;
}

function seedsOf([flag, range, ...more]: readonly string[]): readonly [number, number] | undefined {
  const match = /^(\d{1,9})\.\.(\d{1,9})$/.exec(range ?? '');
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  return flag === '--seeds' && more.length === 0 && match !== null && first <= last ? [first, last] : undefined;
}

function emptySum(): Sum {
  return { seeds: 0, pairs: 0, same: 0, gaps: 0, otherCounts: 0, parts: 0, sameParts: 0 };
}

function add(sum: Sum, { pairs, same, gaps, otherCounts, parts, sameParts }: Agreement): void {
  sum.seeds++;
  sum.pairs += pairs;
  sum.same += same;
  sum.gaps += gaps;
  sum.otherCounts += otherCounts;
  sum.parts += parts;
  sum.sameParts += sameParts;
}

function lineOf(name: string, { seeds, pairs, same, gaps, otherCounts, parts, sameParts }: Sum): string {
  return `${name}: ${seeds} seeds, ${pairs} pairs of segments, ${same} the same${share(same, pairs)}; ${gaps} a gap at one edge only; ${otherCounts} with another count of discontinuities; ${parts} pairs of parts, ${sameParts} the same${share(sameParts, parts)}`;
}

function share(same: number, all: number): string {
  return all === 0 ? '' : `, ${((100 * same) / all).toFixed(3)} %`;
}
