import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** What the operating system says a process has used so far. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Ticks a second of the counters in /proc: fixed at 100 for user space on Linux. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

/** CPU time and memory of a process and of all that it has started, from /proc (see proc(5)): Linux only. */
export function usageOf(pid: number): Usage {
  const all = readProcesses();
  const family = new Set([pid]);
  // A process has a higher number than the one that started it, until the numbers begin again.
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const { pid: child, parent } of all) if (family.has(parent)) family.add(child);
  }
  let [cpuMs, residentBytes] = [0, 0];
  for (const each of all) {
    if (!family.has(each.pid)) continue;
    cpuMs += each.cpuMs;
    residentBytes += residentOf(each.pid);
  }
  if (cpuMs === 0 && residentBytes === 0) throw new Error(`process ${pid} is gone`);
  return { cpuMs, residentBytes };
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

function readProcesses(): readonly ProcessStat[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    const stat = readIfThere(`/proc/${name}/stat`);
    if (stat === undefined) return [];
    // The second field is the program's name in parentheses, which may itself hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid: Number(name), parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS }];
  });
}

/** Whether there is such a process, and all its threads have begun, and wait for something now, from /proc: Linux only. */
export function threadsWait(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return false;
  return readdirSync(threads).every((thread) => /^State:\s+S\b[^]*^voluntary_ctxt_switches:\s+[1-9]/m.test(readIfThere(`${threads}/${thread}/status`) ?? ''));
}

function residentOf(pid: number): number {
  return Number(readIfThere(`/proc/${pid}/statm`)?.split(' ')[1] ?? 0) * PAGE_BYTES;
}

/** A process may end while we look. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

/** What all processes of the machine together have used so far, in milliseconds of one processor. */
export function machineCpuMs(): number {
  const [user, nice, system, , , irq, softIrq] = readFileSync('/proc/stat', 'latin1').split('\n')[0]!.split(/\s+/).slice(1).map(Number);
  return (user! + nice! + system! + irq! + softIrq!) * TICK_MS;
}

/** How many files and sockets a process may have open at once, and how many it has. */
export function descriptorsOf(pid: number): { readonly open: number; readonly most: number } {
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
  return { open: readdirSync(`/proc/${pid}/fd`).length, most: Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity) };
}

/** The middle value; the mean of the middle two when there is no single one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
