import { LineQueue } from '../../log/output.ts';
import type { Log } from '../../log/log.ts';
import { inWords, StartError } from '../../process/problems.ts';
import { accessLine, type AccessEntry, type AccessLogFormat } from './lines.ts';
import { ReopenedFile } from './reopened-file.ts';

export interface AccessLogConfig {
  readonly file: string;
  readonly format: AccessLogFormat;
}

/** Lines of 80,000 listeners who leave at once. Beyond it lines are dropped, and counted. */
const MAX_WAITING_BYTES = 33_554_432;

/** A line for each listener that has left, in a file of its own, which SIGHUP reopens. Audio never waits for it. */
export class AccessLog {
  readonly #config: AccessLogConfig;
  readonly #log: Log;
  readonly #file: ReopenedFile;
  readonly #lines: LineQueue;

  /** Throws a StartError when the file cannot be opened. */
  constructor(config: AccessLogConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    const { file } = config;
    this.#file = openFile(file, (error) => log({ kind: 'access-not-written', file, error }));
    this.#lines = new LineQueue(this.#file, (count) => log({ kind: 'access-dropped', count }), MAX_WAITING_BYTES);
    process.on('SIGHUP', this.#reopen);
  }

  /** Never waits. */
  take(entry: AccessEntry): void {
    this.#lines.write(accessLine[this.#config.format](entry));
  }

  /** Writes what waits, in so long at most. */
  async stop(limitMs: number): Promise<void> {
    process.off('SIGHUP', this.#reopen);
    await this.#lines.flush(limitMs);
    this.#file.close();
  }

  readonly #reopen = (): void => {
    const { file } = this.#config;
    void this.#file.reopen().then((error) => this.#log(error === undefined ? { kind: 'access-reopened', file } : { kind: 'access-not-reopened', file, error }));
  };
}

function openFile(path: string, failed: (error: string) => void): ReopenedFile {
  try {
    return new ReopenedFile(path, failed);
  } catch (error) {
    throw new StartError(`the access log ${path} cannot be opened: ${inWords(error)}`);
  }
}
