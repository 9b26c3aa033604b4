import type { Log } from '../log/log.ts';
import { AccessLog, type AccessLogConfig } from '../operations/access-log/access-log.ts';
import type { AccessEntry } from '../operations/access-log/lines.ts';
import type { Metrics } from '../operations/metrics/metrics.ts';
import { StartError, UsageError } from '../process/problems.ts';

export interface AccessReportsOptions {
  readonly metrics: Metrics | undefined;
  readonly log: Log;
}

/** Another access log that can be used. */
export interface PreparedAccessLog {
  use(): void;
  giveUp(): Promise<void>;
}

/** Tells of each listener that has left: in the access log, or, where there is none, in the log. */
export class AccessReports {
  readonly #options: AccessReportsOptions;
  #config: AccessLogConfig | undefined;
  #accessLog: AccessLog | undefined;

  constructor(options: AccessReportsOptions) {
    this.#options = options;
  }

  /** @param config undefined: there is no access log. Throws a StartError when it cannot be written. */
  start(config: AccessLogConfig | undefined): void {
    this.#config = config;
    this.#accessLog = config && new AccessLog(config, this.#options.log);
  }

  take(entry: AccessEntry): void {
    const { metrics, log } = this.#options;
    metrics?.listenerLeft(entry.mount, entry.reason);
    if (this.#accessLog !== undefined) return this.#accessLog.take(entry);
    const { mount, ip, agent, connectedMs, bytes, reason } = entry;
    log({ kind: 'access', mount, ip, agent, connectedS: Math.round(connectedMs / 1_000), bytes, reason });
  }

  /** Opens another access log; undefined where it is the same. Throws a UsageError when it cannot be written, and nothing has changed. */
  prepare(next: AccessLogConfig | undefined, limitMs: number): PreparedAccessLog | undefined {
    if (JSON.stringify(next) === JSON.stringify(this.#config)) return undefined;
    const opened = this.#open(next);
    return {
      use: () => {
        void this.#accessLog?.stop(limitMs);
        this.#config = next;
        this.#accessLog = opened;
      },
      giveUp: async () => await opened?.stop(0),
    };
  }

  async stop(limitMs: number): Promise<void> {
    await this.#accessLog?.stop(limitMs);
  }

  #open(config: AccessLogConfig | undefined): AccessLog | undefined {
    try {
      return config && new AccessLog(config, this.#options.log);
    } catch (error) {
      throw error instanceof StartError ? new UsageError(error.message) : error;
    }
  }
}
