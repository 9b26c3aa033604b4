import { at, type Fault } from '../run/fault.ts';
import type { Scenario } from '../run/scenario.ts';
import { aac, mp3 } from '../programme/model-frame.ts';
import { between, Dice, exponential, pick, type Random } from '../world/rng.ts';
import { edge, encoder, relay, udp, type Topology } from '../world/topology.ts';

/** A station whose edges make segments, and what happens to it. */
export interface AgreementScenario extends Scenario {
  readonly faults: readonly Fault[];
  /** One thing goes wrong at a time, and never what all of something come by. */
  readonly isCalm: boolean;
  /** How many of its encoders say no time, as the original does not. */
  readonly originals: number;
}

const DURATION_S = 180;
/** By then edges know which streams carry the same programme. */
const FAULTS_FROM_S = 30;
const FAULTS_UNTIL_S: number = DURATION_S - 20;
/** Until everything is as before behind a fault: edges have forgotten nobody, or have seen again that he carries the same. */
const REST_S = 15;
const MEAN_PAUSE_S = 8;
const FALLBACK = 'back-soon';

/** Draws a station with two or three encoders, two relays, and two or three edges that subscribe to both, from a seed. */
export function drawAgreement(seed: number): AgreementScenario {
  const random = new Dice(seed).stream('agreement');
  const isCalm = random() < 0.7;
  const drawn = drawOriginals(new Dice(seed).stream('originals'), drawTopology(random));
  const faults = drawFaults(random, drawn, isCalm);
  const fallback = new Dice(seed).stream('fallback');
  const topology = fallback() < 0.25 ? withFallback(fallback, drawn) : drawn;
  return {
    name: `agreement-${seed}`,
    story: isCalm ? 'One thing after the other goes wrong at a station whose edges make segments.' : 'Several things at once go wrong at a station whose edges make segments.',
    durationS: DURATION_S,
    topology,
    faults: topology.files === undefined ? faults : killingAll(faults, drawn),
    expect: [],
    isCalm,
    originals: topology.encoders.filter(({ saysNoTime }) => saysNoTime === true).length,
  };
}

/** Half of all stations have none, a quarter nothing else. */
function drawOriginals(random: Random, topology: Topology): Topology {
  const share = pick(random, [0, 0, 0.5, 1]);
  return { ...topology, encoders: topology.encoders.map((one) => (random() < share ? { ...one, saysNoTime: true } : one)) };
}

/** A file is heard where the mountpoint has nothing. */
function withFallback(random: Random, topology: Topology): Topology {
  const format = topology.encoders[0]!.format.codec === 'mp3' ? mp3(pick(random, [64, 128, 192])) : aac();
  const policy = { fallback: { file: FALLBACK } };
  return {
    ...topology,
    files: { [FALLBACK]: { format, frames: Math.round(between(random, 60, 400)) } },
    edges: topology.edges.map((one) => ({ ...one, policies: { live: { ...one.policies!['live'], ...policy } } })),
  };
}

/** It is heard only where all encoders are gone: they fail together. */
function killingAll(faults: readonly Fault[], { encoders }: Topology): readonly Fault[] {
  return faults.flatMap((fault) => {
    const isOfEncoder = (fault.kind === 'kill' || fault.kind === 'restart') && encoders.some(({ name }) => name === fault.host);
    return isOfEncoder ? encoders.map(({ name }) => ({ ...fault, host: name })) : [fault];
  });
}

function drawTopology(random: Random): Topology {
  const relays = ['relay-1', 'relay-2'];
  const isUdp = random() < 0.3;
  const format = random() < 0.7 ? mp3() : aac();
  const encoders = ['enc-a', 'enc-b', 'enc-c'].slice(0, random() < 0.7 ? 2 : 3).map((name, place) =>
    encoder(name, isUdp ? relays.map(udp) : relays, {
      format,
      startsAtS: place * between(random, 0.3, 2),
      feedDelayMs: random() < 0.3 ? Math.round(between(random, 0, 400)) : 0,
      titleEveryFrames: Math.round(between(random, 200, 2_000)),
    }));
  const trust = random() < 0.5 ? 'all' : 'content';
  const edges = ['edge-1', 'edge-2', 'edge-3'].slice(0, random() < 0.7 ? 2 : 3).map((name) => edge(name, relays, { policies: { live: { trust } } }));
  const hosts = [...encoders.map(({ name }) => name), ...edges.map(({ name }) => name)];
  const paths = hosts.flatMap((host) => relays.flatMap((one) => {
    const changes = { latencyMs: Math.round(between(random, 2, 80)), jitterMs: Math.round(between(random, 0, 15)), loss: { share: random() < 0.3 ? between(random, 0, 0.01) : 0, burst: 2 } };
    return [{ from: host, to: one, changes }, { from: one, to: host, changes }];
  }));
  return { encoders, relays: relays.map((name) => relay(name)), edges, listeners: [], paths, settings: { hlsSegmentMs: pick(random, [2_000, 4_000, 6_000]) } };
}

function drawFaults(random: Random, topology: Topology, isCalm: boolean): readonly Fault[] {
  const faults: Fault[] = [];
  for (let fromS = FAULTS_FROM_S; ; ) {
    fromS = rounded(fromS + exponential(random, MEAN_PAUSE_S));
    if (fromS >= FAULTS_UNTIL_S) return faults;
    const untilS = rounded(Math.min(fromS + between(random, 0.3, 12), FAULTS_UNTIL_S));
    faults.push(...drawFault(random, topology, fromS, untilS));
    if (isCalm) fromS = untilS + REST_S;
  }
}

function drawFault(random: Random, { encoders, relays, edges }: Topology, fromS: number, untilS: number): readonly Fault[] {
  const names = (hosts: readonly { readonly name: string }[]): string[] => hosts.map(({ name }) => name);
  const [anEncoder, aRelay, anEdge] = [encoders, relays, edges].map((hosts) => pick(random, names(hosts))) as [string, string, string];
  const everyHost = [...names(encoders), ...names(edges)];
  switch (pick(random, ['encoder', 'encoder', 'frozen', 'relay', 'relay', 'edge', 'edge', 'cut', 'cut', 'loss'] as const)) {
    case 'encoder':
      return [at(fromS).kill(anEncoder), at(untilS).restart(anEncoder)];
    case 'frozen':
      return [at(fromS).freeze(anEncoder), at(untilS).thaw(anEncoder)];
    case 'relay':
      return [at(fromS).kill(aRelay), at(untilS).restart(aRelay)];
    case 'edge':
      return [at(fromS).kill(anEdge), at(untilS).restart(anEdge)];
    case 'cut': {
      const host = pick(random, everyHost);
      return [at(fromS).cut(host, aRelay), at(untilS).heal(host, aRelay)];
    }
    case 'loss':
      return [at(fromS).change(everyHost, names(relays), { loss: { share: 0.02, burst: 2 } }), at(untilS).change(everyHost, names(relays), { loss: { share: 0, burst: 1 } })];
  }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
