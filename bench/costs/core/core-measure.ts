import type { PathId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { Edge } from '../../../core/edge/edge.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { Relay } from '../../../core/relay/relay.ts';
import { cpuClock } from '../../common/cpu.ts';
import { mountName } from '../../load/plan.ts';
import type { Programme } from '../../load/programme.ts';
import { Allocation } from '../allocation.ts';
import { play, TrafficMaker, type Receiver, type Traffic } from '../links/traffic.ts';

/** Longer than the histories and rings, and than it takes to align streams. */
export const WARM_UP_MS = 25_000;
export const SPANS = 5;
export const SPAN_MS = 4_000;
/** Less, so that nothing is collected in it. */
const ALLOCATION_SPAN_MS = 1_000;

export interface CoreLoad {
  readonly programme: Programme;
  readonly mounts: number;
  readonly encoders: number;
  readonly relays: number;
}

export interface CoreOrder extends CoreLoad {
  /** CPU time, or bytes allocated, in a process that was started with NO_COLLECTION. */
  readonly what: 'time' | 'bytes';
}

/** By figure, a value for each span. */
export function measureCore({ what, ...load }: CoreOrder): Record<string, readonly number[]> {
  const figures: Record<string, readonly number[]> = {};
  for (const { name, by, make } of cases) {
    const spans = started(load, by, make);
    if (what === 'bytes') figures[`${name}, bytes allocated a message`] = spans(ALLOCATION_SPAN_MS, allocated);
    else {
      const costs = spans(SPAN_MS, nanoseconds);
      figures[`${name}, messages/s`] = costs.map((ns) => 1e9 / ns);
      figures[`${name}, ns a message`] = costs;
    }
  }
  return figures;
}

interface Case {
  readonly name: string;
  readonly by: 'encoder' | 'relay';
  readonly make: (mounts: number) => Started;
}

interface Started {
  readonly machine: Receiver & Pick<Edge, 'openPath'>;
  /** Called once its mountpoints are there. */
  readonly begin?: (now: Micros) => void;
}

const cases: readonly Case[] = [
  { name: 'relay', by: 'encoder', make: startRelay },
  { name: 'edge', by: 'relay', make: () => ({ machine: newEdge() }) },
  { name: 'edge with a listener each', by: 'relay', make: startHeardEdge },
];

function startRelay(): Started {
  const relay = new Relay({ settings }, { send: nothing, backlogBytes: () => 0, cut: nothing, drop: nothing, event: nothing });
  relay.subscribe(0 as Micros, anonymous('subscriber', '192.0.2.1:1'));
  return { machine: relay };
}

function startHeardEdge(mounts: number): Started {
  const edge = newEdge();
  return {
    machine: edge,
    begin: (now) => {
      for (let mount = 0; mount < mounts; mount++) edge.join(now, mountName(mount), { icy: false, label: '192.0.2.1:1' });
    },
  };
}

const settings = withSettings({ maxPaths: 10_000, maxPathsPerAddress: 10_000, maxSubscribers: 10 });

function newEdge(): Edge {
  return new Edge({ settings }, { send: nothing, backlogBytes: () => 0, end: nothing, event: nothing });
}

type Measure = (machine: Receiver, paths: readonly PathId[], traffic: Traffic) => number;

/** Warms a machine up; then measures span after span of a length. */
function started({ programme, mounts, encoders, relays }: CoreLoad, by: 'encoder' | 'relay', make: Case['make']): (spanMs: number, one: Measure) => readonly number[] {
  // A relay gets one copy of everything, from the encoders.
  const ports = Array.from({ length: by === 'relay' ? relays : 1 }, (_, index) => index);
  const maker = new TrafficMaker({ programme, mounts, encoders, ports, protocol: 'relay', shared: false }, by);
  const { machine, begin } = make(mounts);
  const role = by === 'relay' ? 'relay' : 'source';
  const paths = Array.from({ length: maker.paths }, (_, index) => machine.openPath(0 as Micros, transports.tcp, anonymous(role, `192.0.2.${index % 250}:${index}`)) as PathId);
  const early = maker.next(WARM_UP_MS / 2);
  play(machine, paths, early);
  begin?.(early.endUs);
  play(machine, paths, maker.next(WARM_UP_MS / 2));
  return (spanMs, one) => Array.from({ length: SPANS }, () => one(machine, paths, maker.next(spanMs)));
}

/** Of CPU time. */
function nanoseconds(machine: Receiver, paths: readonly PathId[], traffic: Traffic): number {
  const cpuUs = cpuClock();
  play(machine, paths, traffic);
  return (1_000 * cpuUs()) / traffic.messages;
}

function allocated(machine: Receiver, paths: readonly PathId[], traffic: Traffic): number {
  const allocation = new Allocation();
  play(machine, paths, traffic, () => allocation.look());
  return allocation.bytes / traffic.messages;
}

function nothing(): void {}
