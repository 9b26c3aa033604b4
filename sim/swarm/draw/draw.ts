import { lifelinesToListener } from '../../world/lifeline.ts';
import { pick, Dice, type Random } from '../../world/rng.ts';
import type { Scenario } from '../../run/scenario.ts';
import { hostNames, type Topology } from '../../world/topology.ts';
import { chance, someOf, whole } from './draws.ts';
import { healing, without } from './outages/healing.ts';
import { drawEdgeWishes } from './wishes/edge-wishes.ts';
import { drawBadKeys } from './keys/bad-keys.ts';
import { drawExtras } from './extras.ts';
import { drawHostile } from './hostile.ts';
import { drawKeys } from './keys/keys.ts';
import { drawLongStop } from './outages/long-stop.ts';
import { inOrder } from './outages/outages.ts';
import { recovers, RECOVERS_WITHIN_S } from '../../run/recovers.ts';
import { drawPolicyChanges } from './wishes/policy-changes.ts';
import { drawSetTitles } from './wishes/set-titles.ts';
import { drawSigned } from './keys/signed.ts';
import { drawStation } from './station.ts';
import { drawTrouble, troubleKinds } from './outages/trouble.ts';
import { isCrowded } from '../../run/whole.ts';
import { drawWishes } from './wishes/wishes.ts';

/** How long the listeners must go on hearing after they have recovered. */
const GOES_ON_S = 10;
const QUIET_START_S = 4;

export interface SwarmOptions {
  /** Everybody has a key, and some that have good ones turn bad. */
  readonly hasBadKeys?: boolean;
  /** Encoders sign, edges verify, and relays are taken over. */
  readonly isSigned?: boolean;
}

/**
 * What a seed of the swarm plays: a station, and what happens to it.
 *
 *     0 s        4 s                 healsAtS                   healsAtS + withinS          the end
 *     | starts   | trouble: anything  | a core is well for good  | its listeners must hear  |
 *                                     | the others stay as they are, or go on breaking      |
 */
export function drawSwarm(seed: number, { hasBadKeys = false, isSigned = false }: SwarmOptions = {}): Scenario {
  const dice = new Dice(seed);
  const random = dice.stream('swarm:options');
  const bare = drawStation(dice.stream('swarm:station'));
  const healsAtS = whole(random, 12, 45);
  const durationS = healsAtS + RECOVERS_WITHIN_S + GOES_ON_S;
  const kinds = someOf(random, troubleKinds, pick(random, [0.1, 0.3, 0.6]));
  const meanPauseS = pick(random, [0.5, 1, 2, 5, 10]);
  const meanLengthS = pick(random, [0.5, 2, 6, 15]);
  const wishes = drawWishes({ random: dice.stream('swarm:wishes'), topology: bare, fromS: QUIET_START_S, untilS: durationS });
  const usual = drawExtras(dice, { ...bare, edges: wishes.edges });
  const dressed = hasBadKeys ? drawBadKeys(dice.stream('swarm:bad-keys'), usual) : drawKeys(dice.stream('swarm:keys'), drawHostile(dice, usual));
  const choosy = drawEdgeWishes(dice.stream('swarm:edge-wishes'), dressed);
  const { topology: changed, faults: changes } = drawPolicyChanges({ random: dice.stream('swarm:policies'), topology: choosy, fromS: QUIET_START_S, untilS: durationS });
  const { topology: station, faults: stops } = drawLongStop(dice, changed, QUIET_START_S, healsAtS);
  const core = drawCore(random, station);
  const others = pick(random, ['stay as they are', 'go on breaking'] as const);
  const untilS = others === 'go on breaking' ? durationS : healsAtS;
  const all = drawTrouble({
    topology: station,
    random: dice.stream('swarm:trouble'),
    kinds,
    fromS: QUIET_START_S,
    untilS,
    meanPauseS,
    meanLengthS,
  });
  const later = others === 'go on breaking' ? without(core, all.filter(({ atS }) => atS >= healsAtS)) : [];
  const usually = [...all.filter(({ atS }) => atS < healsAtS), ...healing(station, core, healsAtS), ...later, ...wishes.faults, ...drawSetTitles(dice.stream('swarm:set-titles'), station, QUIET_START_S, durationS), ...changes, ...stops];
  const { topology, faults } = isSigned ? drawSigned({ random: dice.stream('swarm:signed'), topology: station, faults: usually, core, fromS: QUIET_START_S, healsAtS, untilS }) : { topology: station, faults: usually };
  return {
    name: 'swarm',
    story: 'Drawn from the seed: a station, and trouble of some kinds; then a part of it is healed for good, and must be heard again.',
    durationS,
    topology,
    faults: inOrder(faults),
    expect: [recovers({ healsAtS, withinS: RECOVERS_WITHIN_S })],
    drawn: { kinds, meanPauseS, meanLengthS, healsAtS, withinS: RECOVERS_WITHIN_S, core, others, faults: faults.length, topology: redaction(topology) },
  };
}

/** Hosts that are healed for good: at least one way from an encoder to a listener. */
function drawCore(random: Random, topology: Topology): string[] {
  const ways = topology.listeners
    .filter(({ edge }) => !isCrowded(topology, edge))
    .flatMap((listener) => lifelinesToListener(topology, listener));
  const names = hostNames(topology);
  const chosen = new Set(pick(random, ways).filter((part) => names.includes(part)));
  const further = pick(random, [0, 0.3, 1]);
  return names.filter((name) => chosen.has(name) || chance(random, further));
}

/** What of a topology a reader wants to know first. */
function redaction({ encoders, relays, edges, listeners, settings = {}, hasKeys = false, hostile = [] }: Topology): Record<string, unknown> {
  return {
    encoders: encoders.map(({ name, format, to, startsAtS, framesPerWrite, feedDelayMs, jitterMs }) => ({
      name,
      format: `${format.codec} ${format.bitrateBps / 1000} kbit/s`,
      to: to.map(({ relay, transport }) => (transport === 'udp' ? `udp ${relay}` : relay)),
      startsAtS,
      framesPerWrite,
      feedDelayMs,
      jitterMs,
    })),
    relays: relays.map(({ name, upstream, mounts }) => ({ name, upstream, ...(mounts && { mounts }) })),
    edges: edges.map(({ name, relays: from, policies = {}, wish }) => ({ name, relays: from, policies, ...(wish && { wish }) })),
    listeners: listeners.map(({ name, edge, mount, joinsAtS }) => ({ name, edge, mount, joinsAtS })),
    settings,
    ...(hasKeys && { hasKeys }),
    hostile: hostile.map(({ name, kind, relay }) => `${name}: ${kind} at ${relay}`),
  };
}
