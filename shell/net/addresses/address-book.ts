import type { Address } from './resolve.ts';

/** Addresses of one name that are in use at most: a name server must not decide how many sockets we open. */
export const MAX_ADDRESSES = 16;

/** Who uses the addresses of a name: `Use` is what is made of each. */
export interface AddressUser<Use> {
  /** Undefined: it cannot be used. It is tried again when the name has been looked up again. */
  begin(address: Address): Use | undefined;
  end(use: Use): void;
  /** Whether it carries something, as far as that is known. */
  isUp(use: Use): boolean;
}

interface Entry<Use> {
  readonly use: Use;
  /** Since when the name has had this address no more; undefined: it has it. */
  leftAtMs: number | undefined;
}

/**
 * Which addresses of one name are in use: those that it has, and for a while those that it had.
 *
 * One that has left stays for its grace, and longer while it carries something and none of the new ones does.
 */
export class AddressBook<Use> {
  readonly #graceMs: number;
  readonly #user: AddressUser<Use>;
  /** By the first address of each. */
  readonly #entries = new Map<string, Entry<Use>>();

  constructor(graceMs: number, user: AddressUser<Use>) {
    this.#graceMs = graceMs;
    this.#user = user;
  }

  get uses(): readonly Use[] {
    return [...this.#entries.values()].map(({ use }) => use);
  }

  /** Of the addresses that the name has now. */
  get current(): readonly Use[] {
    return [...this.#entries.values()].filter(isCurrent).map(({ use }) => use);
  }

  /** The name has been looked up: these are its addresses. With none, those that it had stay. */
  follow(nowMs: number, all: readonly Address[]): void {
    const addresses = all.slice(0, MAX_ADDRESSES);
    if (addresses.length === 0) return;
    const now = new Set(addresses.map(([first]) => first));
    for (const [first, entry] of this.#entries) entry.leftAtMs = now.has(first) ? undefined : (entry.leftAtMs ?? nowMs);
    this.#letGo(nowMs);
    for (const address of addresses) if (!this.#entries.has(address[0])) this.#begin(address);
  }

  #begin(address: Address): void {
    // There are no more current ones than there is room for: so one of the others goes.
    while (this.#entries.size >= MAX_ADDRESSES) this.#end(this.#oldestGone()!);
    const use = this.#user.begin(address);
    if (use !== undefined) this.#entries.set(address[0], { use, leftAtMs: undefined });
  }

  #letGo(nowMs: number): void {
    const replaced = this.current.some((use) => this.#user.isUp(use));
    for (const [first, { use, leftAtMs }] of this.#entries) {
      if (leftAtMs === undefined || nowMs - leftAtMs < this.#graceMs) continue;
      if (replaced || !this.#user.isUp(use)) this.#end(first);
    }
  }

  #oldestGone(): string | undefined {
    const gone = [...this.#entries].filter(([, entry]) => !isCurrent(entry));
    return gone.sort(([, a], [, b]) => a.leftAtMs! - b.leftAtMs!)[0]?.[0];
  }

  #end(first: string): void {
    const { use } = this.#entries.get(first)!;
    this.#entries.delete(first);
    this.#user.end(use);
  }
}

function isCurrent({ leftAtMs }: Entry<unknown>): boolean {
  return leftAtMs === undefined;
}
