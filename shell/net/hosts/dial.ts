import type net from 'node:net';
import { inWords } from '../../process/problems.ts';
import { dialTcp, type DialOptions, type TakeBytes } from '../tcp.ts';

/** A connection that is being made. Its owner listens to `opened`, 'error' and 'close'. */
export interface Dialled {
  readonly socket: net.Socket;
  /** The event after which it can be written to. */
  readonly opened: 'connect' | 'secureConnect';
  /** What an error of it means, for users. */
  readonly reasonOf: (error: Error) => string;
  /** Of one by a key or a certificate: the other end says something at once when it takes us in, and says why, or closes it, when it does not. */
  readonly keyed?: KeyedDial;
}

export interface KeyedDial {
  /** Why it does not open when it is connected, and nothing comes. */
  readonly unanswered: string;
  /** Whether the other end does not know us, or is none of ours, where this is why it does not open. */
  readonly isRefusal: (reason: string) => boolean;
}

/** Makes a connection whose bytes go to `take`, borrowed for the call. */
export type Dial = (options: DialOptions, take: TakeBytes) => Dialled;

export const dialPlain: Dial = (options, take) => ({ socket: dialTcp(options, take), opened: 'connect', reasonOf: inWords });
