import { isIP } from 'node:net';
import { ownAddresses, plainAddress } from './address.ts';
import { RangeSet } from './range-set.ts';

/** A range of addresses, as operators write it: `192.0.2.0/24`, `2001:db8::/32`, or one address alone. */
export interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** IPv4 addresses as IPv6 sockets show them: ::ffff:192.0.2.1 */
const MAPPED_BITS = 96;

/** Undefined when it is none. */
export function parseRange(text: string): Range | undefined {
  const [given = '', bits, ...more] = text.split('/');
  const address = plainAddress(given);
  const isMapped = address !== given;
  const version = isIP(address);
  // A zone is a matter of one machine, and no range of addresses.
  if (version === 0 || more.length > 0 || address.includes('%') || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
  const longest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits) - (isMapped ? MAPPED_BITS : 0);
  return prefix < 0 || prefix > longest ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Who may connect. Without any range everybody may. */
export class AllowList {
  /** There is no range. */
  readonly isEmpty: boolean;
  readonly #ranges: RangeSet;

  constructor(ranges: readonly Range[]) {
    this.isEmpty = ranges.length === 0;
    this.#ranges = new RangeSet(ranges);
  }

  /** Of a peer's address, as its socket shows it. */
  readonly allows = (address: string | undefined): boolean => this.isEmpty || this.#ranges.has(address);
}

/** Addresses of networks of one's own (RFC 1918, 6598, 3927, 4193, 4291): what comes from elsewhere does not reach them by itself. */
export const privateRanges: RangeSet = new RangeSet(
  ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', '::1/128', 'fc00::/7', 'fe80::/10'].map((text) => parseRange(text)!),
);

/** Whether a port that listens there can be reached from beyond this machine and its private networks, as far as its addresses tell. @param bind `::` and `0.0.0.0` stand for all addresses. @param own those that this machine has. */
export function isReachableFromOutside(bind: string, own: readonly string[] = ownAddresses().map(({ address }) => address)): boolean {
  const addresses = bind === '::' || bind === '0.0.0.0' ? own.filter((address) => bind === '::' || isIP(address) === 4) : [bind];
  return addresses.some((address) => !privateRanges.has(address));
}
