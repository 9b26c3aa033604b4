import type { Refusal, ShellEvent } from './events.ts';
import type { Log } from './log.ts';

const EVERY_MS = 10_000;

type Counted = Extract<ShellEvent, { readonly kind: 'refused' | 'datagrams-lost' | 'nats-complaint' }>;

/** Tells of what is refused, lost or complained of at most once in ten seconds, unless given, for each reason and key, with the count: a flood does not fill the log. */
export class Refusals<Reason extends string = Refusal> {
  readonly #log: Log;
  readonly #kind: Counted['kind'];
  readonly #everyMs: number;
  /** By the reason, and the key where there is one. */
  readonly #waiting = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();

  constructor(log: Log, kind: Counted['kind'] = 'refused', everyMs: number = EVERY_MS) {
    this.#log = log;
    this.#kind = kind;
    this.#everyMs = everyMs;
  }

  /** `peer` is told for the first of them. @param key the name of the key that it claims; undefined: none that is known. */
  count(reason: Reason, peer: string, key?: string): void {
    const by = key === undefined ? reason : `${reason} ${key}`;
    const waiting = this.#waiting.get(by);
    if (waiting !== undefined) {
      waiting.count++;
      return;
    }
    const of = { kind: this.#kind, reason, ...(key !== undefined && { key }) };
    this.#log({ ...of, peer, count: 1 } as Counted);
    this.#waiting.set(by, { count: 0, timer: setTimeout(() => this.#tell(by, of), this.#everyMs).unref() });
  }

  stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #tell(by: string, of: object): void {
    const count = this.#waiting.get(by)?.count ?? 0;
    this.#waiting.delete(by);
    if (count > 0) this.#log({ ...of, count } as Counted);
  }
}
