import type net from 'node:net';
import type { ListenerId } from '../../core/base/machine.ts';

/** A listener whose request has been read. */
export interface Newcomer {
  /** Paused; nothing has been written. */
  readonly socket: net.Socket;
  /** The mountpoint, without its leading slash. */
  readonly mount: string;
  readonly icy: boolean;
  /** Who it is, for events: address and port. */
  readonly label: string;
  /** What is written before the stream. */
  readonly head: string;
}

/** `bytes`: what the system has taken, head included. */
export type ListenerLeft = (listener: ListenerId, reason: string, bytes: number) => void;

/** Where listeners are once their requests have been read: in this process, or in others. */
export interface ListenerHost {
  /** Takes the connection over, and gives the listener its number, which is never used again. Any other answer: it is still the caller's. */
  take(newcomer: Newcomer): ListenerId | 'no-such-mount' | 'full' | 'no-worker';
  /** Accepts no more, tells of each listener that it has left, and lets connections end after what was written, for so long. */
  stop(limitMs: number): Promise<void>;
}
