import { at, atMost, edge, encoder, hears, listener, relay, reports, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const CUT_S = 60;
const AFTER_S = 600;

/**
 * There is nothing else, so the backup takes over within a third of a second, and the listener hears four hours of digital silence. (A
 * mountpoint with a fallback plays that.) When the fibre is mended, he has the programme again some seconds later.
 */
const story: Scenario = {
  name: 'fibre-cut-with-fallback-silent',
  story: 'Both fibres of the studio are cut for four hours; the backup encoder at the headend takes over, but has digital silence at its input.',
  durationS: CUT_S + 4 * 3_600 + AFTER_S,
  topology: {
    encoders: [encoder('studio', relays), encoder('backup', relays, { startsAtS: 1 })],
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays)],
    listeners: [listener('listener', 'edge')],
  },
  faults: ({ durationS }) => [
    at(0).silence('backup'),
    at(CUT_S).cut('studio', relays),
    at(healedS(durationS)).heal('studio', relays),
    at(healedS(durationS) + AFTER_S / 2).kill('backup'),
  ],
  expect: ({ durationS }) => {
    const backS = healedS(durationS);
    const silentMs = 1000 * (backS - CUT_S);
    return [
      reports({ by: 'edge', kind: 'switch', times: 1, fromS: CUT_S, untilS: CUT_S + 0.5, fields: { to: 'backup#1' } }),
      reports({ by: 'edge', kind: 'switch', times: 1, fromS: backS, untilS: backS + 8, fields: { to: 'studio#1', reason: 'silent' } }),
      hears({ disconnects: 0, silenceMs: 0, switches: 2, gaps: 0, playing: 1 }),
      hears({ longestStallMs: atMost(400), worstJumpMs: atMost(45), digitalSilenceMs: within(silentMs, silentMs + 8_000) }),
    ];
  },
};

function healedS(durationS: number): number {
  return Math.max(CUT_S, durationS - AFTER_S);
}

export default story;
