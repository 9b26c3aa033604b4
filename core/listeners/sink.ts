import type { ListenerId } from '../base/machine.ts';
import type { ListenersEvent } from './events.ts';

/** Where what listeners are given goes. */
export interface ListenersSink {
  /** What a listener is given next. The bytes are never changed afterwards; others get the same. */
  send(listener: ListenerId, bytes: Uint8Array): void;
  /** Of what it was given: not taken by the system yet. */
  backlogBytes(listener: ListenerId): number;
  end(listener: ListenerId, reason: EndReason): void;
  event(event: ListenersEvent): void;
}

export type EndReason = 'mount-ended' | 'too-slow';
