import type { Role } from '../../core/config/settings.ts';

/** What a process is: one role, or all three in one. */
export type ProcessRole = Role | 'station';

/** A role that runs: what the command line starts and a signal stops. */
export interface App {
  /** Listens and connects; rejects with a StartError when the machine does not let it. */
  start(): Promise<void>;
  /** Closes everything, giving what was already written a moment to get through. */
  stop(): Promise<void>;
  /** Resolves when there is nothing left to do: only an encoder whose input has ended comes to that. */
  readonly finished: Promise<void>;
}

/** A promise that never resolves: the `finished` of a role that runs until it is stopped. */
export const NEVER_FINISHED: Promise<void> = new Promise(() => undefined);
