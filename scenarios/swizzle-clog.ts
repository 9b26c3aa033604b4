import { between as drawn, type Random } from '../sim/world/rng.ts';
import { at, atMost, hears, station, type Fault, type Plan, type Scenario } from '../sim/scenario.ts';

const paths = [
  ...['enc-a', 'enc-b'].flatMap((encoder) => ['relay-1', 'relay-2'].map((relay) => [encoder, relay] as const)),
  ['relay-1', 'edge'],
  ['relay-2', 'edge'],
] as const;
const ROUND_S = 60;

/**
 * One after another stops, up to all six, and they come back in another order: so everything that can wait for
 * something else does so at some time. When no way is left, what was said meanwhile comes late, and nobody is let go.
 */
const story: Scenario = {
  name: 'swizzle-clog',
  story: 'A network under reconstruction: once a minute, paths are blocked one by one and released in another order.',
  durationS: 610,
  topology: station(),
  faults: (plan) => rounds(plan),
  expect: [
    hears({ disconnects: 0, gaps: 0, playing: 1 }),
    hears({ longestStallMs: atMost(8_000), silenceMs: atMost(10_000), worstJumpMs: atMost(45) }),
  ],
};

/** In each round some of the paths, at least two, are clogged, and released. */
function rounds({ random, durationS }: Plan): Fault[] {
  const draw = random('swizzle');
  const faults: Fault[] = [];
  for (let roundS = 15; roundS + ROUND_S <= durationS; roundS += ROUND_S) {
    const chosen = shuffled(draw, paths).slice(0, 2 + Math.floor(draw() * (paths.length - 1)));
    let atS = roundS;
    for (const [from, to] of chosen) faults.push(at((atS += drawn(draw, 0.1, 1))).cut(from, to));
    for (const [from, to] of shuffled(draw, chosen)) faults.push(at((atS += drawn(draw, 0.1, 1))).heal(from, to));
  }
  return faults;
}

function shuffled<T>(draw: Random, items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(Math.floor(draw() * rest.length), 1)[0]!);
}

export default story;
