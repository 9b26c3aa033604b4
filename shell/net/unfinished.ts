import { ByAddress, oldest } from '../../core/links/slots/slots.ts';

/** Connections that have not come so far that they are of use. There are so many at most: for one more, the one that has been at it for longest has to go, of the address that has most of them. */
export class Unfinished<Member extends { address: string }> {
  readonly #max: number;
  readonly #all = new Set<Member>();
  readonly #of = new ByAddress<Member>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Who has to go. */
  add(member: Member): Member | undefined {
    this.#all.add(member);
    this.#of.add(member);
    return this.#all.size > this.#max ? oldest(this.#of.of(this.#of.most()!)) : undefined;
  }

  /** It takes another one's place: it is known now who it is. */
  move(member: Member, address: string): void {
    if (!this.#all.has(member)) return;
    this.#of.delete(member);
    member.address = address;
    this.#of.add(member);
  }

  /** Whether it was there. */
  delete(member: Member): boolean {
    if (!this.#all.delete(member)) return false;
    this.#of.delete(member);
    return true;
  }

  /** The one that has been at it for longest first. */
  [Symbol.iterator](): Iterator<Member> {
    return this.#all[Symbol.iterator]();
  }
}
