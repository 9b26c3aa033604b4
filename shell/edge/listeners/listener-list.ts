import type { ListenerId } from '../../../core/base/machine.ts';
import type { ListenerInfo } from '../../icecast/admin.ts';

/** What is known of a listener from its request. */
export interface ListenerRequest {
  /** `GET /radio HTTP/1.1`, a character for each byte. */
  readonly request: string;
  readonly ip: string;
  /** Who has authenticated; absent where nobody has to. */
  readonly user?: string;
  /** '-' when it says none, as is `referer`. */
  readonly agent: string;
  readonly referer: string;
}

interface Listener extends ListenerRequest {
  readonly id: ListenerId;
  readonly client: number;
  mount: string;
  readonly sinceMs: number;
}

/** A listener, for another process to go on with. */
export interface SavedListener extends ListenerRequest {
  readonly id: ListenerId;
  readonly client: number;
  readonly mount: string;
  readonly connectedMs: number;
}

/** A listener that is there no more. */
export interface FormerListener extends ListenerRequest {
  /** Where it was last. */
  readonly mount: string;
  readonly connectedMs: number;
}

/** Those of one mountpoint. */
interface Group {
  readonly listeners: Map<ListenerId, Listener>;
  /** How many there are of each address with one player. */
  readonly unique: Map<string, number>;
}

/** The listeners of an edge, all of its processes together. */
export class ListenerList {
  readonly #all = new Map<ListenerId, Listener>();
  /** By mountpoint; none is empty. */
  readonly #groups = new Map<string, Group>();
  #joined = 0;

  get size(): number {
    return this.#all.size;
  }

  /** How many there have been. */
  get joined(): number {
    return this.#joined;
  }

  /** Of one mountpoint. */
  of(mount: string): readonly ListenerInfo[] {
    const nowMs = performance.now();
    const listeners = [...(this.#groups.get(mount)?.listeners.values() ?? [])];
    return listeners.map(({ id, client, ip, agent, sinceMs }) => ({ id, client, ip, agent, connectedMs: nowMs - sinceMs }));
  }

  /** How many different ones a mountpoint has: those of one address with one player count once. */
  uniqueOf(mount: string): number {
    return this.#groups.get(mount)?.unique.size ?? 0;
  }

  /** `client` is the number that operators know it by. */
  add(id: ListenerId, client: number, mount: string, request: ListenerRequest): void {
    this.#joined++;
    this.#put({ id, client, mount, sinceMs: performance.now(), ...request });
  }

  /** What is known of one that is there; undefined when it is not. */
  saved(id: ListenerId): SavedListener | undefined {
    const listener = this.#all.get(id);
    if (listener === undefined) return undefined;
    const { sinceMs, ...known } = listener;
    return { ...known, connectedMs: performance.now() - sinceMs };
  }

  /** Where one is; undefined when it is not there. */
  mountOf(id: ListenerId): string | undefined {
    return this.#all.get(id)?.mount;
  }

  /** One that another process has had. */
  restore({ connectedMs, ...known }: SavedListener): void {
    this.#put({ ...known, sinceMs: performance.now() - connectedMs });
  }

  /** How many there have been before this process. */
  countFrom(joined: number): void {
    this.#joined += joined;
  }

  /** It is another process's. */
  letGo(id: ListenerId): void {
    this.#takeOut(id);
  }

  moved(id: ListenerId, mount: string): void {
    const listener = this.#all.get(id);
    if (listener === undefined) return;
    this.#leave(listener);
    listener.mount = mount;
    this.#enter(listener);
  }

  /** `connectedMs` where its connection tells it. */
  remove(id: ListenerId, connectedMs: number | undefined): FormerListener {
    const { mount, ip, user, request, referer, agent, sinceMs } = this.#takeOut(id)!;
    return { mount, ip, ...(user !== undefined && { user }), request, referer, agent, connectedMs: connectedMs ?? performance.now() - sinceMs };
  }

  /** Undefined: it is not there. */
  #takeOut(id: ListenerId): Listener | undefined {
    const listener = this.#all.get(id);
    if (listener === undefined) return undefined;
    this.#all.delete(id);
    this.#leave(listener);
    return listener;
  }

  #put(listener: Listener): void {
    this.#all.set(listener.id, listener);
    this.#enter(listener);
  }

  #enter(listener: Listener): void {
    const group = this.#groups.get(listener.mount) ?? { listeners: new Map<ListenerId, Listener>(), unique: new Map<string, number>() };
    this.#groups.set(listener.mount, group);
    group.listeners.set(listener.id, listener);
    const who = whoIs(listener);
    group.unique.set(who, (group.unique.get(who) ?? 0) + 1);
  }

  #leave(listener: Listener): void {
    const group = this.#groups.get(listener.mount)!;
    group.listeners.delete(listener.id);
    const who = whoIs(listener);
    const left = group.unique.get(who)! - 1;
    if (left > 0) group.unique.set(who, left);
    else group.unique.delete(who);
    if (group.listeners.size === 0) this.#groups.delete(listener.mount);
  }
}

function whoIs({ ip, agent }: ListenerRequest): string {
  return `${ip} ${agent}`;
}
