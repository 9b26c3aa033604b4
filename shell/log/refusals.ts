import type { Refusal, ShellEvent } from './events.ts';
import type { Log } from './log.ts';

const EVERY_MS = 10_000;

type Counted = Extract<ShellEvent, { readonly kind: 'refused' | 'datagrams-lost' }>;

/** Tells of what is refused or lost at most once in ten seconds for each reason, with the count: a flood does not fill the log. */
export class Refusals<Reason extends string = Refusal> {
  readonly #log: Log;
  readonly #kind: Counted['kind'];
  readonly #waiting = new Map<Reason, { count: number; readonly timer: NodeJS.Timeout }>();

  constructor(log: Log, kind: Counted['kind'] = 'refused') {
    this.#log = log;
    this.#kind = kind;
  }

  /** `peer` is told for the first of them. */
  count(reason: Reason, peer: string): void {
    const waiting = this.#waiting.get(reason);
    if (waiting !== undefined) {
      waiting.count++;
      return;
    }
    this.#log({ kind: this.#kind, reason, peer, count: 1 } as Counted);
    this.#waiting.set(reason, { count: 0, timer: setTimeout(() => this.#tell(reason), EVERY_MS).unref() });
  }

  stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #tell(reason: Reason): void {
    const count = this.#waiting.get(reason)?.count ?? 0;
    this.#waiting.delete(reason);
    if (count > 0) this.#log({ kind: this.#kind, reason, count } as Counted);
  }
}
