import { canonicalAddress, parsePort } from '../../net/addresses/address.ts';

/** What a proxy tells of a request that it has passed on. */
export interface Hop {
  /** Of whoever asked the proxy; undefined when it does not say, or hides it. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** How it was asked. */
  readonly proto: 'http' | 'https' | undefined;
  /** What it was called. */
  readonly host: string | undefined;
}

/** Any of these says that a proxy has passed the request on. */
export const forwardingHeaders: readonly string[] = ['x-forwarded-for', 'forwarded', 'x-forwarded-proto', 'x-forwarded-host', 'x-real-ip', 'via'];

/** The nearest ones that are listened to: more than there are in front of any server. */
const MAX_HOPS = 16;

/**
 * What proxies tell of a request, the nearest one first: each has added its part behind those that came before. That is X-Forwarded-For with its
 * companions, or else Forwarded (RFC 7239). Whatever a part is, those of nearer proxies are read the same.
 */
export function hopsOf(headers: ReadonlyMap<string, string>): readonly Hop[] {
  const said = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'].map((name) => headers.get(name));
  if (said.every((one) => one === undefined)) return fromRight(headers.get('forwarded') ?? '').map(hopIn);
  const [addresses, protos, hosts] = said.map((one) => fromRight(one ?? '')) as [string[], string[], string[]];
  // Many proxies set the companions anew instead of adding to them.
  const at = (list: readonly string[], index: number): string | undefined => list[Math.min(index, list.length - 1)];
  return Array.from({ length: Math.max(1, addresses.length) }, (_, index) => ({
    ...nodeIn(addresses[index] ?? ''),
    proto: protoIn(at(protos, index)),
    host: at(hosts, index),
  }));
}

/** The last parts of a list, the last one first. Quoted commas part nothing. */
function fromRight(list: string): string[] {
  const parts: string[] = [];
  let end = list.length;
  let isQuoted = false;
  for (let at = list.length - 1; at >= 0 && parts.length < MAX_HOPS; at--) {
    if (list[at] === '"') isQuoted = !isQuoted;
    if (list[at] !== ',' || isQuoted) continue;
    parts.push(list.slice(at + 1, end).trim());
    end = at;
  }
  if (parts.length < MAX_HOPS && list.trim() !== '') parts.push(list.slice(0, end).trim());
  return parts;
}

/** One part of Forwarded: `for=192.0.2.43;proto=https;host="radio.example"`. */
function hopIn(part: string): Hop {
  const said = new Map<string, string>();
  for (const pair of part.split(';')) {
    const match = /^\s*([\w!#$%&'*+.^`|~-]+)=(?:"([^"\\]*)"|([\w!#$%&'*+.^`|~-]+))\s*$/.exec(pair);
    const name = match?.[1]!.toLowerCase();
    // What is malformed says nothing, and neither does what is said twice.
    if (match === null || said.has(name!)) return { address: undefined, port: undefined, proto: undefined, host: undefined };
    said.set(name!, match[2] ?? match[3]!);
  }
  return { ...nodeIn(said.get('for') ?? ''), proto: protoIn(said.get('proto')), host: said.get('host') };
}

/** An address, maybe with a port, an IPv6 one in brackets then: nothing for "unknown", and for names that hide an address. */
function nodeIn(text: string): Pick<Hop, 'address' | 'port'> {
  const [, inner, colonPort] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? /^(\d+\.\d+\.\d+\.\d+)(?::(.*))?$/.exec(text) ?? [undefined, text];
  // The name of a port may hide it, too.
  if (colonPort !== undefined && !/^(\d{1,5}|_[\w.-]+)$/.test(colonPort)) return { address: undefined, port: undefined };
  const address = canonicalAddress(inner!);
  return { address, port: address === undefined || colonPort === undefined ? undefined : parsePort(colonPort) };
}

function protoIn(text: string | undefined): 'http' | 'https' | undefined {
  const proto = text?.toLowerCase();
  return proto === 'http' || proto === 'https' ? proto : undefined;
}
