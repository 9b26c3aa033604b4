import { policyFor, type MountPolicies } from '../../core/config/mount-policy.ts';
import { mountpointProblem } from '../../core/wire/messages/announce.ts';
import { addressOf, originProblem } from '../../core/wire/messages/extensions.ts';
import type { HeaderList } from '../../core/wire/messages/headers.ts';
import type { Settings } from '../../core/config/settings.ts';
import { Mountpoint, type StreamMount } from '../encoder/mountpoint.ts';
import type { StreamWay } from '../encoder/uplink.ts';
import type { SourceAuthConfig } from '../icecast/auth-service/source-auth.ts';
import type { Log } from '../log/log.ts';
import type { SourceMount, SourceMounts } from '../encoder/source/push/connections.ts';
import type { SourceApi, SourceInfo, SourceSink } from '../encoder/source/source.ts';

/** What is wanted of the sources of one mountpoint; what is not given is as for all others. */
export interface StationMount {
  /** What source clients are called; "source", unless given. */
  readonly user?: string | undefined;
  /** Of source clients. */
  readonly password?: string | undefined;
  /** A web service that knows its source clients, or is told when it has any. */
  readonly auth?: SourceAuthConfig | undefined;
  /** What its encoder is called; that of a second source at the same time has a number behind it. */
  readonly origin?: string | undefined;
  readonly title?: string | undefined;
  readonly headers?: HeaderList | undefined;
}

export interface StationSources {
  /** Of source clients; without one they are accepted from this machine only. */
  readonly password?: string | undefined;
  /** What this station is called: each source is called by it and by its own address. */
  readonly origin?: string | undefined;
  readonly title: string;
  readonly headers: HeaderList;
  /** By name. */
  readonly mounts: ReadonlyMap<string, StationMount>;
  /** The names that source clients may use; any, unless given. */
  readonly only?: ReadonlySet<string> | undefined;
}

export interface StationMountsOptions {
  readonly sources: StationSources;
  /** What is wanted of single mountpoints at present. */
  readonly policies?: (() => MountPolicies | undefined) | undefined;
  readonly way: StreamWay;
  readonly settings: Settings;
  readonly log: Log;
}

/** A place for one source at a time, with what outlasts it: its name, its pace, and what it has sent, which it must not send again. */
interface Place {
  readonly name: string;
  /** Its origin, unless that is none. */
  readonly called: string;
  readonly mountpoint: Mountpoint;
  isTaken: boolean;
}

/** Places without a source that are kept for when theirs comes back; of more, those that were left first are forgotten. */
const MAX_FREE_PLACES = 64;

/** The mountpoints of a station: each is there as soon as a source sends to it, and takes in several at a time. */
export class StationMounts implements SourceMounts {
  readonly #options: StationMountsOptions;
  #sources: StationSources;
  #begun = 0;
  /** By mountpoint and origin, in the order in which they were taken or left. */
  readonly #places = new Map<string, Place>();

  constructor(options: StationMountsOptions) {
    this.#options = options;
    this.#sources = options.sources;
  }

  get passwords(): readonly string[] {
    const { password, mounts } = this.#sources;
    return [password, ...[...mounts.values()].map((mount) => mount.password)].filter((one) => one !== undefined);
  }

  /** For the sources that begin from now on. */
  change(sources: StationSources): void {
    this.#sources = sources;
    for (const { mountpoint, name, called } of this.#places.values()) mountpoint.change(this.#streamOf(name, called));
  }

  find(named: string | undefined): SourceMount | undefined {
    const name = named?.replace(/^\//, '');
    if (name === undefined || mountpointProblem(name) !== undefined) return undefined;
    const { password, mounts, only } = this.#sources;
    if (only !== undefined && !only.has(name)) return undefined;
    const authTimeoutMs = policyFor(name, this.#options.policies?.())?.settings?.listenerAuthTimeoutMs;
    return { name, user: mounts.get(name)?.user, password: mounts.get(name)?.password ?? password, auth: mounts.get(name)?.auth, authTimeoutMs, api: this.api(name) };
  }

  problemOf(name: string): string | undefined {
    const problem = mountpointProblem(name);
    if (problem !== undefined) return problem;
    return this.#sources.only?.has(name) === false ? 'it is not among those of --mount' : undefined;
  }

  /** Where the sources of a mountpoint begin, whoever they are. */
  api(name: string): SourceApi {
    return { begin: (info) => this.#begin(name, info) };
  }

  /** How many sources there have been. */
  get begun(): number {
    return this.#begun;
  }

  #begin(name: string, info: SourceInfo): SourceSink {
    this.#begun++;
    const [key, place] = this.#placeFor(name, info.from);
    place.isTaken = true;
    this.#keep(key, place);
    const sink = place.mountpoint.begin(info);
    return {
      get hasFrames() {
        return sink.hasFrames;
      },
      audio: (bytes) => sink.audio(bytes),
      title: (title) => sink.title(title),
      metadata: (text) => sink.metadata(text),
      end: (reason) => {
        place.isTaken = false;
        this.#keep(key, place);
        sink.end(reason);
      },
    };
  }

  /** The first free one of this source's address, or a new one. */
  #placeFor(name: string, from: string): readonly [key: string, place: Place] {
    const { origin, mounts } = this.#sources;
    const address = addressOf(from);
    const base = mounts.get(name)?.origin ?? (origin === undefined ? address : `${origin}/${address}`);
    for (let number = 1; ; number++) {
      const called = number === 1 ? base : `${base}/${number}`;
      const key = JSON.stringify([name, called]);
      const place = this.#places.get(key) ?? this.#newPlace(name, called);
      if (!place.isTaken) return [key, place];
    }
  }

  #newPlace(name: string, called: string): Place {
    const { way, settings, log } = this.#options;
    return { name, called, mountpoint: new Mountpoint(this.#streamOf(name, called), { way, settings, log }), isTaken: false };
  }

  #streamOf(name: string, called: string): StreamMount {
    const sources = this.#sources;
    const { title = sources.title, headers = [] } = sources.mounts.get(name) ?? {};
    const origin = originProblem(called) === undefined ? called : undefined;
    return { name, origin, title, headers: [...headers, ...sources.headers] };
  }

  #keep(key: string, place: Place): void {
    this.#places.delete(key);
    this.#places.set(key, place);
    const free = [...this.#places].filter(([, { isTaken }]) => !isTaken);
    for (const [oldest] of free.slice(0, -MAX_FREE_PLACES)) this.#places.delete(oldest);
  }
}
