import { readDavecast, readDaveice, type Wish } from './command-line.ts';
import { createLogger } from '../log/log.ts';
import { runProbe } from '../operations/probe/run.ts';
import { StartError, UsageError } from '../process/problems.ts';
import { serve } from './serve.ts';
import { restoreSignals } from '../cli/signals.ts';
import { watchEventLoop } from '../process/watchdog/watchdog.ts';

/** Where a program prints, besides its log. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/**
 * Runs `davecast` to its end; resolves with the exit status: 0 all well, 1 the machine does not let us or a probe
 * has found something wrong, 2 the command line is wrong.
 */
export function davecast(argv: readonly string[], terminal: Terminal): Promise<number> {
  return run('davecast', readDavecast, argv, terminal);
}

/** The same for `daveice`. */
export function daveice(argv: readonly string[], terminal: Terminal): Promise<number> {
  return run('daveice', readDaveice, argv, terminal);
}

async function run(name: string, read: (argv: readonly string[]) => Wish, argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const wish = read(argv);
    if (wish.kind === 'print') {
      terminal.out(wish.text);
      return 0;
    }
    if (wish.kind === 'task') {
      restoreSignals();
      await wish.task((text) => terminal.out(text));
      return 0;
    }
    if (wish.kind === 'probe') return await runProbe(wish.config);
    const { role, logLevel: level, settings, metricsAllow: allow, fleet, notes } = wish;
    const started = (): void => notes.forEach((note) => terminal.err(`${name}: ${note}\n`));
    const logger = createLogger({ role, level });
    watchEventLoop(settings, role, logger);
    return await serve(wish, logger, { role, allow, fleet, settings, started });
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof StartError)) throw error;
    const hint = error instanceof UsageError ? ` (see ${name} --help)` : '';
    terminal.err(`${error.message.split('\n').map((line) => `${name}: ${line}`).join('\n')}${hint}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
