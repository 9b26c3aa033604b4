import type net from 'node:net';
import type { ListenerId } from '../../../../core/base/machine.ts';

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

/** What became of a listener, as its connection tells it. */
export interface LeftWith {
  readonly reason: string;
  /** What the system has taken, head included. */
  readonly bytes: number;
  /** From the first byte of the answer to the end; undefined when nobody knows. */
  readonly connectedMs: number | undefined;
}

/** What a host tells of its listeners. */
export interface ListenerUser {
  left(listener: ListenerId, how: LeftWith): void;
  /** It goes on at another mountpoint. */
  moved(listener: ListenerId, mount: string): void;
}

/** Why we disconnect a listener: an operator wants it, or it has had its time. */
export type Disconnection = 'killed' | 'duration over';

/** Where listeners are once their requests have been read: in this process, or in others. */
export interface ListenerHost {
  /** Takes the connection over, and gives the listener its number, which is never used again. Any other answer: it is still the caller's. */
  take(newcomer: Newcomer): ListenerId | 'no-such-mount' | 'full' | 'no-worker';
  /** Disconnects one of its listeners. */
  disconnect(listener: ListenerId, reason: Disconnection): void;
  /** Has one of its listeners go on at another mountpoint, as soon as that is known there. */
  move(listener: ListenerId, mount: string): void;
  /** Accepts no more, tells of each listener that it has left, and lets connections end after what was written, for so long. */
  stop(limitMs: number): Promise<void>;
}
