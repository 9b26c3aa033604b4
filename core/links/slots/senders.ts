import type { Machine, PathId } from '../../base/machine.ts';
import type { Settings } from '../../config/settings.ts';
import { later, ms, NEVER, type Micros } from '../../base/units.ts';

export interface SendersOptions {
  readonly settings: Pick<Settings, 'maxSenders' | 'forgetMs'>;
  /** Makes a path for what this sender (an address and a port) sends, or all others where that is undefined; undefined: there are too many. */
  readonly open: (sender: string | undefined) => PathId | undefined;
  readonly close: (path: PathId, reason: string) => void;
}

interface Sender {
  readonly path: PathId;
  heardAt: Micros;
}

/**
 * Tells the datagrams of one socket apart: each address and port that sends has a path of its own, so that what one of them sends is not held
 * against another. They can be invented, so there is a bound; those beyond it share one path.
 */
export class Senders implements Machine {
  readonly #options: SendersOptions;
  readonly #others: PathId | undefined;
  readonly #senders: Map<string, Sender> = new Map();
  #sweepAt: Micros = NEVER;

  constructor(options: SendersOptions) {
    this.#options = options;
    this.#others = options.open(undefined);
  }

  get deadline(): Micros {
    return this.#sweepAt;
  }

  get deadlineReason(): string {
    return this.#sweepAt === NEVER ? 'none' : 'forget-sender';
  }

  /** The path of a datagram from this sender; undefined when there is none to spare. */
  pathOf(now: Micros, sender: string): PathId | undefined {
    const known = this.#senders.get(sender);
    if (known !== undefined) {
      known.heardAt = now;
      return known.path;
    }
    const { settings, open } = this.#options;
    const path = this.#senders.size < settings.maxSenders ? open(sender) : undefined;
    if (path === undefined) return this.#others;
    this.#senders.set(sender, { path, heardAt: now });
    if (this.#sweepAt === NEVER) this.#sweepAt = later(now, ms(settings.forgetMs));
    return path;
  }

  /** Lets go of those that have been silent for as long as a stream is remembered. */
  advance(now: Micros): void {
    if (now < this.#sweepAt) return;
    const forgetUs = ms(this.#options.settings.forgetMs);
    for (const [sender, { path, heardAt }] of this.#senders) {
      if (now - heardAt < forgetUs) continue;
      this.#senders.delete(sender);
      this.#options.close(path, 'silent');
    }
    this.#sweepAt = this.#senders.size === 0 ? NEVER : later(now, forgetUs);
  }
}
