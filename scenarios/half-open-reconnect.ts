import { at, encoder, hears, reports, station, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];

/**
 * Nothing is confirmed any more, so after two seconds the encoder makes its connections anew, and sends what it kept.
 * The relays have the old ones open still, until nothing has come by them for a quarter of a minute: their kernels would not
 * find out, with an acknowledgement on its way that nobody confirms. That holds nothing up. So the only encoder of a station is heard again after two seconds and a bit, and all that it said.
 */
const story: Scenario = {
  name: 'half-open-reconnect',
  story: "A firewall drops the state of the only encoder's connections for 45 s; the encoder reconnects, and the old connections stay open at the relays.",
  durationS: 100,
  topology: { ...station(), encoders: [encoder('enc-a', relays)] },
  faults: [at(20).forget('enc-a', relays), at(65).recall('enc-a', relays)],
  expect: [
    ...relays.map((relay) => reports({ by: 'enc-a', kind: 'target-stuck', times: 1, fromS: 20, untilS: 23, fields: { label: relay } })),
    reports({ by: 'enc-a', kind: 'target-up', times: 2, fromS: 20 }),
    ...relays.map((by) => reports({ by, kind: 'path-closed', times: 1, fromS: 30, untilS: 40, fields: { label: 'enc-a', reason: 'silent' } })),
    hears({ disconnects: 0, switches: 0, gaps: 0, missingMs: 0, repeatedMs: 0, garbledMs: 0, playing: 1 }),
    hears({ longestStallMs: within(1_800, 2_800), silenceMs: within(800, 1_800) }),
  ],
};

export default story;
