import type { Run } from '../../run/simulation.ts';
import type { ListenerSpec } from '../../world/topology.ts';
import type { Note } from '../../world/trace.ts';
import type { LaneDraft, LaneOptions, PictureBuilder } from '../builder.ts';
import { chartsOf } from './charts.ts';
import { HostFollower } from './hosts.ts';
import { drawListener } from './listeners.ts';
import { MountsFollower } from './mounts.ts';
import { PathFollower } from './paths.ts';
import type { Sampler } from './sampler.ts';

/** Beyond these, listeners to whom nothing happened get no lane of their own. */
export const MOST_LISTENERS = 24;
/** With more than these, buffers are folded up to begin with. */
const MOST_OPEN = 2;

interface WayFields {
  readonly ways?: readonly { readonly from: string; readonly to: string }[];
}

/** The lanes of a run from top to bottom, and those who follow what happens in them. */
export class RunLanes {
  readonly faults: LaneDraft;
  readonly hosts: Map<string, HostFollower> = new Map();
  readonly paths: readonly PathFollower[];
  readonly mounts: Map<string, MountsFollower> = new Map();
  readonly listeners: readonly ListenerSpec[];
  readonly folded: string[] = [];
  readonly #run: Run;
  readonly #builder: PictureBuilder;
  readonly #sampler: Sampler;
  readonly #byHost = new Map<string, LaneDraft>();

  constructor(run: Run, sampler: Sampler, builder: PictureBuilder) {
    this.#run = run;
    this.#sampler = sampler;
    this.#builder = builder;
    this.faults = builder.lane({ kind: 'faults', group: 'Faults', name: 'faults', isKey: true });
    this.listeners = worthALane(run.scenario.topology.listeners, run.notes);
    this.#addListeners();
    this.#addHosts();
    this.paths = this.#addPaths();
    this.#addBuffers();
  }

  /** The lane of a host, whatever it is. */
  of(host: string): LaneDraft | undefined {
    return this.#byHost.get(host);
  }

  #addListeners(): void {
    for (const { name, joinsAtS } of this.listeners) {
      const lane = this.#add(name, { kind: 'listener', group: 'Listeners', isKey: true });
      const own = this.#run.notes.filter(({ actor }) => actor === name);
      drawListener(lane, 1000 * joinsAtS, own, this.#hueOf);
    }
  }

  #addHosts(): void {
    const { encoders, relays, edges } = this.#run.scenario.topology;
    for (const [hue, { name, startsAtS }] of encoders.entries()) {
      const lane = this.#add(name, { kind: 'encoder', group: 'Encoders' });
      this.hosts.set(name, new HostFollower({ lane, startsAtMs: 1000 * startsAtS, hue, label: (start) => `${name}#${start}` }));
    }
    for (const { name } of relays) this.#follow(name, this.#add(name, { kind: 'relay', group: 'Relays' }));
    for (const { name } of edges) {
      const group = `Edge ${name}`;
      const starts = this.#run.notes.filter(({ actor, kind }) => actor === name && kind === 'mount-started');
      const mounts = new Set(starts.map(({ fields }) => String(fields['mount'])));
      this.mounts.set(name, new MountsFollower(this.#builder, group, [...mounts], this.#hueOf));
      this.#follow(name, this.#add(name, { kind: 'edge', group }));
    }
  }

  /** Paths that somebody uses; those to listeners only where something happens on the way. */
  #addPaths(): PathFollower[] {
    const { encoders, relays, edges, listeners } = this.#run.scenario.topology;
    const harmed = new Set(this.#run.notes.flatMap(({ fields }) => ((fields as WayFields).ways ?? []).map(({ from, to }) => `${from} ${to}`)));
    return [
      ...encoders.flatMap(({ name, to }) => to.map(({ relay, transport }) => this.#path(name, relay, name, transport))),
      ...relays.flatMap(({ name, upstream }) => upstream.map((from) => this.#path(from, name, name))),
      ...edges.flatMap(({ name, relays }) => relays.map((from) => this.#path(from, name, name))),
      ...listeners
        .filter(({ name, edge }) => harmed.has(`${edge} ${name}`) || harmed.has(`${name} ${edge}`))
        .slice(0, MOST_LISTENERS)
        .map(({ name, edge }) => this.#path(edge, name, undefined)),
    ];
  }

  #path(from: string, to: string, dialer: string | undefined, transport: 'tcp' | 'udp' = 'tcp'): PathFollower {
    const lane = this.#builder.lane({ kind: 'path', group: 'Paths', name: `${from} → ${to}${transport === 'udp' ? ' (udp)' : ''}` });
    const losses = this.#sampler.lossesOf(from, to);
    if (losses !== undefined) lane.series.push(losses);
    return new PathFollower({ lane, from, to, transport, dialer, specs: this.#run.scenario.topology.paths ?? [] });
  }

  #addBuffers(): void {
    const { edges } = this.#run.scenario.topology;
    for (const { name } of edges) {
      const group = `Buffers of ${name}`;
      chartsOf(this.#builder, group, name, this.#sampler, this.#hueOf);
      if (edges.length > MOST_OPEN) this.folded.push(group);
    }
    const group = "Players' buffers";
    for (const { name } of this.listeners) {
      const lane = this.#builder.lane({ kind: 'buffer', group, name: `${name}: buffer` });
      lane.series.push(...this.#sampler.seriesOf(name, 'player', { unit: 'ms' }));
    }
    if (this.listeners.length > MOST_OPEN) this.folded.push(group);
  }

  #add(name: string, options: Omit<LaneOptions, 'name'>): LaneDraft {
    const lane = this.#builder.lane({ ...options, name });
    this.#byHost.set(name, lane);
    return lane;
  }

  #follow(name: string, lane: LaneDraft): void {
    this.hosts.set(name, new HostFollower({ lane, startsAtMs: 0 }));
  }

  /** Streams are named after their encoders: enc-a#2 is the second start of enc-a. */
  readonly #hueOf = (stream: string): number | undefined => {
    const encoder = stream.slice(0, stream.lastIndexOf('#'));
    const hue = this.#run.scenario.topology.encoders.findIndex(({ name }) => name === encoder);
    return hue < 0 ? undefined : hue;
  };
}

/** All of them, or, where there are too many, first those to whom something happened. */
function worthALane(listeners: readonly ListenerSpec[], notes: readonly Note[]): readonly ListenerSpec[] {
  if (listeners.length <= MOST_LISTENERS) return listeners;
  const hit = new Set(notes.filter(({ kind }) => kind === 'splice' || kind === 'silence' || kind === 'disconnected').map(({ actor }) => actor));
  const chosen = new Set([...listeners.filter(({ name }) => hit.has(name)), ...listeners].slice(0, MOST_LISTENERS));
  return listeners.filter((each) => chosen.has(each));
}
