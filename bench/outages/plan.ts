import { formats, type Format } from '../rigs/formats.ts';
import { faults, type FaultName } from './fault.ts';
import type { Options } from './options.ts';
import { programmeS, type Task } from './session.ts';
import { systems, type SystemName } from './systems.ts';

/** Icecast and Liquidsoap treat all codecs alike: one of each family shows it, unless others are asked for. */
const PEERS_CODECS: readonly Format[] = ['mp3', 'aac'];

/** What is to be measured, the longest first, so that at the end no rig is waited for alone. */
export function planTasks(options: Pick<Options, 'systems' | 'faults' | 'codecs' | 'switches'>): Task[] {
  const tasks: Task[] = [];
  for (const system of options.systems ?? (Object.keys(systems) as SystemName[])) {
    const codecs = options.codecs ?? (system === 'davecast' ? (Object.keys(formats) as Format[]) : PEERS_CODECS);
    for (const codec of codecs) {
      for (const fault of options.faults ?? (Object.keys(faults) as FaultName[])) {
        if (systems[system].can.includes(faults[fault].needs)) tasks.push({ system, codec, fault, rounds: options.switches });
      }
    }
  }
  return tasks.toSorted((a, b) => programmeS(b) - programmeS(a));
}
