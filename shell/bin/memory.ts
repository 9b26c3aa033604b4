import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { settingTable, type Settings } from '../../core/config/settings.ts';
import type { Log } from '../log/log.ts';

/** What is left of the memory that there is: code, sockets, what V8 has not collected yet, and what budgets do not count. */
const PART_FOR_BUDGETS = 0.6;

/** The settings with a budget that fits into the memory that this process may have; says what it is. */
export function fitted(settings: Settings, name: 'edgeBytes' | 'historyBytes', log: Log, thereBytes: number = memoryThere()): Settings {
  const most = Math.max(settingTable[name].min, Math.floor(PART_FOR_BUDGETS * thereBytes));
  const bytes = Math.min(settings[name], most);
  log({ kind: 'memory', setting: name, bytes, wanted: settings[name], there: thereBytes });
  return { ...settings, [name]: bytes };
}

/** The settings of a relay and of an edge in one process: the history of the relay has at most a fifth of what both may have, as it has of the defaults. */
export function fittedTogether(settings: Settings, log: Log, thereBytes: number = memoryThere()): { readonly relay: Settings; readonly edge: Settings } {
  const historyPart = 0.2;
  return {
    relay: fitted(settings, 'historyBytes', log, Math.floor(historyPart * thereBytes)),
    edge: fitted(settings, 'edgeBytes', log, Math.floor((1 - historyPart) * thereBytes)),
  };
}

/** The least of what V8 takes for its heap, what a container allows, and what the machine has. */
function memoryThere(): number {
  const allowed = process.constrainedMemory();
  return Math.min(getHeapStatistics().heap_size_limit, totalmem(), allowed > 0 ? allowed : Infinity);
}
