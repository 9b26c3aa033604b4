import type net from 'node:net';
import type { MountParts } from './media/parts/mount-parts.ts';
import type { Session } from './sessions.ts';

/** Requests of one listener that wait at a time: for a playlist, and the part that it hints at, of each of two mountpoints. */
const MAX_OF_ONE = 4;
/** All together; more are told to come again. */
const MAX_AWAITING = 16_384;
const LOOK_MS = 500;

interface Awaiting {
  readonly socket: net.Socket;
  readonly session: Session;
  readonly mount: MountParts;
  /** The number of the part that is waited for. */
  readonly number: number;
  readonly over: (isThere: boolean) => void;
  readonly failed: (error: unknown) => void;
  readonly endsAtMs: number;
}

export interface AwaitedPartsOptions {
  /** Nobody waits for longer. */
  readonly waitMs: number;
  /** Never decreases. */
  readonly nowMs?: () => number;
}

/** Requests for what is not there yet: each is answered when the part is there, or when its time is over. */
export class AwaitedParts {
  readonly #waitMs: number;
  readonly #nowMs: () => number;
  readonly #byMount = new Map<string, Set<Awaiting>>();
  readonly #bySession = new Map<Session, number>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ waitMs, nowMs = () => performance.now() }: AwaitedPartsOptions) {
    this.#waitMs = waitMs;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#count;
  }

  /** False: too many wait. `over` or `failed` is called once, unless the connection is closed before. */
  add(given: Omit<Awaiting, 'endsAtMs'>): boolean {
    const ofOne = this.#bySession.get(given.session) ?? 0;
    if (ofOne >= MAX_OF_ONE || this.#count >= MAX_AWAITING) return false;
    const there = this.#byMount.get(given.mount.name) ?? new Set();
    this.#byMount.set(given.mount.name, there);
    there.add({ ...given, endsAtMs: this.#nowMs() + this.#waitMs });
    this.#bySession.set(given.session, ofOne + 1);
    this.#count++;
    this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref();
    return true;
  }

  /** A mountpoint has another part, or has ended. */
  changed({ name, hasEnded, newest }: MountParts): void {
    for (const one of this.#byMount.get(name) ?? []) if (hasEnded || newest >= one.number) this.#end(one, newest >= one.number);
  }

  /** Lets go of those whose time is over, or who have gone away. */
  look(): void {
    const nowMs = this.#nowMs();
    for (const one of this.#all()) if (one.socket.destroyed || nowMs >= one.endsAtMs || one.session.over !== undefined) this.#end(one, false);
  }

  /** Nothing more comes here: all are told. */
  stop(): void {
    for (const one of this.#all()) this.#end(one, false);
  }

  #all(): readonly Awaiting[] {
    return [...this.#byMount.values()].flatMap((there) => [...there]);
  }

  #end(one: Awaiting, isThere: boolean): void {
    const { session, mount, socket } = one;
    const there = this.#byMount.get(mount.name)!;
    there.delete(one);
    if (there.size === 0) this.#byMount.delete(mount.name);
    const left = this.#bySession.get(session)! - 1;
    if (left === 0) this.#bySession.delete(session);
    else this.#bySession.set(session, left);
    if (--this.#count === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (socket.destroyed) return;
    try {
      one.over(isThere);
    } catch (error) {
      one.failed(error);
    }
  }
}
