import type { Settings } from '../../core/config/settings.ts';
import { toMs } from '../../core/base/units.ts';
import { at, type Fault, type HostFault } from '../../sim/run/fault.ts';
import { between, Dice } from '../../sim/world/rng.ts';
import type { Scenario } from '../../sim/scenario.ts';
import { simulate, type Run } from '../../sim/run/simulation.ts';
import type { Note } from '../../sim/world/trace.ts';
import type { PathModel } from './models.ts';

/** How the encoder on air ends: its connections are closed, or stay open with nothing in them. */
export type Ending = Extract<HostFault, 'kill' | 'freeze'>;

/** What came of ending the encoder on air once. */
export interface Detection {
  readonly ending: Ending;
  readonly seed: number;
  /** From when the first missing frame would have been given out to the first one of the new stream; Infinity: never. */
  readonly lateMs: number;
}

/** Cadences are learned, and both streams are long known. */
const EARLIEST_S = 20;
const LATEST_S = 30;
const AFTERWARDS_S = 12;

/**
 * Ends the encoder on air, at a moment drawn from the seed, and says how long it took to be replaced. The same seed is played without that too:
 * every draw is the same there, so it tells when the first missing frame would have come.
 */
export function detect(model: PathModel, seed: number, endings: readonly Ending[], settings: Partial<Settings> = {}): Detection[] {
  const endS = between(new Dice(seed).stream('detection'), EARLIEST_S, LATEST_S);
  const unharmed = play(model, seed, LATEST_S + AFTERWARDS_S, settings);
  return endings.map((ending) => {
    const victim = onAirAt(unharmed.run.notes, 1_000 * endS);
    const { run, framesAtMs } = play(model, seed, LATEST_S + AFTERWARDS_S, settings, [at(endS)[ending](victim)]);
    const left = run.notes.find(({ kind, atMs, fields }) => kind === 'switch' && atMs >= 1_000 * endS && encoderOf(fields['from']) === victim);
    if (left === undefined) return { ending, seed, lateMs: Infinity };
    const given = framesAtMs.filter((atMs) => atMs < left.atMs).length;
    return { ending, seed, lateMs: left.atMs - unharmed.framesAtMs[given]! };
  });
}

/** Switches in so many seconds in which no encoder ends, by their reasons; losses are counted too. */
export function unneededSwitches(model: PathModel, seed: number, durationS: number, settings: Partial<Settings> = {}): Record<string, number> {
  const { run } = play(model, seed, durationS, settings);
  const counts: Record<string, number> = {};
  for (const { kind, fields } of run.notes) {
    if (kind === 'switch') counts[String(fields['reason'])] = (counts[String(fields['reason'])] ?? 0) + 1;
  }
  return counts;
}

function play(model: PathModel, seed: number, durationS: number, settings: Partial<Settings>, faults: readonly Fault[] = []): { run: Run; framesAtMs: number[] } {
  const framesAtMs: number[] = [];
  const scenario: Scenario = {
    name: model.name,
    story: 'Two encoders by two relays, on such ways.',
    durationS,
    topology: { ...model.topology, settings },
    faults: (plan) => [...(model.faults?.(plan) ?? []), ...faults],
    expect: [],
  };
  const run = simulate(scenario, { seed, onAir: (now) => void framesAtMs.push(toMs(now)) });
  return { run, framesAtMs };
}

function onAirAt(notes: readonly Note[], atMs: number): string {
  const latest = notes.findLast((note) => note.atMs <= atMs && (note.kind === 'switch' || note.kind === 'mount-started'));
  if (latest === undefined) throw new RangeError('nothing is on air');
  return encoderOf(latest.fields[latest.kind === 'switch' ? 'to' : 'stream']);
}

/** `enc-a#2` is the second start of enc-a. */
function encoderOf(stream: unknown): string {
  return String(stream).split('#', 1)[0]!;
}
