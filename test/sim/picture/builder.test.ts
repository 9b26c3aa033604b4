import { describe, expect, test } from 'vitest';
import { PictureBuilder, type MarkDraft, type PictureHead } from '../../../sim/picture/builder.ts';
import type { MarkTone } from '../../../sim/picture/data.ts';

const head: PictureHead = { title: '', story: '', verdict: { tone: 'none', text: '' }, summary: [], facts: [], fromMs: 0, untilMs: 100, folded: [] };
const mark = (atMs: number, tone: MarkTone, lanes: MarkDraft['lanes'] = []): MarkDraft => ({ atMs, kind: 'k', tone, who: 'w', text: 't', lanes });

describe('a lane', () => {
  test('keeps what it was in, one state after the other, until the end', () => {
    const builder = new PictureBuilder();
    const lane = builder.lane({ kind: 'relay', group: 'g', name: 'n' });
    lane.enter(0, { state: 'up', tone: 'good' });
    lane.enter(10, { state: 'up', tone: 'good' });
    lane.enter(20, { state: 'down', tone: 'bad' });
    lane.enter(20, { state: 'frozen', tone: 'warn' });
    lane.enter(40, undefined);
    lane.enter(60, { state: 'up', tone: 'good', hue: 2 });
    expect(builder.build(head).lanes[0]!.spans).toEqual([
      { fromMs: 0, untilMs: 20, state: 'up', tone: 'good', label: '' },
      { fromMs: 20, untilMs: 40, state: 'frozen', tone: 'warn', label: '' },
      { fromMs: 60, untilMs: 100, state: 'up', tone: 'good', label: '', hue: 2 },
    ]);
  });
});

test('a lane that changes more often than a page holds says so', () => {
  const builder = new PictureBuilder();
  const lane = builder.lane({ kind: 'relay', group: 'g', name: 'n' });
  for (let turn = 0; turn < 30_000; turn++) lane.enter(turn / 1_000, { state: `${turn % 2}`, tone: 'good' });
  const { spans } = builder.build(head).lanes[0]!;
  expect(spans).toHaveLength(20_001);
  expect(spans.at(-1)).toMatchObject({ fromMs: 20, untilMs: 100, state: 'more changes than a page holds' });
});

describe('marks', () => {
  test('are put in order of time, with their lanes and links', () => {
    const builder = new PictureBuilder();
    const [one, other] = ['one', 'other'].map((name) => builder.lane({ kind: 'relay', group: 'g', name }));
    const late = builder.mark(mark(50, 'switch', [other!]));
    const early = builder.mark(mark(10, 'fault', [other!, one!]));
    builder.link(late, early);
    expect(builder.build(head).marks).toMatchObject([
      { atMs: 10, lanes: [1, 0], seeAlso: [1] },
      { atMs: 50, lanes: [1], seeAlso: [0] },
    ]);
  });

  test('beyond what a page can hold go by importance, and are counted', () => {
    const builder = new PictureBuilder();
    const routine = Array.from({ length: 25_000 }, (_, index) => builder.mark(mark(index / 1_000, 'routine')));
    const bad = builder.mark(mark(24.9995, 'bad'));
    builder.link(bad, routine[0]!);
    builder.link(bad, routine.at(-1)!);
    const { marks, leftOut } = builder.build(head);
    expect(marks).toHaveLength(20_000);
    expect(leftOut).toBe(5_001);
    expect(marks.at(-1)).toMatchObject({ tone: 'bad', seeAlso: [0] });
  });
});
