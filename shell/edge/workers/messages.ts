import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { ListenersEvent } from '../../../core/listeners/events.ts';
import type { Disconnection, LeftWith } from '../listeners/host/listener-host.ts';

/** The descriptor of a worker's end of the pipe by which it is told what is on air. */
export const FEED_FD = 4;

/** A connection that goes with the message, whose request has been read. */
export interface JoinMessage {
  readonly kind: 'join';
  /** Its number in the process that accepts connections, as in all messages. */
  readonly listener: ListenerId;
  readonly mount: string;
  readonly icy: boolean;
  readonly label: string;
  /** What is written before the stream. */
  readonly head: string;
  /** So much of the feed, from the first byte on, must have been read before the mountpoint is known. */
  readonly feedBytes: number;
}

/** A listener is disconnected. */
export interface DisconnectMessage {
  readonly kind: 'disconnect';
  readonly listener: ListenerId;
  readonly reason: Disconnection;
}

/** A listener goes on at another mountpoint. */
export interface MoveMessage {
  readonly kind: 'move';
  readonly listener: ListenerId;
  readonly mount: string;
  /** So much of the feed, from the first byte on, must have been read before the mountpoint is known. */
  readonly feedBytes: number;
}

/** Stand still once so much of the feed has been read, and say what there is to go on with. */
export interface FreezeMessage {
  readonly kind: 'freeze';
  readonly feedBytes: number;
  /** Comes back with the answer. */
  readonly attempt: number;
}

/** Go on where a worker of another process was, once so much of the feed has been read: it has what new listeners hear first. */
export interface RestoreMessage {
  readonly kind: 'restore';
  readonly feedBytes: number;
  readonly saved: SavedWorker;
}

/** For the worker whose listeners go to another process. */
export type ToLeavingWorker =
  /** Give the connections of all listeners that have not been given yet, while all goes on. */
  | { readonly kind: 'lend' }
  | FreezeMessage
  /** Nobody has taken what was saved. */
  | { readonly kind: 'go-on' }
  /** The listeners that were saved are another process's. @param limitMs for writing what was given to those who are slow. */
  | { readonly kind: 'let-go'; readonly limitMs: number }
  /** The other process has let go of a listener whose last bytes are written here. */
  | { readonly kind: 'closed'; readonly listener: ListenerId };

/** For the worker that goes on with listeners of another process. */
export type ToArrivingWorker =
  /** The connection of a listener goes with the message. */
  | { readonly kind: 'adopt'; readonly listener: ListenerId }
  | RestoreMessage
  /** From now on it is this process that serves. */
  | { readonly kind: 'resume' }
  /** The process before has written the last of what it has given to this listener. */
  | { readonly kind: 'written'; readonly listener: ListenerId }
  /** It could not. */
  | { readonly kind: 'not-written'; readonly listener: ListenerId };

/** What the process that has the ingest says to a worker. What is on air goes by a pipe of its own. */
export type ToWorker =
  | { readonly kind: 'begin'; readonly settings: Settings }
  | JoinMessage
  | DisconnectMessage
  | MoveMessage
  | ToLeavingWorker
  | ToArrivingWorker
  | { readonly kind: 'stop'; readonly limitMs: number };

export interface LeftListener extends LeftWith {
  readonly listener: ListenerId;
}

/** Of one mountpoint, since its worker began. */
export interface GivenOut {
  readonly mount: MountId;
  readonly slowListeners: number;
  readonly bytesOut: number;
}

/** What has come to pass in a worker since it last said so. */
export interface Report {
  readonly kind: 'report';
  readonly events: readonly ListenersEvent[];
  readonly left: readonly LeftListener[];
  /** Of the mountpoints where it has changed. */
  readonly given: readonly GivenOut[];
  /** What some of its listeners have been given: of each every few seconds, for when the worker ends without telling who has left. */
  readonly heard: readonly (readonly [listener: ListenerId, bytes: number])[];
}

/** `id`: its number in the machine of its worker. `bytes` are what was given to it, head included; of these, `unwrittenBytes` are not taken by the system yet. */
export type SavedConnection = readonly [id: ListenerId, listener: ListenerId, bytes: number, unwrittenBytes: number, connectedMs: number];

/** What a worker needs to go on where another one was. Plain data. */
export interface SavedWorker {
  /** Of its machine, as base64. */
  readonly state: string;
  readonly machineUs: Micros;
  /** Microseconds of the system's monotonic clock, which all processes read alike. */
  readonly stoppedAtUs: number;
  readonly listeners: readonly SavedConnection[];
}

export type FromWorker =
  | Report
  /** The connection of a listener goes with the message; the worker keeps it, too. */
  | { readonly kind: 'lent'; readonly listener: ListenerId }
  | { readonly kind: 'all-lent' }
  | { readonly kind: 'saved'; readonly attempt: number; readonly saved: SavedWorker }
  | { readonly kind: 'restored' }
  /** All that was given to a listener of another process is written. */
  | { readonly kind: 'written'; readonly listener: ListenerId }
  /** It could not be. */
  | { readonly kind: 'not-written'; readonly listener: ListenerId };
