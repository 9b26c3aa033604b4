import type net from 'node:net';
import { anonymous, type Peer } from '../../../core/links/peers/peer.ts';
import { peerOf } from '../addresses/address.ts';
import { takeOver, type TakeBytes } from '../tcp.ts';

/** Which port a connection has come by: that of those who push, or that of those who subscribe. */
export type LinkPort = 'in' | 'out';

/** What those are who connect to a port. */
export const rolesByPort: Readonly<Record<LinkPort, 'source' | 'subscriber'>> = { in: 'source', out: 'subscriber' };

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
export function plainLink(socket: net.Socket, port: LinkPort): AcceptedLink {
  return {
    socket,
    peer: anonymous(rolesByPort[port], peerOf(socket)),
    read: (take) => (port === 'in' ? takeOver(socket, take) : socket.on('data', take).resume()),
    lostBecause: () => undefined,
  };
}
