import { at, atLeast, atMost, edge, encoder, hears, reports, station, udp, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const JOIN_S = 40;
const PAUSE_S = 60;
const PAUSE_LASTS_S = 30;
const DIES_S = 130;
const BACK_S = 190;

/**
 * They can read on any relay what the station sends, and push to both. One has a stream of its own on the station's mountpoint, by the name of the encoder
 * that listeners are to have: it carries programme while the station is silent for half a minute, and is there when that encoder dies. The others go on with
 * the numbers of the encoder that is on air, ahead of it, from other addresses, by TCP and by UDP. Nobody hears anything of it.
 */
const story: Scenario = {
  name: 'stranger',
  story: 'An unauthorised encoder reaches the relays and tries to take over the mountpoint: during silence in the programme, with the origin of the preferred encoder, and with the ids of its streams.',
  durationS: 280,
  topology: {
    ...station(),
    encoders: [
      ...station().encoders,
      encoder('pirate', relays, { startsAtS: JOIN_S, stranger: { origin: 'enc-a' } }),
      encoder('forger', relays, { startsAtS: JOIN_S + 1, stranger: { impersonates: 'enc-a' } }),
      encoder('forger-udp', relays.map(udp), { startsAtS: JOIN_S + 2, stranger: { impersonates: 'enc-a' } }),
    ],
    edges: [edge('edge', relays, { policies: { live: { prefer: 'enc-a' } } })],
  },
  faults: [
    ...['enc-a', 'enc-b'].flatMap((name) => [at(PAUSE_S).silence(name), at(PAUSE_S + PAUSE_LASTS_S).programme(name)]),
    at(DIES_S).kill('enc-a'),
    at(BACK_S).restart('enc-a'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, untilS: BACK_S, fields: { from: 'enc-a#1', to: 'enc-b#1', reason: 'stalled' } }),
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: BACK_S + 30, fields: { from: 'enc-b#1', to: 'enc-a#2', reason: 'preferred', matchedBy: 'content' } }),
    reports({ by: 'edge', kind: 'programmes-differ', times: atLeast(1) }),
    reports({ by: 'relay-1', kind: 'stream-contested', times: atLeast(10) }),
    hears({ disconnects: 0, silenceMs: 0, switches: 2, gaps: 0, playing: 1 }),
    hears({ longestStallMs: atMost(400), worstJumpMs: atMost(14), worstGarbledMs: 0 }),
  ],
};

export default story;
