import { at, atMost, edge, encoder, hears, listener, relay, reports, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const CUT_S = 60;
const AFTER_S = 600;

/**
 * Frames come, one after the other, so for the edge the backup is as good as any: it takes over within a third of a
 * second, and the listener hears four hours of digital silence. Nor does he get the programme back with the fibre: the
 * stream on air is well, and is not left. Somebody has to stop the backup.
 */
const story: Scenario = {
  name: 'fibre-cut-with-fallback-silent',
  story: 'An excavator cuts both fibres of the studio for four hours; the backup at the centre takes over, and its line has been dead all along.',
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
    const stoppedS = healedS(durationS) + AFTER_S / 2;
    const silentMs = 1000 * (stoppedS - CUT_S);
    return [
      reports({ by: 'edge', kind: 'switch', times: 1, fromS: CUT_S, untilS: CUT_S + 0.5, fields: { to: 'backup#1' } }),
      reports({ by: 'edge', kind: 'switch', times: 0, fromS: CUT_S + 1, untilS: stoppedS }),
      hears({ disconnects: 0, silenceMs: 0, switches: 2, gaps: 0, playing: 1 }),
      hears({ longestStallMs: atMost(400), worstJumpMs: atMost(45), digitalSilenceMs: within(silentMs - 500, silentMs + 500) }),
    ];
  },
};

function healedS(durationS: number): number {
  return Math.max(CUT_S, durationS - AFTER_S);
}

export default story;
