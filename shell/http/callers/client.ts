import type net from 'node:net';
import { isLoopback, plainAddress } from '../../net/addresses/address.ts';
import type { RangeSet } from '../../net/addresses/range-set.ts';
import { isSecure } from '../../net/tls/tls-port.ts';
import { forwardingHeaders, hopsOf } from './forwarded.ts';
import type { RequestHead } from '../message/head.ts';
import type { Proxied } from './proxy-header.ts';

/** Who has made a connection. */
export interface Caller {
  readonly address: string;
  readonly port: number | undefined;
  /** It is for somebody else that a trusted proxy has made it, and that one's address this is. */
  readonly isProxied: boolean;
  /** By TLS, as the proxy says; undefined: as the connection shows it. */
  readonly isSecure: boolean | undefined;
}

/** Who asks, and how: as a trusted proxy says, or else as the connection shows it. */
export interface Client {
  /** Without a port. */
  readonly address: string;
  /** Undefined where a proxy does not say it. */
  readonly port: number | undefined;
  /** It is on this machine, and asks without a proxy. */
  readonly isLocal: boolean;
  /** It asks by TLS. */
  readonly isSecure: boolean;
  /** As it calls us: what its Host header says, unchecked. */
  readonly host: string | undefined;
}

/** As its connection shows it. */
export function callerOf({ remoteAddress, remotePort }: net.Socket): Caller {
  return { address: plainAddress(remoteAddress), port: remotePort, isProxied: false, isSecure: undefined };
}

/** As the PROXY header at the beginning of its connection says. */
export function proxiedCaller(proxied: Proxied): Caller {
  return { ...proxied, isProxied: true };
}

export interface AskedBy {
  readonly socket: net.Socket;
  readonly head: Pick<RequestHead, 'headers'>;
  /** Proxies. */
  readonly trusted: RangeSet;
}

/** Who asks. What the headers say of that counts when a trusted proxy asks; of those that it names, each counts that a trusted one has named. */
export function clientOf(caller: Caller, { socket, head: { headers }, trusted }: AskedBy): Client {
  const isProxy = trusted.has(caller.address);
  const isLocal = isLoopback(caller.address) && !caller.isProxied && !isProxy && forwardedBy(headers) === undefined;
  let { address, port } = caller;
  let [proto, host]: [string | undefined, string | undefined] = [undefined, undefined];
  for (const hop of isProxy ? hopsOf(headers) : []) {
    [proto, host] = [hop.proto ?? proto, hop.host ?? host];
    if (hop.address === undefined) break;
    [address, port] = [hop.address, hop.port];
    if (!trusted.has(address)) break;
  }
  return { address, port, isLocal, isSecure: proto === undefined ? (caller.isSecure ?? isSecure(socket)) : proto === 'https', host: host ?? headers.get('host') };
}

/** The header by which a request shows that it was passed on; undefined when it has none. */
export function forwardedBy(headers: ReadonlyMap<string, string>): string | undefined {
  return forwardingHeaders.find((name) => headers.has(name));
}
