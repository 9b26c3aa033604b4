import type { SettingName, Settings } from '../../../core/config/settings.ts';
import { hopsOf, lifelinesToListener } from '../../world/lifeline.ts';
import { aac, mp3, type ModelFormat } from '../../programme/model-frame.ts';
import { pick, type Random } from '../../world/rng.ts';
import {
  between as pathsBetween,
  edge,
  encoder,
  listener,
  relay,
  udp,
  type EdgeSpec,
  type EncoderSpec,
  type ListenerSpec,
  type PathSpec,
  type RelaySpec,
  type Target,
  type Topology,
} from '../../world/topology.ts';
import { chance, someOf, weighted, whole } from './draws.ts';
import { listenersAt } from '../../run/whole.ts';

const mounts = ['live', 'talk', 'jazz'];

/** Draws who is there: mostly few, so that a seed is cheap, and so that what is left matters when something breaks. */
export function drawStation(random: Random): Topology {
  const relays = drawRelays(random);
  const names = relays.map(({ name }) => name);
  const edges = range(weighted(random, [0, 60, 30, 10])).map((n): EdgeSpec => edge(`edge-${n}`, someOf(random, names, 0.7)));
  const onAir = mounts.slice(0, weighted(random, [0, 65, 25, 10]));
  const encoders = onAir.flatMap((mount) => drawEncoders(random, mount, names));
  const listeners = range(whole(random, 1, 6)).map((n): ListenerSpec =>
    listener(`listener-${n}`, pick(random, edges).name, {
      mount: pick(random, onAir),
      bufferMs: pick(random, [500, 1_000, 1_000, 3_000]),
      joinsAtS: whole(random, 2, 15),
    }),
  );
  const bare = { encoders: served(encoders, edges, listeners), relays, edges, listeners };
  return { ...bare, paths: drawPaths(random, bare), settings: drawSettings(random, bare) };
}

function drawRelays(random: Random): RelaySpec[] {
  const names = range(weighted(random, [0, 15, 50, 20, 15])).map((n) => `relay-${n}`);
  return names.map((name, index) => {
    // Chains follow earlier ones; now and then two follow one another.
    const others = chance(random, 0.1) ? names.filter((other) => other !== name) : names.slice(0, index);
    return relay(name, { upstream: others.filter(() => chance(random, 0.25)) });
  });
}

function drawEncoders(random: Random, mount: string, relays: readonly string[]): EncoderSpec[] {
  const format = drawFormat(random);
  return range(weighted(random, [0, 20, 50, 20, 10])).map((n): EncoderSpec => {
    const targets = someOf(random, relays, 0.6).flatMap((to): (string | Target)[] => {
      if (chance(random, 0.08)) return [to, udp(to)];
      return [chance(random, 0.3) ? udp(to) : to];
    });
    return encoder(`${mount}-${n}`, targets, {
      mount,
      // Frames of another codec cannot follow those on air: such a backup is refused.
      format: chance(random, 0.1) ? drawFormat(random) : format,
      feedDelayMs: chance(random, 0.3) ? whole(random, 1, 1_500) : 0,
      jitterMs: pick(random, [0, 5, 5, 30, 150]),
      framesPerWrite: pick(random, [1, 1, 1, 2, 5, 20]),
      startsAtS: chance(random, 0.2) ? whole(random, 3, 15) : whole(random, 0, 20) / 10,
      ...(chance(random, 0.2) ? { ppm: whole(random, -200, 200) } : {}),
    });
  });
}

function drawFormat(random: Random): ModelFormat {
  return chance(random, 0.65) ? mp3(pick(random, [32, 64, 96, 128, 192, 320, 320])) : aac(pick(random, [32, 48, 96, 192]));
}

/** The first listener can be served, as long as nothing breaks. */
function served(encoders: readonly EncoderSpec[], edges: readonly EdgeSpec[], listeners: readonly ListenerSpec[]): EncoderSpec[] {
  const { edge: at, mount } = listeners[0]!;
  const [entrance] = edges.find(({ name }) => name === at)!.relays;
  const [first] = encoders.filter((each) => each.mount === mount);
  return encoders.map((each) => {
    if (each !== first || each.to.some((target) => target.relay === entrance)) return each;
    return { ...each, to: [...each.to, { relay: entrance!, transport: 'tcp' }] };
  });
}

function drawPaths(random: Random, topology: Topology): PathSpec[] {
  return hopsOf(topology).flatMap(([a, b]) => {
    const latencyMs = whole(random, 1, 80);
    const lossy = chance(random, 0.1) ? { loss: { share: whole(random, 1, 50) / 1_000, burst: whole(random, 1, 6) } } : {};
    return pathsBetween(a, b, { latencyMs, jitterMs: whole(random, 0, 20), ...lossy });
  });
}

/** Bounds so small that they are reached. What has to go through them still can. */
function drawSettings(random: Random, topology: Topology): Partial<Settings> {
  const { encoders, relays, edges } = topology;
  const small: [SettingName, () => number][] = [
    ['windowMessages', () => pick(random, [192, 256])],
    ['windowBytes', () => 65_536],
    ['ringMs', () => pick(random, [500, 1_000, 3_000])],
    ['ringBytes', () => 65_536],
    ['historyMs', () => pick(random, [1_000, 3_000])],
    ['historyBytes', () => 1_048_576],
    ['targetKeepMs', () => pick(random, [100, 1_000, 3_000])],
    ['targetKeepBytes', () => 65_536],
    ['targetInFlightBytes', () => 4_096],
    ['subscriberInFlightBytes', () => 65_536],
    ['subscriberCutMs', () => pick(random, [100, 1_000])],
    ['listenerQueueBytes', () => pick(random, [16_384, 65_536])],
    ['burstMs', () => pick(random, [0, 500, 10_000])],
    ['gapMaxMs', () => pick(random, [100, 500, 10_000])],
    ['mountEndMs', () => pick(random, [1_000, 3_000])],
    ['matchMs', () => 3_000],
    ['cadenceSpanMs', () => 1_000],
    // Room for everybody who is there, and for few who are still thought to be.
    ['maxListeners', () => fewestPlaces(topology)],
    ['maxSubscribers', () => most(relays.map(({ name }) => [...relays.map(({ upstream }) => upstream), ...edges.map((each) => each.relays)].filter((from) => from.includes(name)).length))],
    ['maxPaths', () => encoders.length + relays.length + 1],
    ['maxStreams', () => encoders.length + 1],
    ['maxUnannouncedStreams', () => encoders.length],
  ];
  const changed = chance(random, 0.6) ? small.filter(() => chance(random, 0.25)) : [];
  // Whoever forgets a stream while its messages are still kept, or on their way, takes those for new.
  const shortMemory = chance(random, 0.1) ? { targetKeepMs: 1_000, historyMs: 1_000, forgetMs: 8_000 } : {};
  return { ...Object.fromEntries(changed.map(([name, value]) => [name, value()])), ...shortMemory };
}

/** One too few for the edge with the most listeners, as long as somebody at another edge can be served. */
function fewestPlaces(topology: Topology): number {
  const crowd = most(topology.edges.map(({ name }) => listenersAt(topology, name)));
  const isElsewhere = topology.listeners.some((each) => listenersAt(topology, each.edge) < crowd && lifelinesToListener(topology, each).length > 0);
  return isElsewhere ? crowd - 1 : crowd;
}

function most(counts: readonly number[]): number {
  return Math.max(1, ...counts);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

