import type { Estate } from './upgrade/hand-over.ts';
import type { TakeOver } from './upgrade/take-over.ts';
import type { Role } from '../../core/config/settings.ts';

/** What a process is: one role, or all three in one. */
export type ProcessRole = Role | 'station';

/** A role that runs: what the command line starts and a signal stops. */
export interface App {
  /** Listens and connects; rejects with a StartError when the machine does not let it. `from`: goes on where that process was, as far as it can. */
  start(from?: TakeOver): Promise<void>;
  /** Closes everything, giving what was already written a moment to get through. */
  stop(): Promise<void>;
  /** Resolves when there is nothing left to do: only an encoder whose input has ended comes to that. */
  readonly finished: Promise<void>;
  /** What it can hand over to a new version of itself; a role without it cannot. */
  readonly estate?: Estate;
}

/** An app that takes another configuration while it runs. */
export interface Reconfigured<Config> extends App {
  /**
   * Reads what the configuration needs, and changes nothing yet; rejects with a UsageError. What it gives makes count what can change while the process runs, and
   * does not fail; it names what has changed though the configuration says the same as before, such as the content of a file.
   */
  prepare(next: Config): Promise<() => readonly string[]>;
}

/** What came of reading the configuration again: by the keys of its file. */
export type ReloadResult =
  | { readonly isApplied: true; readonly changed: readonly string[]; readonly needRestart: readonly string[] }
  /** Nothing has changed. */
  | { readonly isApplied: false; readonly problems: readonly string[] };

/** Reads the configuration again. `by`: a signal, or the address of an operator. It does not reject. */
export type Reload = (by: string) => Promise<ReloadResult>;

/** A promise that never resolves: the `finished` of a role that runs until it is stopped. */
export const NEVER_FINISHED: Promise<void> = new Promise(() => undefined);
