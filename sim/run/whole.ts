import type { Fault } from './fault.ts';
import { lifelinesToListener, type Lifeline } from '../world/lifeline.ts';
import { ordinary, type Conditions } from '../world/path.ts';
import { hostNames, type ListenerSpec, type Topology } from '../world/topology.ts';

/** A path that holds nobody up: nothing is lost, and all of it arrives soon. */
const MOST_DELAY_MS = 300;
const LEAST_BITS_PER_SECOND = 4_000_000;

/**
 * Listeners to whom some way is whole from a time on, for good; and that way. Where encoders of one mountpoint differ in
 * codec, the one on air keeps the others off, however badly it does: then nobody has to be served. And an edge that has
 * too few places serves those who are there first.
 */
export function servedFrom(topology: Topology, faults: readonly Fault[], fromS: number): Served[] {
  const state = new State(topology);
  const inTime = [...faults].sort((a, b) => a.atS - b.atS);
  const cutOff = new CutOff(topology, state);
  for (const fault of inTime) {
    if (fault.atS > fromS) break;
    if (fault.atS < fromS) cutOff.note(fault.atS);
    state.happens(fault);
  }
  // Whatever is touched later counts as not well: repairs of it too, for they tell that it was broken.
  for (const fault of inTime) if (fault.atS > fromS) state.spoil(fault);
  return topology.listeners.flatMap((listener) => {
    if (hasSeveralCodecs(topology, listener.mount)) return [];
    if (isCrowded(topology, listener.edge)) return [];
    const way = lifelinesToListener(topology, listener).find((line) => line.every((part) => state.isWell(part)));
    return way === undefined ? [] : [{ listener, way, cutOffS: cutOff.forS(listener, fromS) }];
  });
}

export interface Served {
  readonly listener: ListenerSpec;
  readonly way: Lifeline;
  /** For how long, before that time, its path to the edge was not well: TCP tries again as rarely as it had to wait. */
  readonly cutOffS: number;
}

/** A path that is well for less than this may be back and gone between two tries of TCP. */
const LEAST_WELL_S = 10;

/** Since when the paths between edges and listeners are not well, or not for long enough. */
class CutOff {
  readonly #topology: Topology;
  readonly #state: State;
  readonly #unwellSince = new Map<string, number>();
  readonly #wellSince = new Map<string, number>();

  constructor(topology: Topology, state: State) {
    this.#topology = topology;
    this.#state = state;
  }

  /** How it is just before that time. */
  note(atS: number): void {
    for (const { name, edge } of this.#topology.listeners) {
      if (!this.#state.isWell(`${edge}→${name}`)) {
        this.#wellSince.delete(name);
        if (!this.#unwellSince.has(name)) this.#unwellSince.set(name, atS);
        continue;
      }
      if (!this.#wellSince.has(name)) this.#wellSince.set(name, atS);
      if (atS - this.#wellSince.get(name)! >= LEAST_WELL_S) this.#unwellSince.delete(name);
    }
  }

  forS({ name }: ListenerSpec, untilS: number): number {
    return untilS - (this.#unwellSince.get(name) ?? untilS);
  }
}

/** Whether an edge has fewer places than listeners. */
export function isCrowded(topology: Topology, edge: string): boolean {
  return listenersAt(topology, edge) > (topology.settings?.maxListeners ?? Infinity);
}

export function listenersAt({ listeners }: Topology, edge: string): number {
  return listeners.filter((listener) => listener.edge === edge).length;
}

function hasSeveralCodecs({ encoders }: Topology, mount: string): boolean {
  const codecs = encoders.filter((encoder) => encoder.mount === mount).map(({ format: { codec } }) => codec);
  return new Set(codecs).size > 1;
}

/** Frames come as before. */
function isHarmless({ kind }: Fault): boolean {
  return kind === 'command' || kind === 'title' || kind === 'policy' || kind === 'programme' || kind === 'silence' || kind === 'loop';
}

/** What is well and what is not, as faults come. */
class State {
  readonly #hosts: Set<string>;
  readonly #down = new Set<string>();
  readonly #frozen = new Set<string>();
  readonly #forging = new Set<string>();
  readonly #cut = new Set<string>();
  readonly #spoilt = new Set<string>();
  readonly #conditions = new Map<string, Conditions>();

  constructor(topology: Topology) {
    this.#hosts = new Set(hostNames(topology));
    for (const { from, to, changes } of topology.paths ?? []) this.#change(`${from}→${to}`, changes);
  }

  happens(fault: Fault): void {
    switch (fault.kind) {
      case 'kill':
      case 'vanish':
        this.#forging.delete(fault.host);
        this.#frozen.delete(fault.host);
        this.#down.add(fault.host);
        return;
      case 'restart':
        this.#down.delete(fault.host);
        return;
      case 'freeze':
        if (!this.#down.has(fault.host)) this.#frozen.add(fault.host);
        return;
      case 'thaw':
        this.#frozen.delete(fault.host);
        return;
      case 'forge':
      case 'insert':
      case 'repeat':
      case 'unsign':
        this.#forging.add(fault.host);
        return;
      case 'mend':
        this.#forging.delete(fault.host);
        return;
      // What an encoder makes its frames of, what time it thinks it is, and which one is heard, does not keep them from anybody.
      case 'step':
      case 'command':
      case 'title':
      case 'policy':
      case 'programme':
      case 'silence':
      case 'loop':
        return;
      case 'cut':
        for (const { from, to } of fault.ways) this.#cut.add(`${from}→${to}`);
        return;
      case 'heal':
        for (const { from, to } of fault.ways) this.#cut.delete(`${from}→${to}`);
        return;
      // New connections get through, and old ones are soon found out.
      case 'forget':
      case 'recall':
        return;
      case 'change':
        for (const { from, to } of fault.ways) this.#change(`${from}→${to}`, fault.changes);
        return;
      default:
        fault satisfies never;
    }
  }

  spoil(fault: Fault): void {
    if (isHarmless(fault)) return;
    if ('host' in fault) this.#spoilt.add(fault.host);
    else for (const { from, to } of fault.ways) this.#spoilt.add(`${from}→${to}`);
  }

  /** A path is well when both its directions are: most of what goes by it needs an answer. */
  isWell(part: string): boolean {
    if (this.#hosts.has(part)) return !this.#down.has(part) && !this.#frozen.has(part) && !this.#forging.has(part) && !this.#spoilt.has(part);
    const [from, to] = part.split('→');
    return this.#isGood(part) && this.#isGood(`${to}→${from}`);
  }

  #isGood(way: string): boolean {
    if (this.#cut.has(way) || this.#spoilt.has(way)) return false;
    const { latencyMs, jitterMs, loss, reordered, bitsPerSecond } = this.#conditions.get(way) ?? ordinary;
    return loss.share === 0 && reordered === 0 && latencyMs + jitterMs <= MOST_DELAY_MS && bitsPerSecond >= LEAST_BITS_PER_SECOND;
  }

  #change(way: string, changes: Partial<Conditions>): void {
    this.#conditions.set(way, { ...(this.#conditions.get(way) ?? ordinary), ...changes });
  }
}
