import type { ProbeFigures } from '../../../core/probe/figures.ts';

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
  /** What is allowed unless the option is given: nobody hears so much of a mountpoint that is well, whatever its server and source. Undefined: it is not judged. */
  readonly standard: number | undefined;
  readonly of: (figures: ProbeFigures) => number;
}

/** What is allowed, by the option's name; what is not in it is not judged. */
export type Limits = ReadonlyMap<string, number>;

export const limitTable: readonly Limit[] = [
  most('max-start', 'MS', 'ms', 'time to the first audio', ({ firstAudioMs }) => firstAudioMs ?? 0, { standard: 10_000 }),
  most('max-stall', 'MS', 'ms', 'longest stall', ({ longestStallMs }) => longestStallMs, {
    standard: 5_000,
    help: 'longest time without data; when it is given, a longer one is reported as a stall, otherwise one of more than a second',
  }),
  most('max-silence', 'MS', 'ms', 'silence', ({ silenceMs }) => silenceMs, { help: 'total silence of a player with --buffer, caused by an empty buffer' }),
  most('max-digital-silence', 'MS', 'ms', 'longest digital silence', ({ digitalSilenceMs }) => digitalSilenceMs, { standard: 10_000, help: 'longest digital silence in the audio: nothing is coded in its frames' }),
  most('max-missing', 'MS', 'ms', 'missing programme', ({ missingMs }) => missingMs ?? 0, { standard: 5_000, help: 'missing programme; needs at least 25 s of listening' }),
  most('max-repeated', 'MS', 'ms', 'repeated programme', ({ repeatedMs }) => repeatedMs, { standard: 5_000, help: 'repeated programme: received again within ten seconds, byte for byte' }),
  most('max-garbled', 'PLACES', '', 'garbled places', ({ garbledPlaces }) => garbledPlaces, { help: 'places that a decoder renders as noise: cuts in MP3 audio, and bytes outside frames' }),
  most('max-disconnects', 'N', '', 'disconnects', ({ disconnects }) => disconnects, { standard: 0, help: 'connections lost after they had carried data' }),
  {
    name: 'min-kbps',
    value: 'KBPS',
    help: 'mean bit rate of the frames',
    what: 'bit rate',
    unit: 'kbit/s',
    bound: 'least',
    standard: undefined,
    of: ({ kbps }) => kbps,
  },
];

/** What was worse than allowed, in words; that nothing was heard always is. */
export function violationsOf(figures: ProbeFigures, limits: Limits): readonly string[] {
  const { frames, audioBytes, connects } = figures;
  if (frames === 0) {
    if (audioBytes > 0) return [`no audio: no MP3 or AAC in ${audioBytes} bytes`];
    return [connects > 0 ? 'no audio: no data received' : `no audio: ${lastOf(figures.failures)}`];
  }
  return limitTable.flatMap(({ name, what, unit, bound, of }) => {
    const allowed = limits.get(name);
    const found = of(figures);
    if (allowed === undefined || (bound === 'most' ? found <= allowed : found >= allowed)) return [];
    const measured = `${what} ${inTenths(found)}${unit === '' ? '' : ` ${unit}`}`;
    return [`${measured}, ${bound === 'most' ? `at most ${allowed} allowed` : `at least ${allowed} required`}`];
  });
}

/** To a tenth. */
export function inTenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function most(name: string, value: string, unit: string, what: string, of: (figures: ProbeFigures) => number, { standard, help = what }: { readonly standard?: number; readonly help?: string }): Limit {
  return { name, value, unit, what, of, standard, help: standard === undefined ? help : `${help} (default ${standard})`, bound: 'most' };
}

function lastOf(failures: Readonly<Record<string, number>>): string {
  const reasons = Object.keys(failures);
  return reasons.length === 0 ? 'no answer' : reasons.join(', ');
}
