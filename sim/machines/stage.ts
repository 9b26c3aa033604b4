import { streamFields } from '../../core/edge/events.ts';
import { formatStreamId } from '../../core/wire/pdu.ts';
import type { RecordedRole } from '../../core/recording/file/format.ts';
import type { Recorder } from '../../core/recording/recorder.ts';
import type { PeerRights } from '../../core/links/peers/peer.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Segment } from '../../core/edge/segments/segment.ts';
import type { Micros } from '../../core/base/units.ts';
import type { Feed } from '../programme/feed.ts';
import type { Sending } from './hostile/impostor.ts';
import type { Host } from '../world/host.ts';
import type { MountServer } from './encoder/mount-server.ts';
import type { Network } from '../world/network.ts';
import type { Oracle } from '../oracle/oracle.ts';
import type { ModelStream, Programme } from '../programme/programme.ts';
import type { Dice } from '../world/rng.ts';
import type { Trace } from '../world/trace.ts';
import type { World } from '../world/world.ts';

/** What all processes of a simulation share. */
export interface Stage {
  readonly world: World;
  readonly dice: Dice;
  readonly network: Network;
  readonly trace: Trace;
  readonly programme: Programme;
  readonly oracle: Oracle;
  readonly settings: Settings;
  readonly cast: Cast;
  /** Of the encoder with that name, whether it is running or not. */
  feed(encoder: string): Feed;
  /** By the name that encoders pull it by. */
  server(name: string): MountServer;
  /** What a file has in it that mountpoints can have as their fallback. */
  file(name: string): ModelStream;
  host(name: string): Host;
  /** Records what happens to a machine, if it is to be. */
  recorderFor(host: string, role: RecordedRole): Recorder | undefined;
  /** Somebody sets titles in this run: relays say that they read what subscribers say, and what edges show is noted. */
  readonly setsTitles: boolean;
  /** Somebody does not take in everything: relays say that they read what is wanted of them. */
  readonly hasWishes: boolean;
  /** What the key of a host allows, by its name; undefined: nobody has keys. */
  readonly rightsOf: ((host: string) => KeyRights) | undefined;
  /** Whether somebody who means harm runs on a host. */
  isHostile(host: string): boolean;
  /** Encoders that sign what they send. */
  readonly signers: readonly string[];
  /** Is told of every frame that an edge gives out, at the world's time. */
  readonly onAir: OnAir | undefined;
  /** Is told of every segment that an edge makes. */
  readonly onSegment: OnSegment | undefined;
  /** And of every part of one. */
  readonly onPart: OnSegment | undefined;
}

/** Is told of each segment that an edge makes of a mountpoint; undefined: there are no more that go on from the last one. */
export type OnSegment = (edge: string, mount: string, segment: Segment | undefined) => void;

/** The key of an edge is no good where streams come in. */
export interface KeyRights extends PeerRights {
  readonly role: 'encoder' | 'edge';
}

/** The mountpoint of hostile peers that have keys. */
export const THEIRS = 'theirs';

/** Is told of each frame that a mountpoint gives out, and its length. */
export type OnAir = (now: Micros, mount: string, durationUs: number) => void;

/** Who goes by which stream id, and who has been put on air by which edge for what reason. */
export class Cast {
  readonly #byId = new Map<string, ModelStream>();
  readonly #switches = new Map<string, string>();
  readonly #fallbacks = new Set<string>();
  readonly #sending = new Map<string, Sending>();

  add(id: Uint8Array, stream: ModelStream): void {
    this.#byId.set(formatStreamId(id), stream);
  }

  /** An encoder has been started, and sends this. */
  sends(encoder: string, sending: Sending): void {
    this.#sending.set(encoder, sending);
  }

  /** What an encoder sends, or sent last; undefined before it was started. */
  sendingOf(encoder: string): Sending | undefined {
    return this.#sending.get(encoder);
  }

  switched(edge: string, to: string, reason: string): void {
    this.#switches.set(`${edge} ${to}`, reason);
  }

  /** Of the latest switch of that edge to that stream. */
  whySwitched(edge: string, to: string): string | undefined {
    return this.#switches.get(`${edge} ${to}`);
  }

  /** The fallback of that mountpoint has been put on air. */
  fellBack(edge: string, mount: string): void {
    this.#fallbacks.add(`${edge} ${mount}`);
  }

  /** 'fallback' where that has happened. */
  fallbackOf(edge: string, mount: string): string | undefined {
    return this.#fallbacks.has(`${edge} ${mount}`) ? 'fallback' : undefined;
  }

  /** A stream by the name of the encoder that made it. */
  nameOf(id: string): string {
    return this.#byId.get(id)?.name ?? id;
  }

  /** A machine's event as people want to read it: streams by the name of the encoder that made them. */
  readable(event: { readonly kind: string }): { readonly kind: string; readonly fields: Record<string, unknown> } {
    const { kind, ...fields } = event as { kind: string } & Record<string, unknown>;
    for (const [key, ...namesBeside] of streamFields) {
      const stream = this.#byId.get(String(fields[key]));
      if (stream === undefined) continue;
      fields[key] = stream.name;
      // That says the same.
      for (const name of namesBeside) delete fields[name];
    }
    return { kind, fields };
  }
}
