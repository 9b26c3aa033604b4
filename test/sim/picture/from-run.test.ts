import { describe, expect, test } from 'vitest';
import type { Lane, Mark, Picture } from '../../../sim/picture/data.ts';
import { pictureOf } from '../../../sim/picture/from-run.ts';
import { Sampler } from '../../../sim/picture/lanes/sampler.ts';
import { at, hears, listener, station, type Scenario } from '../../../sim/scenario.ts';
import { simulate, type Run } from '../../../sim/run/simulation.ts';
import fallbackFile from '../../../scenarios/fallback-file.ts';
import productionLayout from '../../../scenarios/production-layout.ts';

const quiet: Scenario = { name: 'quiet', story: 'Nothing happens.', durationS: 12, topology: station(), faults: [], expect: [] };

function drawn(changes: Partial<Scenario>, seed = 1): { picture: Picture; run: Run } {
  const scenario = { ...quiet, ...changes };
  const sampler = new Sampler(scenario.durationS);
  const run = simulate(scenario, { seed, probe: sampler.probe, line: (line) => sampler.line(line) });
  return { picture: pictureOf(run, sampler), run };
}

const laneOf = ({ lanes }: Picture, name: string): Lane => lanes.find((lane) => lane.name === name)!;
const statesIn = (picture: Picture, name: string): string[] => laneOf(picture, name).spans.map(({ state }) => state);
const marksOf = ({ marks }: Picture, kind: string): Mark[] => marks.filter((mark) => mark.kind === kind);
const namesOf = ({ lanes }: Picture, mark: Mark): string[] => mark.lanes.map((lane) => lanes[lane]!.name);

test('a fallback is on air in the lane of its mountpoint, until a stream is back', () => {
  const { picture } = drawn(fallbackFile);
  expect(laneOf(picture, 'on air: /live').spans.map(({ state, label }) => [state, label]).slice(-4)).toEqual([
    ['on air', 'enc-b#1'],
    ['stalled', 'stalled'],
    ['fallback', 'fallback: back-soon'],
    ['on air', 'enc-a#4'],
  ]);
});

describe('an encoder that dies on air', () => {
  const { picture, run } = drawn({ durationS: 20, faults: [at(10).kill('enc-a'), at(14).restart('enc-a')] });

  test('is down in its lane until it is started again, as another stream', () => {
    expect(laneOf(picture, 'enc-a').spans).toMatchObject([
      { fromMs: 0, untilMs: 10_000, state: 'up', label: 'enc-a#1' },
      { fromMs: 10_000, untilMs: 14_000, state: 'down', tone: 'bad' },
      { fromMs: 14_000, untilMs: 20_000, state: 'up', label: 'enc-a#2' },
    ]);
    expect(laneOf(picture, 'enc-b').spans).toMatchObject([{ state: 'not started' }, { fromMs: 1_000, state: 'up', label: 'enc-b#1' }]);
  });

  test('gives way to the other one, on air and in what is heard, in that one\'s colour', () => {
    const [before, after] = laneOf(picture, 'on air: /live').spans;
    const change = marksOf(picture, 'switch')[0]!;
    expect(before).toMatchObject({ label: 'enc-a#1', hue: 0, untilMs: change.atMs });
    expect(after).toMatchObject({ label: 'enc-b#1', hue: 1, fromMs: change.atMs, untilMs: 20_000 });
    expect(laneOf(picture, 'listener').spans.map(({ label, hue }) => [label, hue])).toEqual([
      ['', undefined],
      ['connecting', undefined],
      ['enc-a#1', 0],
      ['enc-b#1', 1],
    ]);
    expect(laneOf(picture, 'enc-b').spans.at(-1)!.hue).toBe(1);
  });

  test('is linked: the splice with the switch, the restart with the kill', () => {
    const [change, splice, kill, restart] = ['switch', 'splice', 'kill', 'restart'].map((kind) => picture.marks.findIndex((mark) => mark.kind === kind));
    expect(picture.marks[splice!]!.seeAlso).toEqual([change]);
    expect(picture.marks[change!]!.seeAlso).toEqual([splice]);
    expect(picture.marks[restart!]!.seeAlso).toEqual([kill]);
    expect(namesOf(picture, picture.marks[kill!]!)).toEqual(['faults', 'enc-a']);
  });

  test('has its error in ms at the listener, as the report has it', () => {
    const [splice] = marksOf(picture, 'splice');
    const [report] = run.listeners[0]!.switches;
    expect(splice!.fields).toMatchObject({ reason: 'stalled', missingMs: report!.missingMs, repeatedMs: report!.repeatedMs, garbledMs: report!.garbledMs });
    expect(splice!.label).toMatch(/^[−+]?\d+(\.\d)? ms$/);
    expect(marksOf(picture, 'switch')[0]!.label).toBe('stalled');
  });

  test('loses its connections meanwhile', () => {
    const [, connected, gone, again] = laneOf(picture, 'enc-a → relay-1').spans;
    expect(connected).toMatchObject({ state: 'connected', untilMs: 10_000 });
    expect(gone!.state).toBe('no connection');
    expect(again).toMatchObject({ state: 'connected', untilMs: 20_000 });
  });

  test('leaves buffers behind that were measured', () => {
    const ring = laneOf(picture, 'ring of each stream').series;
    expect(ring.map(({ name, hue }) => [name, hue])).toEqual([['enc-a#1', 0], ['enc-b#1', 1], ['enc-a#2', 0]]);
    expect(ring[1]!.values[Math.round((19_000 - ring[1]!.fromMs) / ring[1]!.everyMs)]).toBeGreaterThan(9_900);
    expect(laneOf(picture, 'listener: buffer').series[0]!.values[150]).toBeGreaterThan(500);
  });
});

test('silence is marked where it begins, with how long it lasts', () => {
  const { picture } = drawn({ durationS: 16, faults: [at(9).kill('enc-a'), at(9).kill('enc-b'), at(12).restart('enc-b')] });
  const [silence] = marksOf(picture, 'silence');
  const span = laneOf(picture, 'listener').spans.find(({ state }) => state === 'silent')!;
  expect(span).toMatchObject({ fromMs: silence!.atMs, tone: 'bad' });
  expect(span.untilMs - span.fromMs).toBeCloseTo(Number(silence!.fields['silentMs']), 6);
  expect(statesIn(picture, 'on air: /live')).toEqual(['on air', 'stalled', 'on air']);
});

test('a path shows cuts, worse conditions and losses, and when it is itself again', () => {
  const { picture } = drawn({
    topology: station({ to: [{ relay: 'relay-1', transport: 'udp' }, { relay: 'relay-2', transport: 'tcp' }] }),
    faults: [
      at(2).cutOneWay('enc-a', 'relay-1'),
      at(3).healOneWay('enc-a', 'relay-1'),
      at(4).change('enc-a', 'relay-1', { latencyMs: 300, loss: { share: 0.2, burst: 2 } }),
      at(8).change('enc-a', 'relay-1', { latencyMs: 10, loss: { share: 0, burst: 1 } }),
    ],
  });
  const lane = laneOf(picture, 'enc-a → relay-1 (udp)');
  expect(lane.spans.map(({ fromMs, label, tone }) => [fromMs, label, tone])).toEqual([
    [0, '', 'idle'],
    [2_000, 'cut from enc-a to relay-1', 'bad'],
    [3_000, '', 'idle'],
    [4_000, 'latency 300 ms, loses 20 %, 2 in a row', 'warn'],
    [8_000, '', 'idle'],
  ]);
  expect(marksOf(picture, 'change').map(({ tone }) => tone)).toEqual(['fault', 'repair']);
  const lost = (fromMs: number, untilMs: number): number =>
    lane.series[0]!.values.reduce<number>((sum, value, index) => (index * 100 >= fromMs && index * 100 < untilMs ? sum + (value ?? 0) : sum), 0);
  expect([lost(0, 2_000), lost(3_100, 4_000), lost(8_100, 12_000)]).toEqual([0, 0, 0]);
  expect(lost(2_000, 3_100)).toBeGreaterThan(30);
  expect(lost(4_000, 8_100)).toBeGreaterThan(10);
});

test('states of hosts are those of the simulation: frozen, vanished, and a restart of what runs is none', () => {
  const { picture } = drawn({ faults: [at(2).freeze('relay-1'), at(3).restart('relay-1'), at(4).thaw('relay-1'), at(6).vanish('relay-1'), at(7).step('relay-2', -500)] });
  expect(laneOf(picture, 'relay-1').spans.map(({ fromMs, state }) => [fromMs, state])).toEqual([
    [0, 'up'],
    [2_000, 'frozen'],
    [4_000, 'up'],
    [6_000, 'vanished'],
  ]);
  expect(statesIn(picture, 'relay-2')).toEqual(['up']);
  expect(marksOf(picture, 'step')[0]!.label).toBe('relay-2 -500 ms');
});

test('an encoder that carries silence, or hangs, is not well; a restart cures what hangs', () => {
  const { picture } = drawn({ faults: [at(2).silence('enc-b'), at(3).programme('enc-b'), at(5).loop('enc-b'), at(7).kill('enc-b'), at(8).restart('enc-b')] });
  expect(laneOf(picture, 'enc-b').spans.map(({ fromMs, label }) => [fromMs, label])).toEqual([
    [0, ''],
    [1_000, 'enc-b#1'],
    [2_000, 'digital silence'],
    [3_000, 'enc-b#1'],
    [5_000, 'loop'],
    [7_000, 'down'],
    [8_000, 'enc-b#2'],
  ]);
  expect(marksOf(picture, 'silence')).toMatchObject([{ atMs: 2_000, tone: 'fault', text: 'enc-b carries digital silence' }]);
});

test('a path that forgets its connections swallows what they carry, until there is a new one', () => {
  const { picture } = drawn({ faults: [at(4).forget('enc-a', 'relay-1')] });
  const spans = laneOf(picture, 'enc-a → relay-1').spans.filter(({ untilMs }) => untilMs > 4_000);
  expect(spans.map(({ state }) => state)).toEqual(['connected, but carries nothing', 'no connection', 'connected']);
  expect(spans[0]!.fromMs).toBe(4_000);
});

test('what was expected and did not happen is in the picture', () => {
  const { picture } = drawn({ expect: [hears({ switches: 3 })] });
  expect(picture.verdict).toEqual({ tone: 'bad', text: '1 violated' });
  expect(marksOf(picture, 'violation')).toMatchObject([{ atMs: 12_000, tone: 'bad', text: expect.stringContaining('switches 0, not exactly 3') }]);
  expect(picture.summary[0]).toContain('not exactly 3');
});

test('of very many listeners those have lanes to whom something happened', () => {
  const others = Array.from({ length: 40 }, (_, index) => listener(`listener-${index + 1}`, 'edge'));
  const { picture } = drawn({ topology: { ...station(), listeners: others }, faults: [at(9).cut('edge', 'listener-37')] });
  const names = picture.lanes.filter(({ kind }) => kind === 'listener').map(({ name }) => name);
  expect(names).toHaveLength(24);
  expect(names).toContain('listener-37');
  expect(picture.facts).toContainEqual(['listeners without a lane', '16']);
});

describe('a minute of a very bad day', () => {
  const minute = { ...productionLayout, durationS: 60 };
  const { picture, run } = drawn(minute);

  test('are told in whole sentences, each in some lane', () => {
    expect(picture.marks).toHaveLength(run.notes.length);
    for (const mark of picture.marks) {
      expect(mark.text).not.toMatch(/undefined|NaN|\[object/);
      expect(mark.lanes.length, mark.text).toBeGreaterThan(0);
    }
  });

  test('are in order of time, in the lanes as in the list', () => {
    const times = picture.marks.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const { spans } of picture.lanes) {
      for (const [index, { fromMs, untilMs }] of spans.entries()) {
        expect(untilMs).toBeGreaterThan(fromMs);
        expect(fromMs).toBeGreaterThanOrEqual(spans[index - 1]?.untilMs ?? 0);
      }
    }
  });

  test('are the same picture each time', () => {
    expect(JSON.stringify(drawn(minute).picture)).toBe(JSON.stringify(picture));
  });
});
