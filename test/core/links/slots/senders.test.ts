import { expect, it } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import { Senders } from '../../../../core/links/slots/senders.ts';
import { ms, NEVER } from '../../../../core/base/units.ts';

function rig(maxSenders: number): { readonly senders: Senders; readonly open: Map<PathId, string> } {
  const open = new Map<PathId, string>();
  let count = 0;
  const senders = new Senders({
    settings: { maxSenders, forgetMs: 20_000 },
    open: (address) => {
      const path = ++count as PathId;
      open.set(path, address ?? 'others');
      return path;
    },
    close: (path) => open.delete(path),
  });
  return { senders, open };
}

it('each address that sends datagrams has a path of its own', () => {
  const { senders, open } = rig(10);
  const paths = ['a', 'b', 'a'].map((address) => senders.pathOf(ms(5), address)!);
  expect(paths.map((path) => open.get(path))).toEqual(['a', 'b', 'a']);
  expect(paths[0]).toBe(paths[2]);
});

it('addresses beyond the bound share one path, so that nobody is locked out', () => {
  const { senders, open } = rig(2);
  const paths = ['a', 'b', 'c', 'd'].map((address) => open.get(senders.pathOf(ms(5), address)!));
  expect(paths).toEqual(['a', 'b', 'others', 'others']);
});

it('one that is silent is let go, and makes room', () => {
  const { senders, open } = rig(2);
  senders.pathOf(ms(0), 'a');
  senders.pathOf(ms(0), 'b');
  senders.pathOf(ms(15_000), 'b');
  senders.advance(senders.deadline);
  expect([...open.values()]).toEqual(['others', 'b']);
  expect(open.get(senders.pathOf(ms(20_001), 'c')!)).toBe('c');
  senders.advance(ms(60_000));
  expect([...open.values()]).toEqual(['others']);
  expect(senders.deadline).toBe(NEVER);
});
