import type { Log } from './log.ts';

const EVERY_MS = 10_000;

/** Tells of what is refused or lost at most once in ten seconds for each reason, with the count: a flood does not fill the log. */
export class Refusals {
  readonly #log: Log;
  readonly #kind: 'refused' | 'datagrams-lost';
  readonly #waiting = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();

  constructor(log: Log, kind: 'refused' | 'datagrams-lost' = 'refused') {
    this.#log = log;
    this.#kind = kind;
  }

  /** `peer` is told for the first of them. */
  count(reason: string, peer: string): void {
    const waiting = this.#waiting.get(reason);
    if (waiting !== undefined) {
      waiting.count++;
      return;
    }
    this.#log({ kind: this.#kind, reason, peer, count: 1 });
    this.#waiting.set(reason, { count: 0, timer: setTimeout(() => this.#tell(reason), EVERY_MS).unref() });
  }

  stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #tell(reason: string): void {
    const count = this.#waiting.get(reason)?.count ?? 0;
    this.#waiting.delete(reason);
    if (count > 0) this.#log({ kind: this.#kind, reason, count });
  }
}
