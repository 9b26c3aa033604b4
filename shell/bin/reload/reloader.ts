import type { Reload, ReloadResult } from '../../process/app.ts';
import type { Log } from '../../log/log.ts';
import type { Range } from '../../net/addresses/allow.ts';
import type { PageOptions } from '../../operations/page/page.ts';
import { logLevels, type LogLevel } from '../../log/text/table.ts';
import { messageOf, UsageError } from '../../process/problems.ts';

/** One value of a configuration. */
export interface Effective {
  /** To compare: it may be a secret. */
  readonly value: string;
  /** A running process can take another one. */
  readonly isLive: boolean;
}

/** What a role runs with. */
export interface Configuration {
  /** Of the app. */
  readonly config: object;
  readonly logLevel: LogLevel;
  /** Who may read metrics, and see all of the page. */
  readonly metricsAllow: readonly Range[];
  /** Other processes that the page shows. */
  readonly fleet: PageOptions['fleet'];
  /** By the keys of a configuration file, where something is said otherwise than by default. */
  readonly effective: ReadonlyMap<string, Effective>;
}

export interface ReloaderOptions {
  readonly first: Configuration;
  /** Reads command line and files again; throws a UsageError. */
  readonly read: () => Configuration;
  /** See Reconfigured. */
  readonly prepare: (config: object) => Promise<() => readonly string[]>;
  /** Makes count what is of the process, and of no role. */
  readonly commit: (next: Configuration) => void;
  readonly setLevel: (level: LogLevel) => void;
  readonly log: Log;
}

/** Problems of one file that have a line in the log; of more it has the number. */
const MAX_PROBLEMS = 20;

/** Reads the configuration again while the process runs: what is wrong changes nothing, and all that can change does. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #current: Configuration;
  #begin: () => void = () => undefined;
  #work: Promise<unknown> = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });
  #isStopped = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#current = options.first;
  }

  /** The role has started: what was asked for before that is done now. */
  begin(): void {
    this.#begin();
  }

  /** The process ends: nothing is changed any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** One after the other. */
  readonly reload: Reload = (by) => {
    const result = this.#work.then(() => this.#reload(by));
    this.#work = result;
    return result;
  };

  async #reload(by: string): Promise<ReloadResult> {
    try {
      return await this.#apply(by);
    } catch (error) {
      const problems = error instanceof UsageError ? error.message.split('\n') : [`internal error: ${messageOf(error)}`];
      this.#refused(by, problems);
      return { isApplied: false, problems };
    }
  }

  async #apply(by: string): Promise<ReloadResult> {
    const { read, prepare, commit: commitShared, setLevel, log } = this.#options;
    const before = this.#current;
    const next = read();
    const commit = await prepare(next.config);
    if (this.#isStopped) throw new UsageError('the process is stopping');
    const others = commit();
    commitShared(next);
    const keys = differing(before.effective, next.effective);
    const isLive = (key: string): boolean => (next.effective.get(key) ?? before.effective.get(key))!.isLive;
    const needRestart = keys.filter((key) => !isLive(key));
    const changed = [...keys.filter(isLive), ...others];
    // What needs a restart is told of again as long as it is so.
    const kept = needRestart.flatMap((key) => (before.effective.has(key) ? [[key, before.effective.get(key)!] as const] : []));
    this.#current = { ...next, effective: new Map([...[...next.effective].filter(([key]) => !needRestart.includes(key)), ...kept]) };
    // By the level that says more: that it has changed is said at any.
    setLevel(logLevels[Math.min(logLevels.indexOf(before.logLevel), logLevels.indexOf(next.logLevel))]!);
    log({ kind: 'reloaded', by, changed: changed.join(', ') || 'nothing' });
    if (needRestart.length > 0) log({ kind: 'needs-restart', keys: needRestart.join(', ') });
    setLevel(next.logLevel);
    return { isApplied: true, changed, needRestart };
  }

  #refused(by: string, problems: readonly string[]): void {
    for (const problem of problems.slice(0, MAX_PROBLEMS)) this.#options.log({ kind: 'reload-refused', by, problem });
    const more = problems.length - MAX_PROBLEMS;
    if (more > 0) this.#options.log({ kind: 'reload-refused', by, problem: `and ${more} more: davecast config check` });
  }
}

function differing(before: Configuration['effective'], after: Configuration['effective']): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key)?.value !== after.get(key)?.value).toSorted();
}
