import type dgram from 'node:dgram';
import net from 'node:net';

/**
 * What the system knows a socket by, in Node.js. It can be given to another process while this one keeps it, which a net.Socket cannot: Node passes that
 * in a way that lets go of it here, or has it read at once there. No documented interface, but that of Node's own `cluster`, which passes connections so.
 */
export interface Handle {
  reading?: boolean;
  readStart(): number;
  readStop(): number;
  close(): void;
  /** Of datagrams. */
  recvStart(): number;
  recvStop(): number;
}

/** Undefined: the socket is closed. */
export function handleOf(socket: net.Socket | net.Server): Handle | undefined {
  return (socket as unknown as { readonly _handle: Handle | null })._handle ?? undefined;
}

/** The same of a socket for datagrams. `dgram.Socket.bind` takes it, as it does for `cluster`. */
export function datagramHandleOf(socket: dgram.Socket): Handle | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  const state = symbol === undefined ? undefined : (socket as unknown as Readonly<Record<symbol, { readonly handle: Handle | null } | undefined>>)[symbol];
  return state?.handle ?? undefined;
}

/** A connection that another process has had. It is paused, and nothing of it has been read. */
export function connectionOf(handle: Handle): net.Socket {
  const options: net.SocketConstructorOpts & { readonly handle: Handle; readonly pauseOnCreate: boolean } = { handle, allowHalfOpen: true, readable: true, writable: true, pauseOnCreate: true };
  // Every socket error is followed by 'close', which is where connections are taken down.
  return new net.Socket(options).on('error', () => undefined);
}

/** What comes by a connection stays with the system. `resume` of the socket alone does not do: that stops no read that is going on. */
export function stopReading(socket: net.Socket): void {
  socket.pause();
  const handle = handleOf(socket);
  if (handle === undefined) return;
  handle.reading = false;
  handle.readStop();
}

/** Goes on after `stopReading`. */
export function goOnReading(socket: net.Socket): void {
  const handle = handleOf(socket);
  if (handle !== undefined) {
    handle.reading = true;
    handle.readStart();
  }
  socket.resume();
}
