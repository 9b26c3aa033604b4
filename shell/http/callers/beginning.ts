import type net from 'node:net';
import type { HeldBytes } from '../message/read-head.ts';
import { beginsProxied, ProxyHeaderReader, type Beginning } from './proxy-header.ts';

/** Whether a proxy says there for whom the connection is, and what came behind that. Nobody who is not trusted is waited for. The socket is read on. */
export function readBeginning(socket: net.Socket, isTrusted: boolean, take: (beginning: Beginning | 'not trusted') => void): HeldBytes {
  const reader = new ProxyHeaderReader();
  const onData = (chunk: Uint8Array): void => {
    const beginning = isTrusted ? reader.push(chunk) : beginsProxied(chunk) ? 'not trusted' : { header: 'none' as const, rest: chunk };
    if (beginning === 'more') return;
    socket.off('data', onData).off('end', onEnd);
    take(beginning);
  };
  // No reason to tell anybody: load balancers look in this way.
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData).on('end', onEnd);
  return () => reader.held;
}
