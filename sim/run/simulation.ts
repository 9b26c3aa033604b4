import { withSettings } from '../../core/config/settings.ts';
import { ms, toMs, type Micros } from '../../core/base/units.ts';
import { EdgeProcess } from '../machines/edge/edge-process.ts';
import { EncoderProcess } from '../machines/encoder/encoder-process.ts';
import type { Expectation, Outcome } from './expectation.ts';
import { schedule, type Fault } from './fault.ts';
import { Feed } from '../programme/feed.ts';
import type { Probe } from '../world/gauge.ts';
import { HostileProcess } from '../machines/hostile/hostile-process.ts';
import { Host, type Process } from '../world/host.ts';
import { ListenerProcess } from '../machines/listener.ts';
import { MountServer } from '../machines/encoder/mount-server.ts';
import { Network } from '../world/network.ts';
import { Oracle, type Violation } from '../oracle/oracle.ts';
import { Programme } from '../programme/programme.ts';
import { RelayProcess } from '../machines/relay-process.ts';
import { Dice } from '../world/rng.ts';
import { checkScenario, type Scenario, type Plan, expectationsOf, faultsOf } from './scenario.ts';
import { Cast, THEIRS, type OnAir, type OnSegment, type Stage } from '../machines/stage.ts';
import { Trace, type TraceLine } from '../world/trace.ts';
import { mountsOf, type Topology } from '../world/topology.ts';
import { World } from '../world/world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Instead of the scenario's own. */
  readonly durationS?: number;
  /** Takes in every line of the trace. */
  readonly line?: (line: TraceLine) => void;
  /** Records the machines of some hosts; asked at each start of one. */
  readonly recorderFor?: Stage['recorderFor'];
  /** Is told of every frame that an edge gives out, at the world's time. */
  readonly onAir?: OnAir;
  /** Is told of every segment that an edge makes, where `hlsSegmentMs` is set. */
  readonly onSegment?: OnSegment;
  /** And of every part of one, where `hlsPartMs` is set. */
  readonly onPart?: OnSegment;
  /** Looks at all buffers every so often. */
  readonly probe?: Probe;
}

/** What came of one seed of a scenario. */
export interface Run extends Outcome {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly traceHash: string;
  readonly ok: boolean;
  readonly expectations: readonly Expectation[];
  readonly violations: readonly Violation[];
  /** Rare things that no machine reports, and how often they were seen. */
  readonly sightings: Readonly<Record<string, number>>;
}

/** Plays a scenario through. The same scenario and seed give the same run, everywhere. */
export function simulate(scenario: Scenario, options: RunOptions): Run {
  const simulation = new Simulation(scenario, options);
  simulation.run();
  return simulation.outcome();
}

/** One seed of a scenario, which can also be played event by event. */
export class Simulation {
  readonly scenario: Scenario;
  readonly world: World;
  readonly trace: Trace;
  readonly #seed: number;
  readonly #plan: Plan;
  readonly #oracle: Oracle;
  readonly #listeners: readonly ListenerProcess[];
  readonly #hosts: Cradle['hosts'];
  readonly #faults: readonly Fault[];
  readonly #probe: Probe | undefined;

  constructor(scenario: Scenario, options: RunOptions) {
    const { seed, durationS = scenario.durationS, line, probe, onAir, onSegment, onPart, recorderFor = () => undefined } = options;
    checkScenario(scenario);
    this.scenario = scenario;
    this.#seed = seed;
    const dice = new Dice(seed);
    this.#plan = { durationS, random: (purpose) => dice.stream(`scenario:${purpose}`) };
    const trace = new Trace(line);
    this.trace = trace;
    this.world = new World((at) => trace.tick(at));
    this.#oracle = new Oracle(this.world);
    this.#faults = faultsOf(scenario, this.#plan);
    const setsTitles = this.#faults.some(({ kind }) => kind === 'title');
    const { edges, relays } = scenario.topology;
    const hasWishes = edges.some(({ wish }) => wish !== undefined) || relays.some(({ mounts }) => mounts !== undefined);
    const stage: Cradle = { ...newStage(scenario, this.world, dice, trace, this.#oracle), recorderFor, onAir, onSegment, onPart, setsTitles, hasWishes };
    this.#hosts = stage.hosts;
    this.#probe = probe;
    this.#listeners = populate(stage, scenario);
    schedule(stage, this.#faults);
  }

  /** Plays all that is left. */
  run(): void {
    this.#guarded(() => {
      if (this.#probe !== undefined) this.#runProbed(this.#probe);
      this.world.run(this.#endUs);
    });
  }

  /** Plays the next event; false when there is none. */
  step(): boolean {
    return this.#guarded(() => this.world.step(this.#endUs)) ?? false;
  }

  /** To be asked once, when all has been played. */
  outcome(): Run {
    const { durationS } = this.#plan;
    // A player's last words belong to the trace.
    const listeners = this.#listeners.map((listener) => listener.report());
    const { scenario, trace } = this;
    const outcome = { topology: scenario.topology, simulatedS: durationS, faults: this.#faults, listeners, notes: trace.notes, unkeptNotes: trace.unkeptNotes };
    const expectations = expectationsOf(scenario, this.#plan);
    const disappointments = expectations.flatMap((expectation) =>
      expectation.check(outcome).map((what): Violation => ({ atMs: durationS * 1000, rule: expectation.says, what })),
    );
    const violations = [...this.#oracle.violations, ...disappointments];
    const { sightings } = this.#oracle;
    return { ...outcome, scenario, sightings, seed: this.#seed, traceHash: trace.hash, ok: violations.length === 0, expectations, violations };
  }

  get #endUs(): Micros {
    return ms(this.#plan.durationS * 1000);
  }

  /** Between two events, so that nothing that happens knows of it. */
  #runProbed(probe: Probe): void {
    for (let at = 0; at < this.#endUs; at += ms(probe.everyMs)) {
      this.world.run(at as Micros);
      for (const { name, gauges } of this.#hosts.values()) if (gauges.length > 0) probe.take(toMs(at as Micros), name, gauges);
    }
  }

  /** An exception out of a machine is a finding like any other; there is nothing to go on with after it. */
  #guarded<T>(play: () => T): T | undefined {
    try {
      return play();
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#oracle.violated('a machine never throws', what);
      this.world.stop();
      return undefined;
    }
  }
}

type Cradle = Stage & { readonly hosts: Map<string, Host> };

function newStage({ topology }: Scenario, world: World, dice: Dice, trace: Trace, oracle: Oracle): Omit<Cradle, 'recorderFor' | 'onAir' | 'onSegment' | 'onPart' | 'setsTitles' | 'hasWishes'> {
  const hosts = new Map<string, Host>();
  const feeds = new Map(topology.encoders.map(({ name }) => [name, new Feed()]));
  const network = new Network(world, dice);
  for (const { from, to, changes } of topology.paths ?? []) network.way(from, to).change(changes);
  const programme = new Programme();
  const files = new Map(Object.entries(topology.files ?? {}).map(([name, { format, frames }]) => [
    name,
    programme.newStream({ name, mount: `file ${name}`, format, beginsAtUs: 0, ppm: 0, fileFrames: frames }),
  ]));
  const servers = new Map<string, MountServer>();
  for (const { pulls, mount, format } of topology.encoders) {
    if (pulls === undefined || servers.has(pulls.server)) continue;
    servers.set(pulls.server, new MountServer(world, programme.newStream({ name: pulls.server, mount, format, beginsAtUs: 0, ppm: 0 }), pulls));
  }
  return {
    world,
    dice,
    network,
    trace,
    programme,
    oracle,
    settings: withSettings(topology.settings ?? {}),
    cast: new Cast(),
    feed: (encoder) => found(feeds, encoder, 'there is no encoder'),
    server: (name) => found(servers, name, 'nobody pulls'),
    file: (name) => found(files, name, 'there is no file'),
    rightsOf: topology.hasKeys === true ? rightsIn(topology) : undefined,
    isHostile: (host) => topology.hostile?.some(({ name }) => name === host) === true,
    signers: topology.encoders.filter(({ signs }) => signs === true).map(({ name }) => name),
    hosts,
    host: (name) => found(hosts, name, 'there is no host'),
  };
}

/** Encoders may announce their mountpoints; hostile peers have one of their own, and some the key of an edge. */
function rightsIn({ encoders, hostile = [] }: Topology): NonNullable<Stage['rightsOf']> {
  const mounts = new Map(encoders.map((spec) => [spec.name, mountsOf(spec)]));
  const ofEdges = new Set(hostile.filter(({ kind }) => kind === 'edge-key').map(({ name }) => name));
  return (host) => ({ role: ofEdges.has(host) ? 'edge' : 'encoder', mounts: mounts.get(host) ?? [THEIRS] });
}

function found<T>(among: ReadonlyMap<string, T>, name: string, otherwise: string): T {
  const one = among.get(name);
  if (one === undefined) throw new RangeError(`${otherwise} ${name}`);
  return one;
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
  const { hostile = [] } = topology;
  for (const spec of hostile) add(spec.name, (host) => new HostileProcess(stage, host, spec));
  const startsLater = new Map([...topology.encoders, ...hostile].map(({ name, startsAtS }) => [name, startsAtS]));
  for (const host of stage.hosts.values()) stage.world.at(ms(1000 * (startsLater.get(host.name) ?? 0)), () => host.start());
  return listeners;
}
