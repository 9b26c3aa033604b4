import pino from 'pino';
import pretty from 'pino-pretty';
import type { Role } from '../core/settings.ts';
import { logTable, type LogLevel } from './log-table.ts';

/** Tells of something that an operator may want to know: what kind of thing, and its figures. */
export type Log = <E extends { readonly kind: string }>(event: E) => void;

export interface Logger {
  readonly log: Log;
  /** Writes out what is still held; for the end of the process. */
  flush(): void;
}

export interface LogOptions {
  readonly role: Role;
  readonly level: LogLevel;
}

/** Log lines that wait for a reader of stdout who does not read: beyond this they are dropped, audio goes on. */
const MAX_WAITING_BYTES = 4_194_304;

/** Lines on stdout: for people when that is a terminal, JSON otherwise. */
export function createLogger({ role, level }: LogOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  if (process.stdout.isTTY) {
    const stream = pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'role', singleLine: true, sync: true });
    return { log: logTo(pino(options, stream)), flush: () => undefined };
  }
  // Not synchronous: a stopped reader of the log must not stop the audio.
  const destination = pino.destination({ fd: 1, sync: false, maxLength: MAX_WAITING_BYTES });
  destination.on('error', () => undefined);
  return { log: logTo(pino(options, destination)), flush: () => flush(destination) };
}

function logTo(logger: pino.Logger): Log {
  return (event) => {
    const { kind, ...figures } = event as { readonly kind: string };
    const { level, text } = logTable[kind] ?? { level: 'info', text: kind };
    logger[level]({ event: kind, ...figures }, text);
  };
}

function flush(destination: ReturnType<typeof pino.destination>): void {
  try {
    destination.flushSync();
  } catch {
    // Nobody reads any more, or it was never opened.
  }
}
