import { formats, type Format } from '../rigs/formats.ts';
import { faults, type FaultName } from './fault.ts';
import type { Options } from './options.ts';
import { programmeS, type Task } from './session.ts';
import { systems, type SystemName } from './systems.ts';

/** The others treat all codecs alike, and so do we where no frame is changed: one of each family shows it, unless others are asked for. */
const ONE_OF_EACH: readonly Format[] = ['mp3', 'aac'];
/** The others match no loudness envelopes, and need not be given the time for it. */
const PEERS_REST_MS = 7_000;

/** What is to be measured, the longest first, so that at the end no rig is waited for alone. */
export function planTasks(options: Pick<Options, 'systems' | 'faults' | 'codecs' | 'switches'>): Task[] {
  const tasks: Task[] = [];
  for (const system of options.systems ?? (Object.keys(systems) as SystemName[])) {
    for (const fault of options.faults ?? (Object.keys(faults) as FaultName[])) {
      const { needs, everyCodec, restMs } = faults[fault];
      if (!systems[system].can.includes(needs)) continue;
      const isOurs = system === 'davecast';
      const codecs = options.codecs ?? (isOurs && everyCodec ? (Object.keys(formats) as Format[]) : ONE_OF_EACH);
      for (const codec of codecs) {
        tasks.push({ system, codec, fault, rounds: options.switches, ...(isOurs ? {} : { restMs: Math.min(restMs, PEERS_REST_MS) }) });
      }
    }
  }
  return tasks.toSorted((a, b) => programmeS(b) - programmeS(a));
}
