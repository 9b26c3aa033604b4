import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ListenerReport } from '../../../../sim/machines/listener.ts';
import { situations, situationsOf } from '../../../../sim/swarm/situations/situations.ts';
import type { Note } from '../../../../sim/world/trace.ts';

type Fields = Record<string, unknown>;

function note(atMs: number, actor: string, kind: string, fields: Fields = {}): Note {
  return { atMs, actor, kind, fields };
}

function gap(verdict: string, others: Fields = {}): Note {
  return note(20, 'edge-1', 'gap', { mount: 'live', stream: 'live-1#1', messages: 1, waitedMs: 10, verdict, action: 'none', ...others });
}

function switched(atMs: number, others: Fields = {}): Note {
  return note(atMs, 'edge-1', 'switch', { mount: 'live', from: 'a#1', to: 'b#1', reason: 'stalled', missingMs: 0, catchUpMs: 300, candidates: 1, ...others });
}

function listener(splices: Partial<ListenerReport['switches'][number]>[]): ListenerReport {
  const switches = splices.map((splice) => ({ atMs: 0, reason: 'stalled', missingMs: 0, repeatedMs: 0, garbledMs: 0, ...splice }));
  return { name: 'listener-1', mount: 'live', disconnects: 0, silenceMs: 0, longestStallMs: 0, switches, isPlaying: true } as unknown as ListenerReport;
}

function reached(notes: readonly Note[], others: Partial<Parameters<typeof situationsOf>[0]> = {}): Record<string, number> {
  return situationsOf({ notes, listeners: [], sightings: {}, ...others });
}

test('there are names, each once, and a reason for each', () => {
  expect(new Set(situations.map(({ name }) => name)).size).toBe(situations.length);
  for (const { why } of situations) expect(why).toMatch(/^[A-Z].*[.]$/);
});

test('the manual has them all, in the same words', () => {
  const manual = readFileSync(join(import.meta.dirname, '../../../../docs/simulator.md'), 'utf8');
  for (const { name, why } of situations) expect(manual).toContain(`| ${name} | ${why} |`);
});

test('an uneventful run reaches none', () => {
  const dull = [note(0, 'edge-1', 'path-opened'), note(5, 'edge-1', 'mount-started', { mount: 'live' }), note(9, 'listener-1', 'connected')];
  expect(reached(dull, { listeners: [listener([])] })).toEqual({});
});

describe('losses', () => {
  test.each([
    ['jump', 'sequence jump over the window'],
    ['window-full', 'window full'],
    ['hard-limit', 'gap at the hard limit'],
    ['silent-paths', 'gap after a path fell silent'],
    ['no-path', 'gap when the last path closed'],
  ])('the verdict %s is a %s', (verdict, name) => {
    expect(reached([gap(verdict), gap(verdict)])).toMatchObject({ [name]: 2 });
  });

  test('both copies are lost only where there are two paths', () => {
    const first = note(1, 'edge-1', 'path-opened');
    const elsewhere = note(2, 'edge-2', 'path-opened');
    expect(reached([first, elsewhere, gap('disproved')])).not.toHaveProperty('both copies lost');
    expect(reached([first, note(2, 'edge-1', 'path-opened'), gap('disproved')])).toHaveProperty('both copies lost', 1);
    const crash = note(3, 'fault', 'kill', { host: 'edge-1' });
    expect(reached([first, note(2, 'edge-1', 'path-opened'), crash, gap('disproved')])).not.toHaveProperty('both copies lost');
  });

  test('a clock step during a gap is one of the same host while it waited', () => {
    const step = (atMs: number, host: string): Note => note(atMs, 'fault', 'step', { host, byMs: 1_000 });
    const waited = { ...gap('hard-limit', { waitedMs: 2_000 }), atMs: 10_000 };
    expect(reached([step(8_500, 'edge-1'), waited])).toHaveProperty('clock step during a gap', 1);
    expect(reached([step(8_500, 'edge-2'), waited])).not.toHaveProperty('clock step during a gap');
    expect(reached([step(5_000, 'edge-1'), waited])).not.toHaveProperty('clock step during a gap');
  });

  test('a history counts when it meets what other paths bring', () => {
    const joined = note(10, 'relay-2', 'subscriber-joined', { label: 'edge-1', historyMessages: 300 });
    expect(reached([joined])).not.toHaveProperty('relay history into a live window');
    expect(reached([note(1, 'edge-1', 'path-opened'), joined])).toHaveProperty('relay history into a live window', 1);
  });

  test('what a path dropped is told when it closes', () => {
    const closed = note(9, 'edge-1', 'path-closed', { dropped: { late: 4, duplicate: 2 } });
    expect(reached([closed])).toMatchObject({ 'arrival after the verdict': 1, 'second copy': 1 });
  });
});

describe('switches', () => {
  test('one within half a second of another is a switch while switching', () => {
    expect(reached([switched(1_000), switched(1_400)])).toHaveProperty('switch while switching', 1);
    expect(reached([switched(1_000), switched(1_600)])).not.toHaveProperty('switch while switching');
    expect(reached([switched(1_000), switched(1_400, { mount: 'talk' })])).not.toHaveProperty('switch while switching');
  });

  test('a mountpoint begins anew after its end, at the same edge', () => {
    const [ended, begun] = [note(1, 'edge-1', 'mount-ended', { mount: 'live' }), note(2, 'edge-1', 'mount-started', { mount: 'live' })];
    expect(reached([ended, begun])).toHaveProperty('mount ended and began anew', 1);
    expect(reached([begun])).not.toHaveProperty('mount ended and began anew');
    expect(reached([ended, { ...begun, actor: 'edge-2' }])).not.toHaveProperty('mount ended and began anew');
  });

  test('an encoder that is back under a new id is a stream id restart', () => {
    const added = (stream: string): Note => note(1, 'edge-1', 'backup-added', { mount: 'live', stream });
    expect(reached([added('live-1#2')])).toHaveProperty('stream id restart', 1);
    expect(reached([added('live-1#1')])).not.toHaveProperty('stream id restart');
  });

  test('a garbled frame at a splice was cut into a bit reservoir, unless the listener had gone', () => {
    const name = 'splice into a non-zero bit reservoir';
    expect(reached([], { listeners: [listener([{ garbledMs: 26 }])] })).toHaveProperty(name, 1);
    expect(reached([], { listeners: [listener([{ garbledMs: 26, reason: 'reconnected' }])] })).not.toHaveProperty(name);
  });
});

test('what the oracle saw, bounds, and clocks', () => {
  expect(reached([], { sightings: { 'loss on one path of three': 3, 'arrival after the switch': 1 } })).toEqual({
    'loss on one path of three': 3,
    'arrival after the switch': 1,
  });
  expect(reached([note(1, 'edge-1', 'bound-hit', { bound: 'maxListeners', count: 1 })])).toEqual({ 'listener refused': 1 });
  expect(reached([note(1, 'fault', 'step', { host: 'edge-1', byMs: -20 })])).toEqual({ 'clock set back on an edge': 1 });
});
