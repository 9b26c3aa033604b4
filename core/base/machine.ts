import type { Micros } from './units.ts';

/**
 * What every state machine of the core offers its driver, be that the simulator or the shell.
 *
 * The driver calls an input with the time, then looks at `deadline` and calls `advance` when that time has come.
 * Outputs go to the sink given at construction, during the call. A sink must not call back into its machine.
 */
export interface Machine {
  /** Does whatever is due at `now`. Early and repeated calls do nothing. */
  advance(now: Micros): void;
  /**
   * The process was suspended for so much longer than its time has moved on: called between two calls, before the first one with a time behind that.
   * What others have sent meanwhile comes next, and is no faster than it should be. Of use to a machine that compares programme with time.
   */
  suspended?(now: Micros, us: number): void;
  /** What the clock of the system shows, in microseconds since 1970: called between two calls, before the first one and about once a second, by a driver that has such a clock. */
  clock?(now: Micros, unixUs: number): void;
  /** When `advance` wants to be called next; it may turn out to be early. `NEVER` when idle. */
  readonly deadline: Micros;
  /** Why that deadline exists; 'none' when idle. */
  readonly deadlineReason: string;
}

/** An incoming connection or socket. A number unique within its machine, never used again. */
export type PathId = number & { readonly kind: 'path' };
/** An outgoing connection of a relay. */
export type SubscriberId = number & { readonly kind: 'subscriber' };
/** A destination of an encoder; its value is the replica number of the copies it gets. */
export type TargetId = number & { readonly kind: 'target' };
/** A mountpoint, from its beginning to its end: one of the same name that begins later has another number. Never used again. */
export type MountId = number & { readonly kind: 'mount' };
/** A source of an encoder: one stream. A number unique within its machine, never used again. */
export type SourceId = number & { readonly kind: 'source' };
/** A listener of an edge's mountpoint. */
export type ListenerId = number & { readonly kind: 'listener' };
