import type net from 'node:net';
import { formatPeer } from '../../../net/addresses/address.ts';
import type { HeaderList } from '../../../../core/wire/messages/headers.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';
import type { SourceAuthConfig } from '../../../icecast/auth-service/source-auth.ts';
import type { Client } from '../../../http/callers/client.ts';
import { finish } from '../../../http/message/reply.ts';
import type { SourceApi, SourceFlow, SourceSink } from '../source.ts';
import { SteadyTimers, type SteadyTimer } from '../../../process/time/steady-timers.ts';
import type { TakeBytes } from '../../../net/tcp.ts';

/** A mountpoint that source clients push. */
export interface SourceMount {
  /** Without its leading slash. */
  readonly name: string;
  /** Of its source clients; "source", unless given. */
  readonly user?: string | undefined;
  /** Without one, sources are taken from this machine only, with any password. */
  readonly password: string | undefined;
  /** A web service that knows its source clients, or is told when it has any. */
  readonly auth?: SourceAuthConfig | undefined;
  /** That this has to answer; that of the settings, unless given. */
  readonly authTimeoutMs?: number | undefined;
  readonly api: SourceApi;
}

/** The mountpoints that source clients push at one port. */
export interface SourceMounts {
  /** The one that a client calls by this name; undefined when there is none. */
  find(name: string | undefined): SourceMount | undefined;
  /** Why there can be none of this name, in a sentence; undefined where there could be. */
  problemOf(name: string): string | undefined;
  /** Of all of them. */
  readonly passwords: readonly string[];
}

/** Takes what came of a body and gives its audio on; says why when the body is over, or is not supported. */
export type ReadBody = (bytes: Uint8Array) => string | undefined;

export interface NewConnection {
  readonly mount: SourceMount;
  /** Paused. */
  readonly socket: net.Socket;
  readonly client: Client;
  readonly headers: HeaderList;
  /** What it calls itself; undefined: nothing. */
  readonly agent: string | undefined;
  /** What the client is told: go on. */
  readonly welcome: string;
  readonly makeReader: (audio: (bytes: Uint8Array) => string | undefined) => ReadBody;
  /** What came behind the head. */
  readonly rest: Uint8Array;
}

interface Current {
  readonly mount: SourceMount;
  readonly socket: net.Socket;
  readonly address: string;
  readonly agent: string | undefined;
  readonly sink: SourceSink;
  readonly silence: SteadyTimer;
  heardAt: Micros;
  /** It is we who do not read it. */
  isHeldUp: boolean;
}

/** A mountpoint has its first source, which has connected to this port; or it has none any more. */
export type HasSource = (mount: SourceMount, isThere: boolean, port?: number) => void;

export interface ConnectionLimits {
  /** Sources of one mountpoint at a time. */
  readonly perMount: number;
}

/** Why a mountpoint takes no further source, in the words that its client is told. */
export const refusalTexts = { 'in-use': 'Mountpoint in use', 'too-many': 'Too many sources connected' } as const;

/** The connections of source clients, by the names of their mountpoints. */
export class SourceConnections {
  readonly #settings: Settings;
  readonly #limits: ConnectionLimits;
  readonly #timers: SteadyTimers;
  readonly #hasSource: HasSource;
  readonly #current = new Map<string, Set<Current>>();
  #size = 0;
  #begun = 0;

  /** @param hasSource told when a mountpoint has its first source, and when it has none any more. */
  constructor(settings: Settings, limits: ConnectionLimits, hasSource: HasSource) {
    this.#settings = settings;
    this.#limits = limits;
    this.#hasSource = hasSource;
    this.#timers = new SteadyTimers(settings);
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** How many there have been. */
  get begun(): number {
    return this.#begun;
  }

  /** The mountpoint of all sources that there are; undefined when there is none, or when they are of several. */
  get onlyMount(): SourceMount | undefined {
    if (this.#current.size !== 1) return undefined;
    const [[only] = []] = [...this.#current.values()].map((sources) => [...sources]);
    return only?.mount;
  }

  /** What the sources of a mountpoint are given titles by. */
  sinksOf({ name }: SourceMount): readonly SourceSink[] {
    return [...(this.#current.get(name) ?? [])].map(({ sink }) => sink);
  }

  /** What the sources of a mountpoint that come from this address call themselves; undefined where there is none, and where they differ. */
  agentOf(mount: string, address: string): string | undefined {
    const agents = new Set([...(this.#current.get(mount) ?? [])].filter((current) => current.address === address).map(({ agent }) => agent));
    return agents.size === 1 ? [...agents][0] : undefined;
  }

  /** Why a mountpoint takes no further source from this client; undefined when it does. One that is silent makes room for its own address: it has come back. */
  refusal({ name }: SourceMount, { address }: Client): keyof typeof refusalTexts | undefined {
    const isStale = ({ address: its, isHeldUp, heardAt }: Current): boolean => its === address && !isHeldUp && this.#timers.now - heardAt >= ms(this.#settings.sourceTakeOverMs);
    for (const current of this.#current.get(name) ?? []) if (isStale(current)) this.#end(current, 'replaced by a new connection');
    if ((this.#current.get(name)?.size ?? 0) >= this.#limits.perMount) return 'in-use';
    return this.#size >= this.#settings.maxSources ? 'too-many' : undefined;
  }

  begin({ mount, socket, client, headers, agent, welcome, makeReader, rest }: NewConnection): void {
    const silence = this.#timers.timer(() => this.#end(current, 'idle'));
    const flow: SourceFlow = {
      pause: () => {
        current.isHeldUp = true;
        silence.cancel();
        socket.pause();
      },
      resume: () => {
        current.isHeldUp = false;
        heard();
        socket.resume();
      },
    };
    const sink = mount.api.begin({ from: formatPeer(client.address, client.port), headers, flow });
    const current: Current = { mount, socket, address: client.address, agent: agent && Buffer.from(agent).toString(), sink, silence, heardAt: this.#timers.now, isHeldUp: false };
    const heard = (): void => {
      current.heardAt = this.#timers.now;
      silence.set(this.#settings.sourceIdleMs);
    };
    this.#add(current);
    socket.write(welcome);
    const read = makeReader((audio) => sink.audio(audio));
    const take: TakeBytes = (bytes) => {
      heard();
      const ended = read(bytes);
      if (ended !== undefined) this.#end(current, ended);
    };
    socket.on('data', take);
    socket.on('end', () => this.#end(current, 'closed by source'));
    socket.on('close', () => this.#end(current, 'connection lost'));
    heard();
    socket.resume();
    if (rest.length > 0) take(rest);
  }

  /** Ends the sources of a mountpoint; false when there is none. */
  kill({ name }: SourceMount): boolean {
    const sources = [...(this.#current.get(name) ?? [])];
    for (const current of sources) this.#end(current, 'killed');
    return sources.length > 0;
  }

  /** Ends all of them. */
  stop(): void {
    for (const current of [...this.#current.values()].flatMap((sources) => [...sources])) this.#end(current, 'encoder stopped');
    this.#timers.stop();
  }

  #add(current: Current): void {
    const { name } = current.mount;
    const sources = this.#current.get(name) ?? new Set();
    this.#current.set(name, sources.add(current));
    this.#size++;
    this.#begun++;
    if (sources.size === 1) this.#hasSource(current.mount, true, current.socket.localPort);
  }

  #end(current: Current, reason: string): void {
    const { name } = current.mount;
    const sources = this.#current.get(name);
    if (sources?.delete(current) !== true) return;
    if (sources.size === 0) this.#current.delete(name);
    this.#size--;
    current.silence.cancel();
    current.socket.removeAllListeners('data');
    finish(current.socket, '');
    current.sink.end(reason);
    if (sources.size === 0) this.#hasSource(current.mount, false);
  }
}
