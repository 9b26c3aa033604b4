import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Handle } from '../../../process/upgrade/handle.ts';
import type { LastBytesUser } from '../../listeners/last-bytes.ts';
import type { FromWorker, SavedWorker, ToLeavingWorker } from '../messages.ts';

type Answer = Extract<FromWorker, { readonly kind: 'lent' | 'all-lent' | 'saved' | 'written' | 'not-written' }>;

/**
 * A worker whose listeners are handed over to another process, as the process sees it that accepts connections. Connections go from the worker to this process,
 * and from here on; all of them have them until the other one serves.
 */
export class LeavingWorker {
  readonly #say: (message: ToLeavingWorker) => void;
  readonly #handles = new Map<ListenerId, Handle>();
  #saved: SavedWorker | undefined;
  /** What is waited for. */
  #wait: { readonly kind: 'all-lent' | 'saved'; readonly found: () => void } | undefined;
  #attempt = 0;
  #isUnderWay = false;
  #hasEnded = false;
  #last: { readonly listeners: Set<ListenerId>; readonly user: LastBytesUser<ListenerId>; readonly over: () => void } | undefined;

  constructor(say: (message: ToLeavingWorker) => void) {
    this.#say = say;
  }

  /** The connections that have been given so far. */
  get handles(): ReadonlyMap<ListenerId, Handle> {
    return this.#handles;
  }

  /** What it has said to go on with; undefined: it has not. */
  get saved(): SavedWorker | undefined {
    return this.#saved;
  }

  /** Resolves when it has given the connections of all of its listeners, or has ended. */
  lend(): Promise<void> {
    this.#isUnderWay = true;
    this.#say({ kind: 'lend' });
    return this.#until('all-lent');
  }

  /** Has it stand still once it has read so much of the feed. */
  freeze(feedBytes: number): void {
    this.#isUnderWay = true;
    this.#attempt++;
    this.#say({ kind: 'freeze', feedBytes, attempt: this.#attempt });
  }

  /** Resolves when it stands still and has said what there is to go on with, or has ended. */
  frozen(): Promise<void> {
    return this.#saved === undefined ? this.#until('saved') : Promise.resolve();
  }

  /** Nobody has taken it. */
  goOn(): void {
    this.#isUnderWay = false;
    this.#saved = undefined;
    this.#close();
    this.#say({ kind: 'go-on' });
  }

  /** Its saved listeners are another process's. Resolves when those who are slow have been given what is theirs, or cannot be. */
  async letGo(user: LastBytesUser<ListenerId>, limitMs: number): Promise<void> {
    const listeners = new Set((this.#saved?.listeners ?? []).filter(([, , , unwrittenBytes]) => unwrittenBytes > 0).map(([, listener]) => listener));
    this.#isUnderWay = false;
    this.#close();
    this.#say({ kind: 'let-go', limitMs });
    if (listeners.size === 0) return;
    await new Promise<void>((resolve) => {
      // It says so within its limit, unless it is stuck.
      const late = setTimeout(() => this.#lost(), 2 * limitMs);
      const over = (): void => {
        clearTimeout(late);
        resolve();
      };
      this.#last = { listeners, user, over };
      if (this.#hasEnded) this.#lost();
    });
  }

  /** The other process has let go of a listener. */
  closed(listener: ListenerId): void {
    this.#say({ kind: 'closed', listener });
  }

  heard(answer: Answer, handle: Handle | undefined): void {
    switch (answer.kind) {
      case 'lent':
        if (handle === undefined) return;
        // Of an upgrade that is over, or a second one.
        if (!this.#isUnderWay || this.#handles.has(answer.listener)) handle.close();
        else this.#handles.set(answer.listener, handle);
        return;
      case 'all-lent': return this.#found('all-lent');
      case 'saved':
        if (!this.#isUnderWay || answer.attempt !== this.#attempt) return;
        this.#saved = answer.saved;
        return this.#found('saved');
      default: return this.#lastOf(answer.listener, answer.kind);
    }
  }

  /** The process is there no more. */
  ended(): void {
    this.#hasEnded = true;
    // What it has saved another process can still go on with; otherwise its listeners are disconnected.
    if (this.#saved === undefined) this.#close();
    this.#wait?.found();
    this.#lost();
  }

  #until(kind: 'all-lent' | 'saved'): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((found) => {
      this.#wait = { kind, found };
    });
  }

  #found(kind: 'all-lent' | 'saved'): void {
    if (this.#wait?.kind !== kind) return;
    this.#wait.found();
    this.#wait = undefined;
  }

  #lastOf(listener: ListenerId, how: 'written' | 'not-written'): void {
    if (this.#last?.listeners.delete(listener) !== true) return;
    const { listeners, user, over } = this.#last;
    if (how === 'written') user.written(listener);
    else user.closed(listener);
    if (listeners.size === 0) over();
  }

  /** What it should have written is lost. */
  #lost(): void {
    for (const listener of this.#last?.listeners ?? []) this.#lastOf(listener, 'not-written');
  }

  /** A connection that is open here ends for nobody. */
  #close(): void {
    for (const handle of this.#handles.values()) handle.close();
    this.#handles.clear();
  }
}
