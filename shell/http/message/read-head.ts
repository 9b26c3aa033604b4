import type net from 'node:net';
import { HANDSHAKE_RECORD } from '../../net/tls/handshakes.ts';
import type { Client } from '../callers/client.ts';
import { HeadReader, type Head, type HeadProblem, type RequestHead } from './head.ts';

/** A connection whose head is to be read. */
export interface Opening {
  readonly socket: net.Socket;
  /** What has come by it. */
  readonly first: Uint8Array;
  /** Who asks, with these headers. */
  readonly clientWith: (head: Pick<RequestHead, 'headers'>) => Client;
}

/** Takes a head, once it is whole, and what came behind it. The socket is paused then. */
export type TakeHead = (head: Head | HeadProblem, rest: Uint8Array) => void;

/** What has come by a connection so far. */
export type HeldBytes = () => Uint8Array;

/** The head of an HTTP request. A connection that ends before it is whole is closed. */
export function readHttpHead({ socket, first }: Opening, take: TakeHead): HeldBytes {
  const reader = new HeadReader();
  let isFirst = true;
  const onData = (chunk: Uint8Array): void => {
    if (chunk.length === 0) return;
    // Such a client would wait for an answer as long as we for the end of its head.
    const progress = isFirst && chunk[0] === HANDSHAKE_RECORD ? 'TLS on the plain port' : reader.push(chunk);
    isFirst = false;
    if (progress === 'more') return;
    socket.pause().off('data', onData).off('end', onEnd);
    if (typeof progress === 'string') take(progress, chunk);
    else take(reader.parse(), chunk.subarray(progress));
  };
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData).on('end', onEnd);
  onData(first);
  return () => reader.held;
}
