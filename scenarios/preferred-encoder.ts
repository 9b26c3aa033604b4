import { at, atMost, edge, hears, reports, station, type Fault, type Scenario } from '../sim/scenario.ts';

const BACK_FOR_GOOD_S = 120;
const OPERATOR_S = 200;
const GIVEN_BACK_S = 280;

/**
 * The main encoder dies, comes back, and crashes twice more: nobody goes back to it before it has been well for half a minute.
 * Then an operator takes the listeners to the backup, to work on the main one, and gives the choice back. Each time they go over
 * at the same point of the programme.
 */
const story: Scenario = {
  name: 'preferred-encoder',
  story: 'The preferred encoder fails, returns after several short failures, and is later taken off air by an operator.',
  durationS: 340,
  topology: {
    ...station(),
    edges: [edge('edge', ['relay-1', 'relay-2'], { policies: { live: { prefer: 'enc-a' } } })],
  },
  faults: [
    at(40).kill('enc-a'),
    ...[70, 95, BACK_FOR_GOOD_S].flatMap((atS): Fault[] => [at(atS - 5).kill('enc-a'), at(atS).restart('enc-a')]),
    at(OPERATOR_S).switchTo('edge', 'live', 'enc-b'),
    at(GIVEN_BACK_S).automatic('edge', 'live'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, untilS: BACK_FOR_GOOD_S + 30, fields: { to: 'enc-b#1', reason: 'stalled' } }),
    reports({ by: 'edge', kind: 'switch', times: 2, fields: { to: 'enc-a#4', reason: 'preferred', matchedBy: 'content' } }),
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: OPERATOR_S, untilS: OPERATOR_S + 2.5, fields: { to: 'enc-b#1', reason: 'operator' } }),
    hears({ disconnects: 0, silenceMs: 0, switches: 4, gaps: 0, playing: 1 }),
    hears({ longestStallMs: atMost(400), worstJumpMs: atMost(14), worstGarbledMs: 0 }),
  ],
};

export default story;
