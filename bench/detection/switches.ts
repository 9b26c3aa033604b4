import { pathModels, type PathModel } from './models.ts';
import type { ListenerReport } from '../../sim/machines/listener.ts';
import { aac, mp3, type ModelFormat } from '../../sim/programme/model-frame.ts';
import { at, every, listener, type Fault, type Scenario } from '../../sim/scenario.ts';
import { simulate } from '../../sim/run/simulation.ts';
import { positive } from '../common/positive.ts';
import { quantiles } from '../common/quantiles.ts';

const SWITCHES = 100;
const EVERY_S = 40;
const BACK_AFTER_S = 10;
const QUIET_START_S = 30;
const SETTLES_S = 20;

const formats: readonly (readonly [string, ModelFormat])[] = [['MP3', mp3()], ['AAC', aac()]];
/** How much later the second encoder gets the programme. */
const slowerMs: readonly number[] = [0, 150];
const wayNames: readonly string[] = ['quiet LAN', 'ordinary', 'WAN jitter of 40 ms', 'TCP with 1 % loss, 3 in a row', '5 frames a write'];

/**
 * Where the cuts lie, in the simulator: the encoder on air is killed every 40 s, one and the other by turns, each back after 10 s, over
 * so many switches. A row for each codec, kind of way, and delay of one encoder.
 *
 *     npm run bench -- switches [SWITCHES]
 */
export async function switches([text = String(SWITCHES)]: readonly string[]): Promise<void> {
  const count = positive('SWITCHES', text);
  if (count === undefined) return;
  console.log('| codec | network | one slower by | switches | others | error: median, 95 %, worst | garbled: worst | stall: median, worst | disconnects |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const [codec, format] of formats) {
    for (const model of pathModels.filter(({ name }) => wayNames.includes(name))) {
      for (const delayMs of slowerMs) console.log(row(codec, model, delayMs, run(format, model, delayMs, count)));
    }
  }
}

interface Found {
  readonly report: ListenerReport;
  /** How long nothing had been given out before each switch to what is left. */
  readonly silentMs: readonly number[];
  /** Switches that nobody had to make. */
  readonly others: number;
}

function run(format: ModelFormat, { name, topology, faults }: PathModel, delayMs: number, count: number): Found {
  const encoders = topology.encoders.map((each, index) => ({ ...each, format, ...(index === 1 ? { feedDelayMs: delayMs } : {}) }));
  const untilS = QUIET_START_S + count * EVERY_S;
  const deaths = every(EVERY_S, QUIET_START_S, untilS, (atS, n): Fault[] => {
    const { name: live } = encoders[n % 2]!;
    return [at(atS).kill(live), at(atS + BACK_AFTER_S).restart(live)];
  });
  const story: Scenario = {
    name,
    story: 'Encoders die by turns.',
    durationS: untilS + SETTLES_S,
    topology: { ...topology, encoders, listeners: [listener('listener', 'edge')] },
    faults: (plan) => [...deaths, ...(faults?.(plan) ?? [])],
    expect: [],
  };
  const { listeners, notes } = simulate(story, { seed: 1 });
  const all = notes.filter(({ actor, kind }) => actor === 'edge' && kind === 'switch');
  const due = all.filter(({ atMs }) => (atMs / 1_000 - QUIET_START_S) % EVERY_S < BACK_AFTER_S);
  return { report: listeners[0]!, silentMs: due.map(({ fields }) => Number(fields['silentMs'])), others: all.length - due.length };
}

function row(codec: string, { name }: PathModel, delayMs: number, { report, silentMs, others }: Found): string {
  const off = report.switches.map(({ missingMs, repeatedMs }) => missingMs + repeatedMs);
  const garbled = Math.max(0, ...report.switches.map(({ garbledMs }) => garbledMs));
  const cells = [
    codec, name, `${delayMs} ms`, silentMs.length, others, quantiles(off, [0.5, 0.95, 1], 1), garbled.toFixed(1), quantiles(silentMs, [0.5, 1], 1), report.disconnects,
  ];
  return `| ${cells.join(' | ')} |`;
}
