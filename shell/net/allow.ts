import { isIP } from 'node:net';
import { plainAddress } from './address.ts';
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
  readonly #ranges: RangeSet;
  readonly #isEmpty: boolean;

  constructor(ranges: readonly Range[]) {
    this.#isEmpty = ranges.length === 0;
    this.#ranges = new RangeSet(ranges);
  }

  /** Of a peer's address, as its socket shows it. */
  readonly allows = (address: string | undefined): boolean => this.#isEmpty || this.#ranges.has(address);
}
