import { isatty } from 'node:tty';
import pino from 'pino';
import type { ProcessRole } from '../process/app.ts';
import type { EventSink } from './events.ts';
import { formatForPeople } from './format.ts';
import { HeldLines } from './held-lines.ts';
import { openLogOutput } from './output.ts';
import { sentenceOf } from './text/sentence.ts';
import { logTable, type LogLevel } from './text/table.ts';
import { LogThrottle } from './throttle.ts';
import { figuresOf } from './text/words.ts';
import { STDOUT } from './writer.ts';

/** Tells of something that an operator may want to know. */
export type Log = EventSink;

export interface Logger {
  readonly log: Log;
  /** Lines below this level are not written from now on. */
  setLevel(level: LogLevel): void;
  /** Lines are kept until `release` writes them, or `forget` does away with them. */
  readonly held: Pick<HeldLines, 'hold' | 'release' | 'forget'>;
  /** Writes out what still waits, if somebody reads it; for the end of the process. */
  flush(): Promise<void>;
  /** The same for a process that fails: what is not taken at once is lost. */
  flushNow(): void;
  /** Where lines go, for another thread. */
  readonly descriptor: number;
  /** Lines that were dropped since the start, because nobody took them. */
  droppedLines(): number;
}

export interface LogOptions {
  readonly role: ProcessRole;
  readonly level: LogLevel;
}

/** Lines on stdout: for people when that is a terminal, JSON otherwise. Writing one never waits. */
export function createLogger({ role, level }: LogOptions): Logger {
  const output = openLogOutput((count) => log({ kind: 'log-dropped', count }));
  const format = isatty(STDOUT) ? formatForPeople() : undefined;
  const options: pino.LoggerOptions = {
    level,
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const held = new HeldLines((line) => output.write(format === undefined ? line : format(line)));
  const logger = pino(options, { write: held.take });
  const log = logTo(logger);
  return { log, held, setLevel: (next) => void (logger.level = next), flush: () => output.flush(), flushNow: () => {
    held.release();
    output.flushNow();
  }, descriptor: output.descriptor, droppedLines: () => output.droppedLines };
}

function logTo(logger: pino.Logger): Log {
  const throttle = new LogThrottle((kind, count) => {
    logger.warn({ event: 'log-suppressed', suppressed: kind, count }, logTable['log-suppressed'].text);
  });
  return (event) => {
    const { kind } = event;
    const { level } = logTable[kind];
    if (!logger.isLevelEnabled(level)) return;
    if (throttle.admits(kind, performance.now())) logger[level]({ event: kind, ...figuresOf(event) }, sentenceOf(event));
  };
}
