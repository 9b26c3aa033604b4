import type { Handle } from './handle.ts';

/** Raised when a message changes its meaning: a process that speaks another one is not handed anything. */
export const PROTOCOL = 1;

/** The descriptor of the new process by which it reads what the old one has saved. */
export const SAVED_FD = 4;

/** By this the new process knows that it is one: the process id of the old one. */
export const OLD_PROCESS_VARIABLE = 'DAVECAST_UPGRADE_OF';

/** 'all': ports, connections and the state of the machine. 'ports': ports only, and the old process serves its listeners until they have left. */
export type Takes = 'all' | 'ports';

/** What the new process is offered. */
export interface Offer {
  readonly protocol: number;
  /** Of the software of the old process. */
  readonly version: string;
  /** By role: what the new process has to agree with. */
  readonly terms: unknown;
}

/** A number stands for a handle: a socket that went with a message. */
export type ToNew =
  | ({ readonly kind: 'offer' } & Offer)
  | { readonly kind: 'handle'; readonly number: number; readonly about?: unknown }
  /** All has stopped; what is saved, so many bytes, comes by the pipe. */
  | { readonly kind: 'take'; readonly bytes: number }
  /** From now on it is the new process that serves. */
  | { readonly kind: 'go' }
  /** A connection that was accepted here, and what has come by it, as base64. */
  | { readonly kind: 'connection'; readonly port: string; readonly number: number; readonly bytes: string; readonly about: unknown }
  /** All that was given to this connection is written: the new process goes on with it. */
  | { readonly kind: 'written'; readonly number: number }
  /** This connection is closed, or what was given to it could not be written. */
  | { readonly kind: 'closed'; readonly number: number };

export type ToOld =
  | { readonly kind: 'ready'; readonly takes: Takes; readonly why?: string | undefined }
  /** The state is restored. */
  | { readonly kind: 'taken' }
  /** It serves. */
  | { readonly kind: 'serves' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'closed'; readonly number: number };

/** Passes messages, and handles with them, in their order. */
export interface Channel<Out> {
  /** @param sent the other side has it, or can no longer get it: the handle was closed on its way. */
  say(message: Out, handle?: Handle, sent?: () => void): void;
}
