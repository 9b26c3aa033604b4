import { at, type Fault } from '../../sim/run/fault.ts';
import type { Conditions } from '../../sim/world/path.ts';
import { between as drawn } from '../../sim/world/rng.ts';
import type { Plan } from '../../sim/scenario.ts';
import { between, station, udp, type EncoderSpec, type PathSpec, type Topology } from '../../sim/world/topology.ts';

/** One kind of way from two encoders to an edge, by two relays, on which nothing breaks. */
export interface PathModel {
  readonly name: string;
  readonly topology: Topology;
  /** What its ways go through all the time. */
  readonly faults?: (plan: Plan) => readonly Fault[];
  /** Messages are lost on both ways: a switch because of that is none that is false. */
  readonly loses?: boolean;
}

const encoders = ['enc-a', 'enc-b'];
const relays = ['relay-1', 'relay-2'];
const SLOT_S = 15;

/** All the kinds that the simulator can tell apart. */
export const pathModels: readonly PathModel[] = [
  model('quiet LAN', { everywhere: { latencyMs: 0.2, jitterMs: 0.1 } }),
  model('ordinary', {}),
  model('one relay', { relays: ['relay-1'] }),
  model('WAN jitter of 40 ms', { everywhere: { latencyMs: 40, jitterMs: 40 } }),
  model('wireless: jitter of 120 ms, TCP with 1 % loss', { toRelays: { latencyMs: 5, jitterMs: 120, loss: { share: 0.01, burst: 2 } } }),
  model('encoders whose timing jitters by 150 ms', { encoders: { jitterMs: 150 } }),
  model('TCP with 1 % loss, 3 in a row', { toRelays: { latencyMs: 20, jitterMs: 8, loss: { share: 0.01, burst: 3 } } }),
  model('TCP with 5 % loss, 2 in a row', { toRelays: { latencyMs: 20, jitterMs: 8, loss: { share: 0.05, burst: 2 } } }),
  model('UDP with 1 % loss, 3 in a row', { overUdp: true, toRelays: { jitterMs: 8, loss: { share: 0.01, burst: 3 } } }, { loses: true }),
  model('UDP with 5 % loss, 10 in a row', { overUdp: true, toRelays: { jitterMs: 8, loss: { share: 0.05, burst: 10 } } }, { loses: true }),
  model('UDP with 5 % reordered', { overUdp: true, toRelays: { jitterMs: 8, reordered: 0.05, duplicates: 0.02 } }),
  model('satellite slots, TCP', { toRelays: { latencyMs: 20, jitterMs: 10 } }, { faults: slots, loses: true }),
  model('one path 450 ms slower', { paths: between(encoders, 'relay-2', { latencyMs: 460 }) }),
  model('a link of 160 kbit/s', { toRelays: { bitsPerSecond: 160_000 } }),
  model('5 frames a write', { encoders: { framesPerWrite: 5 } }),
  model('20 frames a write', { encoders: { framesPerWrite: 20 } }),
  model('pulled, 1 s a write', { encoders: { framesPerWrite: 39 } }),
  model('pulled, 1.6 s ± 0.4 s a write', { encoders: { framesPerWrite: 60, jitterMs: 400 } }),
  model('pulled, 2.7 s a write', { encoders: { framesPerWrite: 103 } }),
];

interface Kind {
  readonly relays?: readonly string[];
  readonly overUdp?: boolean;
  readonly encoders?: Partial<Pick<EncoderSpec, 'jitterMs' | 'framesPerWrite'>>;
  readonly toRelays?: Partial<Conditions>;
  readonly everywhere?: Partial<Conditions>;
  readonly paths?: readonly PathSpec[];
}

function model(name: string, kind: Kind, others: Partial<Omit<PathModel, 'name' | 'topology'>> = {}): PathModel {
  const to = kind.relays ?? relays;
  const whole = station({ ...kind.encoders, to: kind.overUdp === true ? to.map(udp) : to.map((relay) => ({ relay, transport: 'tcp' })) });
  const edges = whole.edges.map((edge) => ({ ...edge, relays: to }));
  const paths = [
    ...between([...encoders, 'edge'], relays, kind.everywhere ?? {}),
    ...between(encoders, relays, kind.toRelays ?? {}),
    ...(kind.paths ?? []),
  ];
  // Nobody has to listen.
  return { name, topology: { ...whole, edges, paths, listeners: [] }, ...others };
}

/** Every 15 s, for 100 to 500 ms, a third to a half of all packets is lost, on both ways at once. */
function slots({ random, durationS }: Plan): Fault[] {
  const draw = random('slots');
  const faults: Fault[] = [];
  for (let atS = SLOT_S; atS < durationS; atS += SLOT_S) {
    const share = drawn(draw, 0.3, 0.5);
    faults.push(
      at(atS).change(encoders, relays, { loss: { share, burst: 2 } }),
      at(atS + drawn(draw, 0.1, 0.5)).change(encoders, relays, { loss: { share: 0, burst: 1 } }),
    );
  }
  return faults;
}
