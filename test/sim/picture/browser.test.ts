import { describe, expect, test } from 'vitest';
import { addressOf, placeIn } from '../../../sim/picture/browser/address.ts';
import { clock, lengthOf, ticksOf } from '../../../sim/picture/browser/canvas/axis.ts';
import { clustersOf, firstFrom } from '../../../sim/picture/browser/canvas/clusters.ts';
import { choicesOf, matching } from '../../../sim/picture/browser/filter.ts';
import { heightOf, rowAt, rowsOf } from '../../../sim/picture/browser/canvas/layout.ts';
import { Model } from '../../../sim/picture/browser/model.ts';
import { TimeWindow } from '../../../sim/picture/browser/window.ts';
import type { Lane, Mark, MarkTone } from '../../../sim/picture/data.ts';

const mark = (atMs: number, tone: MarkTone, kind: string = tone): Mark => ({ atMs, kind, tone, who: 'edge', text: `text of ${kind}`, label: '', fields: {}, lanes: [0], seeAlso: [] });

test.each<[number, string]>([
  [0, '0.000'],
  [20_313, '20.313'],
  [59_999.6, '1:00.000'],
  [67_500, '1:07.500'],
  [3_605_000, '1:00:05.000'],
  [-1_400, '−1.400'],
])('%d ms are told as %s', (ms, told) => expect(clock(ms)).toBe(told));

test.each<[number, string]>([[0.25, '250 µs'], [18.593, '18.6 ms'], [999.94, '999.9 ms'], [5_009, '5.01 s'], [90_000, '1:30']])(
  '%d ms long are told as %s',
  (ms, told) => expect(lengthOf(ms)).toBe(told),
);

describe('ticks', () => {
  test('stand at round times, with digits enough to differ', () => {
    expect(ticksOf(-1_000, 41_000, 4_000).map(({ label }) => label)).toEqual(['0', '5', '10', '15', '20', '25', '30', '35', '40']);
    expect(ticksOf(20_310, 20_316, 1).map(({ label }) => label)).toEqual(['20.310', '20.311', '20.312', '20.313', '20.314', '20.315', '20.316']);
  });

  test.each([1, 40, 900, 70_000, 86_400_000, 7 * 86_400_000])('are all different in %d ms, and neither too many nor too far apart', (spanMs) => {
    const ticks = ticksOf(1_234.5, 1_234.5 + spanMs, spanMs / 9);
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    expect(ticks.length).toBeLessThanOrEqual(10);
    expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
  });
});

describe('the window', () => {
  const windowOf = (untilMs = 1_000): { window: TimeWindow; draws: () => number } => {
    let draws = 0;
    return { window: new TimeWindow(0, untilMs, () => draws++), draws: () => draws };
  };

  test('keeps the moment under the pointer where it is', () => {
    const { window } = windowOf();
    const share = (): number => (300 - window.fromMs) / window.spanMs;
    const before = share();
    window.zoom(0.1, 300);
    expect(share()).toBeCloseTo(before, 9);
    expect(window.spanMs).toBeCloseTo(104, 6);
  });

  test('does not leave what there is', () => {
    const { window, draws } = windowOf();
    window.pan(5_000);
    expect([window.fromMs, window.untilMs, draws()]).toEqual([-20, 1_020, 0]);
    window.centre(990, 100);
    expect([window.fromMs, window.untilMs]).toEqual([920, 1_020]);
    window.zoom(1e-9);
    expect(window.spanMs).toBe(1);
    window.zoom(1e9);
    expect(window.isWhole).toBe(true);
    window.show(NaN, 3);
    expect(window.isWhole).toBe(true);
  });

  test('of nothing is still one', () => {
    expect(windowOf(0).window.spanMs).toBeGreaterThan(0);
  });
});

describe('an address', () => {
  test('leads back to what was seen', () => {
    const place = { fromMs: 20_000, untilMs: 25_000.5, event: 17 };
    expect(placeIn(addressOf(place))).toEqual(place);
    expect(placeIn(addressOf({ ...place, event: undefined }))).toEqual({ ...place, event: undefined });
  });

  test.each(['', '#', '#from=1', '#from=5&until=5', '#from=x&until=9', '#until=&from=', '#from=Infinity&until=3'])('that is %s says nothing', (hash) => {
    expect(placeIn(hash)).toBeUndefined();
  });

  test('with a wrong event is still a place', () => {
    expect(placeIn('#from=1&until=2&event=-1')).toEqual({ fromMs: 1_000, untilMs: 2_000, event: undefined });
  });
});

describe('clusters', () => {
  const marks = [mark(0, 'news'), mark(3, 'switch'), mark(5, 'fault'), mark(50, 'routine'), mark(99, 'bad'), mark(130, 'bad')];
  const ids = marks.map((_, id) => id);

  test('are what lies near to one another, drawn as the most important of it', () => {
    const clusters = clustersOf(ids, marks, (atMs) => atMs, 0, 100, 9);
    expect(clusters).toEqual([
      { x: 0, ids: [0, 1, 2], id: 1 },
      { x: 50, ids: [3], id: 3 },
      { x: 99, ids: [4], id: 4 },
    ]);
  });

  test('come apart when one zooms in', () => {
    expect(clustersOf(ids, marks, (atMs) => 10 * atMs, 0, 100, 9).map((cluster) => cluster.ids)).toEqual([[0], [1], [2]]);
  });

  test('are looked for where they can be seen', () => {
    expect(clustersOf(ids, marks, (atMs) => atMs - 40, 0, 100, 9).map(({ id }) => id)).toEqual([3, 4, 5]);
    expect(firstFrom([1, 3, 5], (value) => value >= 4)).toBe(2);
    expect(firstFrom([1, 3, 5], (value) => value >= 6)).toBe(3);
  });
});

describe('the filter', () => {
  const marks = [mark(1, 'fault', 'kill'), mark(2, 'routine', 'connecting'), mark(3, 'switch'), mark(4, 'bad', 'silence')];

  test.each<[string, string, number[]]>([
    ['told', '', [0, 2, 3]],
    ['all', '', [0, 1, 2, 3]],
    ['tone:bad', '', [3]],
    ['kind:connecting', '', [1]],
    ['all', 'EDGE silen', [3]],
    ['told', 'connecting', []],
  ])('%s with the words "%s" lets these through', (what, text, ids) => {
    expect(matching(marks, { what, text })).toEqual(ids);
  });

  test('offers what there is', () => {
    expect(choicesOf(marks).map(({ value, count }) => [value, count])).toEqual([
      ['told', 3],
      ['all', 4],
      ['tone:bad', 1],
      ['tone:switch', 1],
      ['tone:fault', 1],
      ['tone:routine', 1],
      ['kind:connecting', 1],
      ['kind:kill', 1],
      ['kind:silence', 1],
      ['kind:switch', 1],
    ]);
  });
});

describe('the model', () => {
  const lane: Lane = { kind: 'relay', group: 'g', name: 'n', isKey: false, spans: [], series: [] };
  const marks = [mark(10_000, 'fault'), mark(20_000, 'switch'), mark(30_000, 'routine'), mark(70_000, 'fault'), mark(90_000, 'bad')];
  const modelOf = (): Model =>
    new Model(
      { title: '', story: '', verdict: { tone: 'none', text: '' }, summary: [], facts: [], fromMs: 0, untilMs: 100_000, lanes: [lane], folded: ['g'], marks, leftOut: 0 },
      () => {},
    );

  test('steps from one fault to the next, and back, and stays at the last', () => {
    const model = modelOf();
    const chosen = (direction: 1 | -1): number | undefined => {
      model.step(['fault'], direction);
      return model.chosen;
    };
    expect([chosen(1), chosen(1), chosen(1), chosen(-1), chosen(-1)]).toEqual([0, 3, 3, 0, 0]);
    const last = modelOf();
    last.step(['fault', 'bad'], -1);
    expect(last.chosen).toBe(4);
  });

  test('steps from what is seen, once the chosen event is not', () => {
    const model = modelOf();
    model.jump(0);
    model.window.show(60_000, 64_000);
    expect(model.focusMs).toBeUndefined();
    model.step(['switch'], -1);
    expect(model.chosen).toBe(1);
  });

  test('jumps so that an event is in the middle, and leaves a near view as it is', () => {
    const model = modelOf();
    model.jump(3);
    expect([model.window.fromMs, model.window.untilMs, model.focusMs]).toEqual([67_500, 72_500, 70_000]);
    model.window.show(69_900, 70_300);
    model.jump(3);
    expect([model.window.fromMs, model.window.untilMs]).toEqual([69_900, 70_300]);
    model.jump(99);
    expect(model.chosen).toBe(3);
  });

  test('draws in a lane what the list has', () => {
    const model = modelOf();
    expect(model.idsIn(0)).toEqual([0, 1, 3, 4]);
    model.filter = { what: 'tone:fault', text: '' };
    expect([model.ids, model.idsIn(0)]).toEqual([[0, 3], [0, 3]]);
    expect(model.rows.map(({ lane }) => lane)).toEqual([undefined]);
    model.fold('g', false);
    expect(model.rows.map(({ lane }) => lane)).toEqual([undefined, 0]);
  });

  test('goes where an address says, and nowhere else', () => {
    const model = modelOf();
    expect(model.goTo('#nothing')).toBe(false);
    expect(model.window.isWhole).toBe(true);
    expect(model.goTo('#from=10&until=12&event=2')).toBe(true);
    expect([model.window.fromMs, model.window.untilMs, model.chosen]).toEqual([10_000, 12_000, 2]);
    expect(model.goTo('#from=10&until=12&event=77')).toBe(true);
    expect(model.chosen).toBeUndefined();
  });
});

test('folded groups keep their heading only', () => {
  const lane = (group: string, name: string): Lane => ({ kind: 'relay', group, name, isKey: false, spans: [], series: [] });
  const lanes = [lane('a', '1'), lane('a', '2'), lane('b', '3')];
  const open = rowsOf(lanes, new Set());
  const folded = rowsOf(lanes, new Set(['a']));
  expect(open.map(({ lane }) => lane)).toEqual([undefined, 0, 1, undefined, 2]);
  expect(folded.map(({ group, lane }) => [group, lane])).toEqual([['a', undefined], ['b', undefined], ['b', 2]]);
  expect(heightOf(folded)).toBeLessThan(heightOf(open));
  expect(rowAt(open, heightOf(open) - 1)!.lane).toBe(2);
  expect(rowAt(open, heightOf(open))).toBeUndefined();
});
