import { describe, expect, it } from 'vitest';
import { at, edge, encoder, listener, relay, type Scenario } from '../../../../sim/scenario.ts';
import { simulate, type Run } from '../../../../sim/run/simulation.ts';
import type { Forging } from '../../../../sim/world/host.ts';

/** A station of one encoder and one relay, which is taken over for three seconds. */
function story(verify: 'off' | 'switch' | 'hold', { signs = true, how = 'forge' as Forging } = {}): Scenario {
  return {
    name: 'forger',
    story: 'A relay is taken over.',
    durationS: 9,
    topology: {
      encoders: [encoder('enc-a', ['relay-1'], { signs })],
      relays: [relay('relay-1')],
      edges: [edge('edge', ['relay-1'], { policies: { live: { verify } } })],
      listeners: [listener('lena', 'edge', { joinsAtS: 2 })],
    },
    faults: [at(4)[how]('relay-1'), at(7).mend('relay-1')],
    expect: [],
  };
}

/** When the player goes over to forged audio, and from it. */
function forged({ notes }: Run): readonly number[] {
  return notes.filter(({ kind, fields }) => kind === 'splice' && fields['reason'] === 'forged').map(({ atMs }) => atMs);
}

describe('a relay that was taken over, in the simulator', () => {
  it.each(['switch', 'hold'] as const)('is not heard past the next signature, and is heard again when it is mended: %s', (verify) => {
    const run = simulate(story(verify), { seed: 1 });
    expect(run.violations).toEqual([]);
    const [forges] = run.notes.filter(({ kind }) => kind === 'relay-forges');
    expect(forges).toMatchObject({ actor: 'edge', fields: { label: 'relay-1', mount: 'live' } });
    expect(forged(run)).toHaveLength(verify === 'switch' ? 2 : 0);
    // What is given out before that is known is no more than comes within a second.
    expect(run.listeners[0]).toMatchObject({ disconnects: 0, isPlaying: true });
  });

  it.each(['switch', 'hold'] as const)('is heard with one frame at most that it puts in, and what it lets by is heard: %s', (verify) => {
    const run = simulate(story(verify, { how: 'insert' }), { seed: 1 });
    expect(run.violations).toEqual([]);
    expect(run.notes.filter(({ kind }) => kind === 'relay-forges')).toMatchObject([{ fields: { label: 'relay-1' } }]);
    expect(forged(run).length).toBe(verify === 'switch' ? 2 : 0);
    expect(run.listeners[0]).toMatchObject({ disconnects: 0, isPlaying: true });
  });

  it.each(['switch', 'hold'] as const)('changes nothing that is heard by sending again what it has sent: %s', (verify) => {
    const run = simulate({ ...story(verify, { how: 'repeat' }), durationS: 40, faults: [at(4).repeat('relay-1')] }, { seed: 1 });
    expect(run.violations).toEqual([]);
    expect(run.notes.filter(({ kind }) => kind === 'relay-forges')).toEqual([]);
    expect(run.listeners[0]).toMatchObject({ disconnects: 0, silenceMs: 0, isPlaying: true });
  });

  it('is not heard for long without signatures, and again with the next one', () => {
    const run = simulate({ ...story('switch', { how: 'unsign' }), durationS: 16, faults: [at(4).unsign('relay-1'), at(10).mend('relay-1')] }, { seed: 1 });
    expect(run.violations).toEqual([]);
    expect(run.notes.filter(({ kind }) => kind === 'relay-forges')).toHaveLength(1);
    const [{ silenceMs, isPlaying }] = run.listeners as [Run['listeners'][number]];
    expect([silenceMs > 3_000, silenceMs < 8_000, isPlaying]).toEqual([true, true, true]);
  });

  it('is heard all the time where nothing is verified', () => {
    const [from, until] = forged(simulate(story('off'), { seed: 1 }));
    expect(until! - from!).toBeGreaterThan(2_900);
  });

  it('leaves an encoder that does not sign unheard where that is wanted', () => {
    const run = simulate(story('switch', { signs: false }), { seed: 1 });
    expect(run.violations).toEqual([]);
    expect(run.notes.filter(({ kind }) => kind === 'mount-started')).toEqual([]);
    expect(run.notes.filter(({ kind }) => kind === 'stream-unproven')).toMatchObject([{ fields: { why: 'no-signature' } }]);
  });
});
