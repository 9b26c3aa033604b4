import type net from 'node:net';
import { plainAddress } from '../net/address.ts';
import { isSecure } from '../tls/tls-port.ts';
import type { RequestHead } from './head.ts';

/** Who asks, and how: as its connection shows it. */
export interface Client {
  /** Without a port. */
  readonly address: string;
  /** It came by TLS. */
  readonly isSecure: boolean;
  /** As it calls us: what its Host header says, unchecked. */
  readonly host: string | undefined;
}

export function clientOf(socket: net.Socket, head: RequestHead): Client {
  return { address: plainAddress(socket.remoteAddress), isSecure: isSecure(socket), host: head.headers.get('host') };
}
