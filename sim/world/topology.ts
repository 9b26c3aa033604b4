import type { EdgeWish } from '../../core/edge/edge.ts';
import type { MountPolicies } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import { mp3, type ModelFormat } from '../programme/model-frame.ts';
import type { Conditions } from './path.ts';

/** Who is there, and how they are connected. */
export interface Topology {
  readonly encoders: readonly EncoderSpec[];
  readonly relays: readonly RelaySpec[];
  readonly edges: readonly EdgeSpec[];
  readonly listeners: readonly ListenerSpec[];
  /** Paths that are not ordinary: later ones override earlier ones. */
  readonly paths?: readonly PathSpec[];
  /** For every machine. */
  readonly settings?: Partial<Settings>;
  /** By the names that policies have them by. */
  readonly files?: Readonly<Record<string, FileSpec>>;
  /** Relays take TCP connections only from those who have a key: each encoder has one for its mountpoints. Hostile peers have good ones, too, for mountpoints of their own. */
  readonly hasKeys?: boolean;
  /** Those who mean harm, or are broken. */
  readonly hostile?: readonly HostileSpec[];
}

/** What a hostile peer does to its relay: see `sim/swarm/draw/hostile.ts`. */
export type HostileKind = 'noise' | 'garbled' | 'replays' | 'deaf' | 'mute' | 'crowd' | 'ids' | 'extremes' | 'far' | 'thief' | 'stranger' | 'unpaced' | 'trespasser' | 'flood' | 'edge-key';

export interface HostileSpec {
  readonly name: string;
  readonly kind: HostileKind;
  readonly relay: string;
  readonly startsAtS: number;
  /** It forges what others have sent at any time, also at a relay that was just started: only keys help against that. */
  readonly isBold?: boolean;
  /** Of what it is after, and of its own audio. */
  readonly mount: string;
  readonly format: ModelFormat;
}

/** A file of audio that is no part of the programme. */
export interface FileSpec {
  readonly format: ModelFormat;
  readonly frames: number;
}

export interface EncoderSpec {
  readonly name: string;
  readonly mount: string;
  /** Further mountpoints that the process carries, by the same connections, each with a stream of the programme of its own. */
  readonly also?: readonly string[];
  readonly to: readonly Target[];
  readonly format: ModelFormat;
  /** How far its sample clock is off; drawn from ±30 when not given. */
  readonly ppm?: number;
  /** How much later than the others it gets the programme. */
  readonly feedDelayMs: number;
  /** From the last sample of a frame to its bytes; drawn from 20 to 50 when not given. */
  readonly delayMs?: number;
  readonly jitterMs: number;
  /** It writes so many frames at once. */
  readonly framesPerWrite: number;
  /** It is fed without a clock: so many times faster than the programme is made. What it has is from a file, and runs ahead of the others. */
  readonly timesTooFast?: number;
  readonly startsAtS: number;
  /** It says another title after every so many frames; always the same one when not given. */
  readonly titleEveryFrames?: number;
  /** It does not say when its audio was recorded, as the original does not; where segments are made. */
  readonly saysNoTime?: boolean;
  /** It signs what it sends. */
  readonly signs?: boolean;
  /** It does not belong to the station: it has another programme. */
  readonly stranger?: StrangerSpec;
  /** It has no audio of its own, but pulls a server's mountpoint: its frames are the server's, and so are those of others that pull it. */
  readonly pulls?: Pull;
}

export interface StrangerSpec {
  /** What it calls itself: as an encoder of the station, say. Its host's name when not given. */
  readonly origin?: string;
  /** It sends the next messages of this encoder's stream, instead of a stream of its own. */
  readonly impersonates?: string;
}

/** The first encoder that names a server says when that pauses: its own source gives it nothing for so long, and goes on where it was. */
export interface Pull {
  readonly server: string;
  readonly burstMs: number;
  readonly pauses?: readonly { readonly fromS: number; readonly forS: number }[];
}

export interface Target {
  readonly relay: string;
  readonly transport: 'tcp' | 'udp';
}

export interface RelaySpec {
  readonly name: string;
  /** Relays that it subscribes to. */
  readonly upstream: readonly string[];
  /** Which mountpoints it takes in of these; all, unless given. */
  readonly mounts?: readonly string[];
}

export interface EdgeSpec {
  readonly name: string;
  readonly relays: readonly string[];
  /** What is wanted of single mountpoints there. */
  readonly policies?: MountPolicies;
  /** Which mountpoints it takes in; all, unless given. */
  readonly wish?: EdgeWish;
}

export interface ListenerSpec {
  readonly name: string;
  readonly edge: string;
  readonly mount: string;
  readonly bufferMs: number;
  readonly joinsAtS: number;
  /** How fast it takes what its connection has for it; Infinity: as it comes. */
  readonly readsBitsPerSecond: number;
  /** Its player shows titles. */
  readonly wantsIcy?: boolean;
}

export interface PathSpec {
  readonly from: string;
  readonly to: string;
  readonly changes: Partial<Conditions>;
}

/** An encoder of 128 kbit/s MP3, on /live, unless said otherwise. Targets are relays' names, by TCP, or `udp(…)`. */
export function encoder(
  name: string,
  to: readonly (string | Target)[],
  others: Partial<Omit<EncoderSpec, 'name' | 'to'>> = {},
): EncoderSpec {
  const targets = to.map((target): Target => (typeof target === 'string' ? { relay: target, transport: 'tcp' } : target));
  return { name, mount: 'live', format: mp3(), feedDelayMs: 0, jitterMs: 5, framesPerWrite: 1, startsAtS: 0, ...others, to: targets };
}

/** The mountpoints that an encoder carries. */
export function mountsOf({ mount, also = [] }: EncoderSpec): readonly string[] {
  return [mount, ...also];
}

export function udp(relay: string): Target {
  return { relay, transport: 'udp' };
}

export function relay(name: string, { upstream = [], ...others }: Partial<Omit<RelaySpec, 'name'>> = {}): RelaySpec {
  return { name, upstream, ...others };
}

export function edge(name: string, relays: readonly string[], others: Partial<Omit<EdgeSpec, 'name' | 'relays'>> = {}): EdgeSpec {
  return { name, relays, ...others };
}

/** A player with a second of buffer that joins when everything has been running for a while. */
export function listener(name: string, at: string, others: Partial<Omit<ListenerSpec, 'name' | 'edge'>> = {}): ListenerSpec {
  return { name, edge: at, mount: 'live', bufferMs: 1_000, joinsAtS: 6, readsBitsPerSecond: Infinity, ...others };
}

/** Both directions between each of `these` and each of `those`. */
export function between(these: string | readonly string[], those: string | readonly string[], changes: Partial<Conditions>): PathSpec[] {
  return [these].flat().flatMap((a) =>
    [those].flat().flatMap((b) => [
      { from: a, to: b, changes },
      { from: b, to: a, changes },
    ]),
  );
}

/**
 * The smallest redundant station: two encoders, each to two relays, and an edge that takes in both. The first encoder
 * starts earlier, so it is the one on air.
 */
export function station(encoders: Partial<Omit<EncoderSpec, 'name' | 'startsAtS'>> = {}): Topology {
  const relays = ['relay-1', 'relay-2'];
  const encoderAt = (name: string, startsAtS: number): EncoderSpec => encoder(name, encoders.to ?? relays, { ...encoders, startsAtS });
  return {
    encoders: [encoderAt('enc-a', 0), encoderAt('enc-b', 1)],
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays)],
    listeners: [listener('listener', 'edge')],
  };
}

/** Every host of a topology. */
export function hostNames({ encoders, relays, edges, listeners }: Topology): string[] {
  return [...encoders, ...relays, ...edges, ...listeners].map(({ name }) => name);
}
