import type net from 'node:net';
import { peerOf, plainAddress } from '../net/address.ts';
import type { HeaderList } from '../../core/wire/headers.ts';
import type { Settings } from '../../core/config/settings.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import { finish } from '../http/reply.ts';
import type { SourceApi, SourceFlow, SourceSink } from './source.ts';
import { SteadyTimers, type SteadyTimer } from '../process/steady-timers.ts';
import type { TakeBytes } from '../net/tcp.ts';

/** A mountpoint that source clients push. */
export interface SourceMount {
  /** Without its leading slash. */
  readonly name: string;
  /** Without one, sources are taken from this machine only, with any password. */
  readonly password: string | undefined;
  readonly api: SourceApi;
}

/** Takes what came of a body and gives its audio on; says why when the body is over, or is not supported. */
export type ReadBody = (bytes: Uint8Array) => string | undefined;

export interface NewConnection {
  readonly mount: SourceMount;
  /** Paused. */
  readonly socket: net.Socket;
  readonly headers: HeaderList;
  /** What the client is told: go on. */
  readonly welcome: string;
  readonly makeReader: (audio: (bytes: Uint8Array) => string | undefined) => ReadBody;
  /** What came behind the head. */
  readonly rest: Uint8Array;
}

interface Current {
  readonly mount: SourceMount;
  readonly socket: net.Socket;
  readonly ip: string;
  readonly sink: SourceSink;
  readonly silence: SteadyTimer;
  heardAt: Micros;
  /** It is we who do not read it. */
  isHeldUp: boolean;
}

/** The connections of source clients, one for each mountpoint. */
export class SourceConnections {
  readonly #settings: Settings;
  readonly #timers: SteadyTimers;
  readonly #current = new Map<SourceMount, Current>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#timers = new SteadyTimers(settings);
  }

  /** What the source of a mountpoint is given titles by; undefined when there is none. */
  sinkOf(mount: SourceMount): SourceSink | undefined {
    return this.#current.get(mount)?.sink;
  }

  /** Whether a mountpoint has a source that this client may not replace. One that is silent makes room for its own address: it has come back. */
  isInUse(mount: SourceMount, socket: net.Socket): boolean {
    const current = this.#current.get(mount);
    if (current === undefined) return false;
    const isSilent = !current.isHeldUp && this.#timers.now - current.heardAt >= ms(this.#settings.sourceTakeOverMs);
    const isStale = isSilent && current.ip === plainAddress(socket.remoteAddress);
    if (isStale) this.#end(current, 'replaced by a new connection');
    return !isStale;
  }

  begin({ mount, socket, headers, welcome, makeReader, rest }: NewConnection): void {
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
    const sink = mount.api.begin({ from: peerOf(socket), headers, flow });
    const current: Current = { mount, socket, ip: plainAddress(socket.remoteAddress), sink, silence, heardAt: this.#timers.now, isHeldUp: false };
    const heard = (): void => {
      current.heardAt = this.#timers.now;
      silence.set(this.#settings.sourceIdleMs);
    };
    this.#current.set(mount, current);
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

  /** Ends the source of a mountpoint; false when there is none. */
  kill(mount: SourceMount): boolean {
    const current = this.#current.get(mount);
    if (current !== undefined) this.#end(current, 'killed');
    return current !== undefined;
  }

  /** Ends all of them. */
  stop(): void {
    for (const current of this.#current.values()) this.#end(current, 'encoder stopped');
    this.#timers.stop();
  }

  #end(current: Current, reason: string): void {
    if (this.#current.get(current.mount) !== current) return;
    this.#current.delete(current.mount);
    current.silence.cancel();
    current.socket.removeAllListeners('data');
    finish(current.socket, '');
    current.sink.end(reason);
  }
}
