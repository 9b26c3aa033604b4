import { withSettings } from '../core/settings.ts';
import { ms, toMs, type Micros } from '../core/units.ts';
import { EdgeProcess } from './edge-process.ts';
import { EncoderProcess } from './encoder-process.ts';
import type { Expectation } from './expectation.ts';
import { schedule } from './fault.ts';
import type { Probe } from './gauge.ts';
import { Host, type Process } from './host.ts';
import { ListenerProcess, type ListenerReport } from './listener.ts';
import { Network } from './network.ts';
import { Oracle, type Violation } from './oracle.ts';
import { Programme } from './programme.ts';
import { RelayProcess } from './relay-process.ts';
import { Dice } from './rng.ts';
import { checkScenario, expectationsOf, faultsOf, type Plan, type Scenario } from './scenario.ts';
import { Cast, type Stage } from './stage.ts';
import { Trace, type Note, type TraceLine } from './trace.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Instead of the scenario's own. */
  readonly durationS?: number;
  /** Takes in every line of the trace. */
  readonly line?: (line: TraceLine) => void;
  /** Records the machines of some hosts; asked at each start of one. */
  readonly recorderFor?: Stage['recorderFor'];
  /** Looks at all buffers every so often. */
  readonly probe?: Probe;
}

/** What came of one seed of a scenario. */
export interface Run {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly traceHash: string;
  readonly simulatedS: number;
  readonly ok: boolean;
  readonly expectations: readonly Expectation[];
  readonly violations: readonly Violation[];
  readonly listeners: readonly ListenerReport[];
  readonly notes: readonly Note[];
}

/** Plays a scenario through. The same scenario and seed give the same run, everywhere. */
export function simulate(
  scenario: Scenario,
  { seed, durationS = scenario.durationS, line, probe, recorderFor = () => undefined }: RunOptions,
): Run {
  checkScenario(scenario);
  const dice = new Dice(seed);
  const plan: Plan = { durationS, random: (purpose) => dice.stream(`scenario:${purpose}`) };
  const trace = new Trace(line);
  const world = new World((at) => trace.tick(at));
  const oracle = new Oracle(world);
  const stage: Cradle = { ...newStage(scenario, world, dice, trace, oracle), recorderFor };
  const listeners = populate(stage, scenario);
  schedule(stage, faultsOf(scenario, plan));
  runGuarded(stage, ms(durationS * 1000), probe);

  const reports = listeners.map((listener) => listener.report());
  const outcome = { listeners: reports, notes: trace.notes };
  const atMs = durationS * 1000;
  const expectations = expectationsOf(scenario, plan);
  const disappointments = expectations.flatMap((expectation) =>
    expectation.check(outcome).map((what): Violation => ({ atMs, rule: expectation.says, what })),
  );
  const violations = [...oracle.violations, ...disappointments];
  return {
    scenario,
    seed,
    traceHash: trace.hash,
    simulatedS: durationS,
    ok: violations.length === 0,
    expectations,
    violations,
    listeners: reports,
    notes: trace.notes,
  };
}

type Cradle = Stage & { readonly hosts: Map<string, Host> };

function newStage({ topology }: Scenario, world: World, dice: Dice, trace: Trace, oracle: Oracle): Omit<Cradle, 'recorderFor'> {
  const hosts = new Map<string, Host>();
  const network = new Network(world, dice);
  for (const { from, to, changes } of topology.paths ?? []) network.way(from, to).change(changes);
  return {
    world,
    dice,
    network,
    trace,
    programme: new Programme(),
    oracle,
    settings: withSettings(topology.settings ?? {}),
    cast: new Cast(),
    hosts,
    host: (name) => {
      const host = hosts.get(name);
      if (host === undefined) throw new RangeError(`there is no host ${name}`);
      return host;
    },
  };
}

/** Every host is there before the first process starts. Returns the listeners, which fills when they start. */
function populate(stage: Cradle, { topology }: Scenario): ListenerProcess[] {
  const add = (name: string, boot: (host: Host, start: number) => Process): void => {
    let starts = 0;
    const schedule = stage.dice.stream(`host:${name}:schedule`);
    stage.hosts.set(name, new Host(stage.world, name, schedule, (host) => boot(host, ++starts)));
  };
  const listeners: ListenerProcess[] = [];
  for (const spec of topology.relays) add(spec.name, (host) => new RelayProcess(stage, host, spec));
  for (const spec of topology.edges) add(spec.name, (host) => new EdgeProcess(stage, host, spec));
  for (const spec of topology.encoders) add(spec.name, (host, start) => new EncoderProcess(stage, host, spec, start));
  for (const spec of topology.listeners) {
    add(spec.name, (host) => {
      const listener = new ListenerProcess(stage, host, spec);
      listeners.push(listener);
      return listener;
    });
  }
  const startsLater = new Map(topology.encoders.map(({ name, startsAtS }) => [name, startsAtS]));
  for (const host of stage.hosts.values()) stage.world.at(ms(1000 * (startsLater.get(host.name) ?? 0)), () => host.start());
  return listeners;
}

/** An exception out of a machine is a finding like any other; there is nothing to go on with after it. */
function runGuarded(stage: Cradle, until: Micros, probe: Probe | undefined): void {
  try {
    if (probe !== undefined) runProbed(stage, until, probe);
    stage.world.run(until);
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stage.oracle.violated('a machine never throws', what);
    stage.world.stop();
  }
}

/** Between two events, so that nothing that happens knows of it. */
function runProbed({ world, hosts }: Cradle, until: Micros, probe: Probe): void {
  for (let at = 0; at < until; at += ms(probe.everyMs)) {
    world.run(at as Micros);
    for (const { name, gauges } of hosts.values()) if (gauges.length > 0) probe.take(toMs(at as Micros), name, gauges);
  }
}
