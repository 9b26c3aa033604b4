import type net from 'node:net';
import { anonymous, type Peer } from '../../core/links/peer.ts';
import { peerOf } from './address.ts';
import { takeOver, type TakeBytes } from './tcp.ts';

/** A connection that somebody made to us, when it is known who that is. It is not read yet. */
export interface AcceptedLink {
  readonly socket: net.Socket;
  /** By its port a source or a subscriber. */
  readonly peer: Peer;
  /** Reads it from now on. @return the socket to use from then on. */
  read(take: TakeBytes): net.Socket;
  /** Why we have closed it; undefined when we have not. */
  lostBecause(): string | undefined;
}

/** One of which nothing is known but its address. */
export function plainLink(socket: net.Socket, role: 'source' | 'subscriber' = 'source'): AcceptedLink {
  return {
    socket,
    peer: anonymous(role, peerOf(socket)),
    read: (take) => (role === 'source' ? takeOver(socket, take) : socket.on('data', take).resume()),
    lostBecause: () => undefined,
  };
}
