import { describe, expect, it } from 'vitest';
import { AddressBook, MAX_ADDRESSES } from '../../../../shell/net/addresses/address-book.ts';
import type { Address } from '../../../../shell/net/addresses/resolve.ts';

class Rig {
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  readonly up: Set<string> = new Set();
  readonly unusable: Set<string> = new Set();
  readonly book: AddressBook<string> = new AddressBook(60_000, {
    begin: ([first]) => {
      if (this.unusable.has(first)) return undefined;
      this.begun.push(first);
      return first;
    },
    end: (use) => this.ended.push(use),
    isUp: (use) => this.up.has(use),
  });

  follow(atS: number, ...addresses: readonly string[]): void {
    this.book.follow(atS * 1_000, addresses.map((address): Address => [address]));
  }
}

describe('the addresses of a name', () => {
  it('are begun once each, and stay as long as the name has them', () => {
    const rig = new Rig();
    rig.follow(0, 'a', 'b');
    rig.follow(30, 'b', 'a');
    rig.follow(600, 'b', 'a');
    expect(rig.begun).toEqual(['a', 'b']);
    expect(rig.ended).toEqual([]);
  });

  it('are let go some time after the name has left them', () => {
    const rig = new Rig();
    rig.follow(0, 'a');
    rig.up.add('a').add('b');
    rig.follow(30, 'b');
    rig.follow(60, 'b');
    expect(rig.book.uses).toEqual(['a', 'b']);
    expect(rig.book.current).toEqual(['b']);
    rig.follow(90, 'b');
    expect(rig.ended).toEqual(['a']);
    expect(rig.book.uses).toEqual(['b']);
  });

  it('go on when the name has them again within that time', () => {
    const rig = new Rig();
    rig.follow(0, 'a', 'b');
    for (let atS = 30; atS < 3_000; atS += 30) rig.follow(atS, atS % 60 === 0 ? 'a' : 'b');
    expect(rig.begun).toEqual(['a', 'b']);
    expect(rig.ended).toEqual([]);
  });

  it('stay when the name has none at all', () => {
    const rig = new Rig();
    rig.follow(0, 'a');
    rig.follow(600);
    expect(rig.book.current).toEqual(['a']);
  });

  it('are not let go while they work and none of the new ones does', () => {
    const rig = new Rig();
    rig.follow(0, 'a');
    rig.up.add('a');
    rig.follow(30, 'b');
    rig.follow(600, 'b');
    expect(rig.ended).toEqual([]);
    rig.up.add('b');
    rig.follow(630, 'b');
    expect(rig.ended).toEqual(['a']);
  });

  it('are let go when neither works', () => {
    const rig = new Rig();
    rig.follow(0, 'a');
    rig.follow(30, 'b');
    rig.follow(600, 'b');
    expect(rig.ended).toEqual(['a']);
  });

  it('are no more than so many, however often they change: those that left first go first', () => {
    const rig = new Rig();
    for (let move = 0; move < 300; move++) {
      rig.up.add(`${move}`);
      rig.follow(move, `${move}`);
      expect(rig.book.uses.length).toBeLessThanOrEqual(MAX_ADDRESSES);
      expect(rig.book.current).toEqual([`${move}`]);
    }
    expect(rig.ended).toEqual(Array.from({ length: 300 - MAX_ADDRESSES }, (_, move) => `${move}`));
  });

  it('are the first so many of those that a name server gives', () => {
    const rig = new Rig();
    const all = Array.from({ length: 40 }, (_, index) => `${index}`);
    rig.follow(0, ...all);
    expect(rig.begun).toEqual(all.slice(0, MAX_ADDRESSES));
    rig.follow(30, ...all.slice(20));
    expect(rig.book.current).toEqual(all.slice(20, 20 + MAX_ADDRESSES));
    expect(rig.book.uses).toHaveLength(MAX_ADDRESSES);
  });

  it('are tried again when they could not be used', () => {
    const rig = new Rig();
    rig.unusable.add('a');
    rig.follow(0, 'a');
    expect(rig.book.uses).toEqual([]);
    rig.unusable.clear();
    rig.follow(30, 'a');
    expect(rig.begun).toEqual(['a']);
  });
});
