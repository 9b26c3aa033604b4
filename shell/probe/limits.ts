import type { ProbeFigures } from '../../core/probe/figures.ts';

/** One thing that an operator can set a limit for. */
export interface Limit {
  /** Of the option. */
  readonly name: string;
  /** What its value counts, as the help has it. */
  readonly value: string;
  readonly help: string;
  readonly what: string;
  readonly unit: string;
  readonly bound: 'most' | 'least';
  readonly of: (figures: ProbeFigures) => number;
}

/** What was allowed, by the option's name; what is not in it is not judged. */
export type Limits = ReadonlyMap<string, number>;

export const limitTable: readonly Limit[] = [
  most('max-start', 'MS', 'ms', 'time to the first audio', ({ firstAudioMs }) => firstAudioMs ?? 0),
  most('max-stall', 'MS', 'ms', 'longest stall', ({ longestStallMs }) => longestStallMs, 'the longest time without a byte; what is longer is told as a stall (1000 when it is not given, without judging it)'),
  most('max-silence', 'MS', 'ms', 'silence', ({ silenceMs }) => silenceMs, 'silence that a player with --buffer would have had'),
  most('max-missing', 'MS', 'ms', 'missing programme', ({ missingMs }) => missingMs ?? 0, 'programme that never came: found after 25 s or more'),
  most('max-repeated', 'MS', 'ms', 'repeated programme', ({ repeatedMs }) => repeatedMs, 'programme that came again within ten seconds, byte by byte'),
  most('max-garbled', 'PLACES', '', 'garbled places', ({ garbledPlaces }) => garbledPlaces, 'places that a decoder makes noise of: cuts in the middle of MP3 audio, and bytes that are no frame'),
  most('max-disconnects', 'N', '', 'disconnects', ({ disconnects }) => disconnects, 'connections that were lost after they had carried something'),
  {
    name: 'min-kbps',
    value: 'KBPS',
    help: 'the mean bit rate of the frames',
    what: 'bit rate',
    unit: 'kbit/s',
    bound: 'least',
    of: ({ kbps }) => kbps,
  },
];

/** What was worse than allowed, in words; that nothing was heard always is. */
export function violationsOf(figures: ProbeFigures, limits: Limits): readonly string[] {
  const { frames, audioBytes, connects } = figures;
  if (frames === 0) {
    if (audioBytes > 0) return [`nothing was heard: no MP3 or AAC in ${audioBytes} bytes`];
    return [connects > 0 ? 'nothing was heard: no byte has come' : `nothing was heard: ${lastOf(figures.failures)}`];
  }
  return limitTable.flatMap(({ name, what, unit, bound, of }) => {
    const allowed = limits.get(name);
    const found = of(figures);
    if (allowed === undefined || (bound === 'most' ? found <= allowed : found >= allowed)) return [];
    const measured = `${what} ${inTenths(found)}${unit === '' ? '' : ` ${unit}`}`;
    return [`${measured}, ${bound === 'most' ? `at most ${allowed} allowed` : `at least ${allowed} wanted`}`];
  });
}

/** To a tenth. */
export function inTenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function most(name: string, value: string, unit: string, what: string, of: (figures: ProbeFigures) => number, help: string = `the ${what}`): Limit {
  return { name, value, unit, what, of, help, bound: 'most' };
}

function lastOf(failures: Readonly<Record<string, number>>): string {
  const reasons = Object.keys(failures);
  return reasons.length === 0 ? 'no answer' : reasons.join(', ');
}
