/** What the client process is told to do. */
export type Order =
  /** So many listeners, by turns of the mountpoints, evenly over this time; 0: as fast as it can. */
  | { readonly order: 'join'; readonly listeners: number; readonly overMs: number }
  /** Counts from now on. */
  | { readonly order: 'count' }
  | { readonly order: 'tell' }
  /** All at once. */
  | { readonly order: 'leave' };

/** What it answers. */
export interface Joined {
  /** Of those who got audio, from when they began to connect. */
  readonly firstAudioMs: readonly number[];
  readonly failed: number;
}

export interface Counted {
  readonly reads: number;
  readonly bytes: number;
  /** Since `count`. */
  readonly elapsedMs: number;
  /** Of each listener, the largest. */
  readonly gapsMs: readonly number[];
  /** Connections that have ended although nobody left. */
  readonly lost: number;
}

/** Where the client process connects to, on 127.0.0.1. */
export interface ClientPlan {
  readonly port: number;
  readonly mounts: number;
  /** Whether they ask for metadata in the stream. */
  readonly icy: boolean;
}
