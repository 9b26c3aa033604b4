import { together, type Audience } from '../../../core/listeners/audience.ts';

/** Who listens elsewhere than by a connection of this process: in workers, and by HLS. */
export type Elsewhere = 'workers' | 'hls';

/** The audiences of each mountpoint that is heard in several ways, as one. */
export class Audiences {
  readonly #tell: (mount: string, audience: Audience) => void;
  readonly #of = new Map<string, Partial<Record<Elsewhere, Audience>>>();

  constructor(tell: (mount: string, audience: Audience) => void) {
    this.#tell = tell;
  }

  heard(where: Elsewhere, mount: string, audience: Audience): void {
    const all = { ...this.#of.get(mount), [where]: audience };
    this.#of.set(mount, all);
    this.#tell(mount, Object.values(all).reduce(together));
  }

  /** A mountpoint has ended: nothing of it is counted any more. */
  ended(mount: string): void {
    this.#of.delete(mount);
  }
}
