import { readFileSync } from 'node:fs';
import { isIP, isIPv4, isIPv6, SocketAddress, type Socket } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { formatNats, isNatsUrl, parseNats, type NatsEndpoint } from './nats-address.ts';

/** A place to connect or send to, as operators write it: `host:port` is TCP, `host@port` UDP. */
export interface HostEndpoint {
  readonly transport: 'tcp' | 'udp';
  /** A name or an address, without the brackets of `[::1]:8001`. */
  readonly host: string;
  readonly port: number;
}

/** The same, or `nats://…`: the servers of a cluster of NATS. */
export type Endpoint = HostEndpoint | NatsEndpoint;

/** Reads `host:port`, `host@port` or a URL of NATS; undefined when it is none of these. */
export function parseEndpoint(text: string): Endpoint | undefined {
  if (isNatsUrl(text)) return parseNats(text);
  const at = text.lastIndexOf('@');
  const cut = at >= 0 ? at : text.lastIndexOf(':');
  if (cut < 0) return undefined;
  const port = parsePort(text.slice(cut + 1));
  const host = parseHost(text.slice(0, cut), at >= 0);
  if (port === undefined || port === 0 || host === undefined) return undefined;
  return { transport: at >= 0 ? 'udp' : 'tcp', host, port };
}

/** 0 to 65535; undefined for anything else. */
export function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** As it was given, but without a login: by this it is known. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.transport === 'nats') return formatNats(endpoint);
  const { transport, host, port } = endpoint;
  return `${formatHost(host)}${transport === 'udp' ? '@' : ':'}${port}`;
}

/** A name or an address, as it stands in front of a port. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** An address, and its port where that is known, as a log names who is there. */
export function formatPeer(address: string | undefined, port: number | undefined): string {
  const host = formatHost(plainAddress(address));
  return port === undefined ? host : `${host}:${port}`;
}

/** The far end of a connection, as a log names it. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return formatPeer(remoteAddress, remotePort);
}

/** An IPv4 address that came by an IPv6 socket, as IPv4. */
export function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/, '') ?? '?';
}

/** One spelling of an address, in a string of its own; undefined when it is none, is not of this version, or is one of a single link. */
export function canonicalAddress(text: string, version?: 4 | 6): string | undefined {
  const found = text.includes('%') ? 0 : isIP(text);
  if (found === 0 || found !== (version ?? found)) return undefined;
  return plainAddress(new SocketAddress({ address: text, family: found === 4 ? 'ipv4' : 'ipv6' }).address);
}

export function isLoopback(address: string | undefined): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || plain.startsWith('127.');
}

/** Whoever has one address of IPv6 has all those that begin with the same 64 bits. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  return groupsOf(ip).slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}

/** The eight groups of an address of IPv6, in hexadecimal digits; a zone is none of them. */
export function groupsOf(ip: string): readonly string[] {
  const whole = ip.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a, b, c, d] = parts.slice(0, 4).map((part) => Number(part).toString(16).padStart(2, '0'));
    return `${a}${b}:${c}${d}`;
  });
  const [front = [], back] = whole.split('::').map((part) => (part === '' ? [] : part.split(':')));
  return back === undefined ? front : [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back];
}

/** The addresses that this machine has now. It asks the system each time. */
export function ownAddresses(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((all) => all ?? []);
}

/**
 * Stands for all addresses of this machine: `::`, where sockets take both families by it. That is everywhere but where there is no IPv6, and where
 * Linux keeps the two apart (net.ipv6.bindv6only): Node.js overrides that for TCP, but not for UDP.
 */
export function allAddresses(): string {
  return ownAddresses().some(({ family }) => family === 'IPv6') && !isIPv6Apart() ? '::' : '0.0.0.0';
}

function isIPv6Apart(): boolean {
  try {
    return readFileSync('/proc/sys/net/ipv6/bindv6only', 'latin1').trim() === '1';
  } catch {
    return false;
  }
}

/** The interface that `--bind` names, for multicast; undefined when it names them all. */
export function interfaceOf(bind: string): string | undefined {
  return bind === '0.0.0.0' || bind === '::' ? undefined : bind;
}

/** Whether an address is a multicast group: 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: string): boolean {
  if (isIPv4(address)) return Number(address.split('.')[0]) >> 4 === 14;
  return isIPv6(address) && /^ff[0-9a-f]{2}:/i.test(address);
}

function parseHost(text: string, bareColons: boolean): string | undefined {
  if (text.startsWith('[') && text.endsWith(']')) {
    const inner = text.slice(1, -1);
    return /^[0-9a-f:.]+(%\w+)?$/i.test(inner) && inner.includes(':') ? inner : undefined;
  }
  const pattern = bareColons ? /^[\w.:-]+$/ : /^[\w.-]+$/;
  return pattern.test(text) ? text : undefined;
}
