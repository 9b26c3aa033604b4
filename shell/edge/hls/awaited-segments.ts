import type net from 'node:net';

/** Requests that wait at a time; more are told to come again. */
const MAX_AWAITING = 1_000;
const LOOK_MS = 200;

interface Awaiting {
  readonly socket: net.Socket;
  readonly isThere: () => boolean;
  readonly over: (isThere: boolean) => void;
  /** One of the others has thrown this. */
  readonly failed: (error: unknown) => void;
  readonly endsAtMs: number;
}

/** Requests for playlists of mountpoints that are taken in for them: each is answered when the first segment is there, or after a while. */
export class AwaitedSegments {
  readonly #awaiting = new Set<Awaiting>();
  #timer: NodeJS.Timeout | undefined;

  /** False: too many wait. `over` or `failed` is called once, unless the connection is closed before. */
  add(socket: net.Socket, { waitMs, ...awaiting }: Pick<Awaiting, 'isThere' | 'over' | 'failed'> & { readonly waitMs: number }): boolean {
    if (this.#awaiting.size >= MAX_AWAITING) return false;
    this.#awaiting.add({ socket, ...awaiting, endsAtMs: performance.now() + waitMs });
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    return true;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#awaiting.clear();
  }

  #look(): void {
    for (const one of this.#awaiting) {
      try {
        this.#lookAt(one);
      } catch (error) {
        this.#awaiting.delete(one);
        one.failed(error);
      }
    }
    if (this.#awaiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #lookAt(one: Awaiting): void {
    const isThere = one.isThere();
    if (!isThere && performance.now() < one.endsAtMs && !one.socket.destroyed) return;
    this.#awaiting.delete(one);
    if (!one.socket.destroyed) one.over(isThere);
  }
}
