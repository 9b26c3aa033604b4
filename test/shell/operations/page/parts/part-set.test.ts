import { expect, it } from 'vitest';
import { PartSet } from '../../../../../shell/operations/page/parts/part-set.ts';
import type { Changes, Part, Whole } from '../../../../../shell/operations/page/state.ts';

const part = (streams: number): Part => ({ kind: 'relay', streams, subscribers: 0, lostMessages: 0 });
const changesIn = (text: string): Changes => JSON.parse(/^event: changes\ndata: (.*)\n\n$/.exec(text)![1]!) as Changes;

it('tells what has changed, and what is gone', () => {
  const set = new PartSet();
  set.set('a', part(1));
  set.set('b "c"', part(2));
  expect(changesIn(set.changes(1.4))).toEqual({ nowMs: 1, parts: { a: part(1), 'b "c"': part(2) }, gone: [] });
  set.set('a', part(1));
  set.set('b "c"', part(3));
  expect(changesIn(set.changes(2))).toEqual({ nowMs: 2, parts: { 'b "c"': part(3) }, gone: [] });
  set.set('a', part(1));
  expect(changesIn(set.changes(3))).toEqual({ nowMs: 3, parts: {}, gone: ['b "c"'] });
  expect(JSON.parse(set.whole(4, { process: part(9) })) as Whole).toEqual({ format: 'davecast-page-1', nowMs: 4, parts: { process: part(9), a: part(1) } });
});
