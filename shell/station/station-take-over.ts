import type { Terms } from '../edge/upgrade/terms.ts';
import { RelayInheritance } from '../relay/relay-inheritance.ts';
import type { Handle } from '../process/upgrade/handle.ts';
import type { Offer, Takes } from '../process/upgrade/messages.ts';
import type { Inheritance, LateUser, Prepare, TakeOver, TakesOver } from '../process/upgrade/take-over.ts';
import { partsOfSaved, SOURCES_LINK } from './station-estate.ts';

/** What the edge of a station sees of taking over: its own part. */
export class StationTakeOver implements TakesOver {
  readonly #from: TakeOver;
  readonly #sources: (link: Handle) => void;
  #ports: RelayInheritance | undefined;

  /** @param sources takes the connection by which the streams come of source clients that stay with the process before. */
  constructor(from: TakeOver, sources: (link: Handle) => void) {
    this.#from = from;
    this.#sources = sources;
  }

  /** Of all ports but that of HTTP; once `ready` has been answered. */
  get ports(): RelayInheritance {
    return this.#ports!;
  }

  /** No mountpoint can be on air here before the process before sends it. */
  async offer(): Promise<Offer> {
    const offer = await this.#from.offer();
    return { ...offer, terms: { ...(offer.terms as Terms), mounts: [] } satisfies Terms };
  }

  async ready(takes: Takes, why?: string, prepare?: Prepare): Promise<Inheritance> {
    const { saved, handles } = await this.#from.ready(takes, why, prepare);
    const { ports, edge } = partsOfSaved(saved);
    this.#ports = new RelayInheritance({ saved: ports, handles });
    return { saved: edge, handles: new Map([...handles].filter(([number]) => !this.#ports!.has(number))) };
  }

  taken(): Promise<void> {
    return this.#from.taken();
  }

  serves(late: LateUser): void {
    this.#from.serves({
      ...late,
      connection: (port, handle, bytes, about) => {
        if (port === SOURCES_LINK) this.#sources(handle);
        else late.connection(port, handle, bytes, about);
      },
    });
  }

  failed(reason: string, sent?: () => void): void {
    this.#from.failed(reason, sent);
  }

  closed(handle: Handle): void {
    this.#from.closed(handle);
  }
}
