import type { Presence } from '../../../core/edge/edge.ts';
import { framesOnly, type MountOutput, type OutputOf } from '../../../core/edge/output/output.ts';

export interface OnDemandOptions {
  /** Whether a mountpoint can be heard. */
  readonly presence: (mount: string) => Presence;
  /** The same; one that starts on demand is taken in. */
  readonly ask: (mount: string) => Presence;
  /** How long a listener waits at most. */
  readonly waitMs: number;
}

/** Behind its first frame come all that its relays have kept, within this: a listener who joins then gets as much of it as any other one. */
const REST_MS = 30;

/** Listeners who wait for the first audio of mountpoints that are taken in for them. */
export class OnDemand {
  readonly #options: OnDemandOptions;
  /** By mountpoint: what is to be done when it is heard. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(options: OnDemandOptions) {
    this.#options = options;
  }

  /** Of each mountpoint: tells of its first audio. */
  output({ name }: OutputOf): MountOutput {
    return framesOnly(() => {
      if (this.#waiting.size > 0) this.#heard(name);
    });
  }

  starts(mount: string): boolean {
    return this.#options.presence(mount) === 'starts';
  }

  /** Somebody wants to listen. */
  ask(mount: string): void {
    this.#options.ask(mount);
  }

  /** Has the mountpoint started; resolves when it is heard, or after the time that a listener waits. */
  async start(mount: string): Promise<void> {
    if (this.#options.ask(mount) !== 'starts') return;
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(mount) ?? new Set();
      this.#waiting.set(mount, waiting);
      const goOn = (): void => {
        clearTimeout(timer);
        waiting.delete(goOn);
        if (waiting.size === 0) this.#waiting.delete(mount);
        resolve();
      };
      const timer = setTimeout(goOn, this.#options.waitMs);
      waiting.add(goOn);
    });
  }

  /** In the middle of a call of the machine: nobody is let in before that is over. */
  #heard(mount: string): void {
    const waiting = this.#waiting.get(mount);
    if (waiting === undefined) return;
    this.#waiting.delete(mount);
    setTimeout(() => {
      for (const goOn of waiting) goOn();
    }, REST_MS);
  }
}
