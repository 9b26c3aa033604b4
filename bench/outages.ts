import { experience, MATERIAL_S, outages as kinds, type Experience, type Outage } from './peers/outage.ts';
import { formats, type Format } from './peers/ffmpeg-encoder.ts';
import { makeMaterial } from './peers/rig.ts';

/** What a listener may experience at most. */
interface Bars {
  readonly stallMs: number;
  readonly missingMs: number;
  readonly repeatedMs: number;
}

const bars: Readonly<Record<Outage['part'], Bars>> = {
  encoder: { stallMs: 1_000, missingMs: 150, repeatedMs: 150 },
  relay: { stallMs: 200, missingMs: 0, repeatedMs: 0 },
};

/** The referee's resolution: below this nothing is missing. */
const NOTHING_MS = 0.5;

/**
 * Lets a listener live through outages of a real chain, with ffmpeg encoders, and prints what it has experienced:
 * `npm run bench -- outages [mp3|aac]… [RUNS]`. Sets the exit code to 1 when a bar is not met.
 */
export async function outages(args: readonly string[]): Promise<void> {
  const chosen = args.filter((name): name is Format => name in formats);
  const numbers = args.filter((argument) => /^[1-9]\d{0,3}$/.test(argument));
  if (chosen.length + numbers.length < args.length || numbers.length > 1) {
    process.stderr.write('bench: outages takes formats (mp3, aac) and a number of runs\n');
    process.exitCode = 2;
    return;
  }
  const runs = Number(numbers[0] ?? 1);
  const material = makeMaterial('outages', MATERIAL_S);
  console.log('Two ffmpeg encoders, two relays, an edge; what happens to the encoder on air or a relay, and what a listener gets.\n');
  console.log(row(['format', 'outage', 'stall', 'buffer', 'missing', 'repeated', 'garbled', 'cut off', 'decoders say', 'pause before', 'verdict']));
  for (let round = 0; round < runs; round++) {
    for (const format of chosen.length > 0 ? chosen : (['mp3', 'aac'] as const)) {
      for (const outage of kinds) {
        const result = await experience(format, outage, material);
        const problems = check(result, bars[outage.part]);
        console.log(describe(format, outage, result, problems));
        if (problems.length > 0) process.exitCode = 1;
      }
    }
  }
  console.log('\nstall: the longest time without data; buffer: what a player needs to hear no silence; pause before: the longest before the outage.');
}

function check(result: Experience, { stallMs, missingMs, repeatedMs }: Bars): string[] {
  const problems: string[] = [];
  if (result.disconnects > 0) problems.push('cut off');
  if (result.longestStallMs >= stallMs) {
    const isBusy = result.calmStallMs >= stallMs;
    problems.push(`stall ≥ ${stallMs} ms${isBusy ? ', but as long a pause before: is the machine busy?' : ''}`);
  }
  if (result.missingMs > missingMs + NOTHING_MS) problems.push(`missing > ${missingMs} ms`);
  if (result.repeatedMs > repeatedMs + NOTHING_MS) problems.push(`repeated > ${repeatedMs} ms`);
  if (result.recognisedMs < 5_000) problems.push('not the programme');
  return problems;
}

function describe(format: Format, { part, how }: Outage, result: Experience, problems: readonly string[]): string {
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const { longestStallMs, bufferMs, missingMs, repeatedMs, garbledMs, disconnects, complaints, calmStallMs } = result;
  return row([
    formats[format].label,
    `${part} ${how}`,
    ms(longestStallMs),
    ms(bufferMs),
    ms(missingMs),
    ms(repeatedMs),
    ms(garbledMs),
    String(disconnects),
    complaints.length === 0 ? 'nothing' : `${complaints.length} lines`,
    ms(calmStallMs),
    problems.length === 0 ? 'ok' : problems.join(', '),
  ]);
}

const WIDTHS = [8, 16, 8, 8, 8, 9, 8, 8, 13, 13, 0];

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => (index < 2 ? cell.padEnd(WIDTHS[index]!) : index < WIDTHS.length - 1 ? cell.padStart(WIDTHS[index]!) : cell)).join('  ');
}
