import type { Scenario } from '../../sim/scenario.ts';
import { edge, encoder, listener, relay, station } from '../../sim/scenario.ts';
import { simulate } from '../../sim/run/simulation.ts';
import { drawSwarm } from '../../sim/swarm/draw/draw.ts';
import { median } from '../common/accounting.ts';
import { cpuClock } from '../common/cpu.ts';

interface Case {
  readonly name: string;
  readonly scenario: Scenario;
  readonly runs: number;
  /** Simulated seconds in a second of one processor that are to be reached. */
  readonly goal: number;
}

const MOUNTS = 250;

const cases: readonly Case[] = [
  { name: 'one mountpoint, 2 encoders, 2 relays, 1 listener', scenario: quiet(station(), 300), runs: 9, goal: 1_000 },
  { name: `${MOUNTS} mountpoints, 2 encoders each, 2 relays, a listener each`, scenario: quiet(largeStation(), 20), runs: 3, goal: 5 },
];

const SWARM_SEEDS = 100;
const SWARM_RUNS = 3;

/**
 * How fast the simulator is: simulated seconds per second of processor time, median and range, on one thread after one run to
 * warm up; and seeds of the swarm per minute. Processor time, not the clock's, because a machine that does something else meanwhile is not slower for it.
 */
export async function simulator(): Promise<void> {
  for (const { name, scenario, runs, goal } of cases) {
    simulate(scenario, { seed: 0, durationS: Math.min(60, scenario.durationS) });
    const speeds = Array.from({ length: runs }, (_, run) => speedOf(scenario, run + 1)).sort((a, b) => a - b);
    const [least, most] = [speeds[0]!, speeds.at(-1)!];
    console.log(`${name}: ${median(speeds).toFixed(2)} s per s (${least.toFixed(2)} to ${most.toFixed(2)}, ${runs} runs; goal ${goal})`);
  }
  const speeds = Array.from({ length: SWARM_RUNS }, (_, run) => swarmSpeed(1 + run * SWARM_SEEDS));
  console.log(`swarm: ${median(speeds).toFixed(0)} seeds per minute (${SWARM_RUNS} runs of ${SWARM_SEEDS})`);
}

/** Seeds of the swarm in a minute of one processor. */
function swarmSpeed(firstSeed: number): number {
  const cpuUs = cpuClock();
  for (let seed = firstSeed; seed < firstSeed + SWARM_SEEDS; seed++) simulate(drawSwarm(seed), { seed });
  return (SWARM_SEEDS * 60e6) / cpuUs();
}

function speedOf(scenario: Scenario, seed: number): number {
  const cpuUs = cpuClock();
  const run = simulate(scenario, { seed });
  const spentUs = cpuUs();
  if (!run.ok) throw new Error(`seed ${seed}: ${run.violations[0]?.rule}`);
  return (run.simulatedS * 1e6) / spentUs;
}

function quiet(topology: Scenario['topology'], durationS: number): Scenario {
  return { name: 'speed', story: 'Nothing happens.', durationS, topology, faults: [], expect: [] };
}

function largeStation(): Scenario['topology'] {
  const relays = ['relay-1', 'relay-2'];
  const mounts = Array.from({ length: MOUNTS }, (_, index) => `mount-${index}`);
  return {
    encoders: mounts.flatMap((mount) => ['a', 'b'].map((name, index) => encoder(`${mount}-${name}`, relays, { mount, startsAtS: index }))),
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays)],
    listeners: mounts.map((mount) => listener(`${mount}-listener`, 'edge', { mount })),
  };
}
