import { isatty } from 'node:tty';
import { openLogOutput } from '../../log/output.ts';
import { STDOUT } from '../../log/writer.ts';
import { nextSignal } from '../../cli/signals.ts';
import { ProbeApp } from './app.ts';
import type { ProbeConfig } from './command.ts';
import { JsonReporter } from './json-reporter.ts';
import type { Reporter } from './reporter.ts';
import { TextReporter } from './text-reporter.ts';

const DEFAULT_COLUMNS = 80;

/** Listens until its time is over, a signal comes, or nobody reads what it says; resolves with the exit status. */
export async function runProbe(config: ProbeConfig): Promise<number> {
  const output = openLogOutput();
  const app = new ProbeApp(config, reporterFor(config, (text) => output.write(text)));
  // It carries nothing for anybody: with its terminal it ends, and says what it has found.
  const signal = nextSignal(['SIGTERM', 'SIGINT', 'SIGHUP'], () => undefined);
  try {
    await app.start();
    await Promise.race([app.finished, signal, output.abandoned]);
    const isWell = app.conclude();
    await app.stop();
    return isWell ? 0 : 1;
  } finally {
    await output.flush();
  }
}

function reporterFor({ output }: ProbeConfig, write: (text: string) => void): Reporter {
  if (output === 'json') return new JsonReporter(write);
  const isTerminal = output === 'text' && isatty(STDOUT);
  return new TextReporter({
    write,
    columns: isTerminal ? () => process.stdout.columns || DEFAULT_COLUMNS : undefined,
    isQuiet: output === 'quiet',
  });
}
