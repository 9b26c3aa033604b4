import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { ListenersEvent } from '../../../core/listeners/events.ts';
import type { Disconnection, LeftWith } from '../listener-host.ts';

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

/** What the process that has the ingest says to a worker. What is on air goes by a pipe of its own. */
export type ToWorker =
  | { readonly kind: 'begin'; readonly settings: Settings }
  | JoinMessage
  | DisconnectMessage
  | MoveMessage
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
