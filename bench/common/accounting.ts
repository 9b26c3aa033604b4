import { readFileSync } from 'node:fs';

/** What the operating system says a process has used so far. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Ticks a second of the counters in /proc: fixed at 100 for user space on Linux. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

/** CPU time and memory of a process, from /proc (see proc(5)): Linux only. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in parentheses, which may itself hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  const resident = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  return { cpuMs: (user + system) * TICK_MS, residentBytes: resident * PAGE_BYTES };
}

/** The middle value; the mean of the middle two when there is no single one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
