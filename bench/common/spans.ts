import { setTimeout as sleep } from 'node:timers/promises';
import { machineCpuMs, usageOf } from './accounting.ts';

/** What processes used in spans of equal length, by their names. */
export interface Spans {
  /** Shares of a core, one for each span. */
  readonly cores: Readonly<Record<string, readonly number[]>>;
  /** At the end of each span. */
  readonly residentBytes: Readonly<Record<string, readonly number[]>>;
  /** Shares of a core that everything else on the machine used: what waits for a processor is measured wrongly. */
  readonly otherCores: readonly number[];
}

/** Watches processes, by the accounting of the operating system. `each` is called at the end of every span. */
export async function watch(pids: Readonly<Record<string, number>>, spans: number, spanMs: number, each: () => void = () => undefined): Promise<Spans> {
  const names = Object.keys(pids);
  const lists = (): Record<string, number[]> => Object.fromEntries(names.map((name) => [name, []]));
  const [cores, residentBytes] = [lists(), lists()];
  const otherCores: number[] = [];
  for (let span = 0; span < spans; span++) {
    const before = names.map((name) => usageOf(pids[name]!).cpuMs);
    const machineBeforeMs = machineCpuMs();
    const startMs = performance.now();
    await sleep(spanMs);
    const elapsedMs = performance.now() - startMs;
    const machineCores = (machineCpuMs() - machineBeforeMs) / elapsedMs;
    names.forEach((name, index) => {
      const after = usageOf(pids[name]!);
      cores[name]!.push((after.cpuMs - before[index]!) / elapsedMs);
      residentBytes[name]!.push(after.residentBytes);
    });
    otherCores.push(Math.max(0, machineCores - names.reduce((sum, name) => sum + cores[name]!.at(-1)!, 0)));
    each();
  }
  return { cores, residentBytes, otherCores };
}
