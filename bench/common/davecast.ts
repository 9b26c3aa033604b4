import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inRepository } from './repository.ts';

/** A running `davecast` process, with the ports it said it listens on. */
export interface Davecast {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Ports by what they are for: 'in', 'out', 'http', 'source'. */
  readonly ports: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node. */
  readonly nodeArgs?: readonly string[];
  /** Is told each line of its log, from the first one on. */
  readonly onLine?: (line: string) => void;
}

const program = inRepository('dist/shell/bin/davecast.js');

/** Starts the built program, at loopback alone, and waits until it listens on everything named in `awaits`. Rejects when it ends before. */
export async function startDavecast(args: readonly string[], awaits: readonly string[], { env, nodeArgs = [], onLine }: StartOptions = {}): Promise<Davecast> {
  const child = spawn(process.execPath, [...nodeArgs, program, ...args, '--bind', '127.0.0.1'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const ports = new Map<string, number>();
  const exited = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`davecast ${args.join(' ')} ended with ${code}`)));
  });
  exited.catch(() => {});
  const listening = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      onLine?.(line);
      const entry = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : {};
      if (entry['event'] === 'listening') ports.set(String(entry['what']), Number(entry['port']));
      if (awaits.every((what) => ports.has(what))) resolve();
    });
    if (awaits.length === 0) resolve();
  });
  await Promise.race([listening, exited]);
  return {
    child,
    pid: child.pid!,
    ports,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else {
          child.once('exit', () => resolve());
          child.kill('SIGTERM');
        }
      }),
  };
}
