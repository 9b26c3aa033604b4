import type net from 'node:net';
import { codeOf } from '../process/problems.ts';
import { dialTcp, type DialOptions, type TakeBytes } from './tcp.ts';

/** A connection that is being made. Its owner listens to `opened`, 'error' and 'close'. */
export interface Dialled {
  readonly socket: net.Socket;
  /** The event after which it can be written to. */
  readonly opened: 'connect' | 'secureConnect';
  /** What an error of it means, in a word. */
  readonly reasonOf: (error: Error) => string;
}

/** Makes a connection whose bytes go to `take`, borrowed for the call. */
export type Dial = (options: DialOptions, take: TakeBytes) => Dialled;

export const dialPlain: Dial = (options, take) => ({ socket: dialTcp(options, take), opened: 'connect', reasonOf: codeOf });
