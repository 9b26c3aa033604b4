import type { Handle } from '../process/upgrade/handle.ts';
import type { Inheritance, LateUser } from '../process/upgrade/take-over.ts';
import type { SavedRelay } from './relay-estate.ts';

/** The ports that a relay has from the process before. */
export class RelayInheritance {
  readonly #handles: ReadonlyMap<number, Handle>;
  readonly #ports: ReadonlyMap<string, number>;
  readonly #used = new Set<number>();

  /** Throws when what was saved cannot be that. */
  constructor({ saved, handles }: Inheritance) {
    const { ports } = JSON.parse(Buffer.from(saved).toString('utf8')) as SavedRelay;
    this.#ports = new Map(ports);
    this.#handles = new Map([...handles].filter(([number]) => this.has(number)));
  }

  /** Whether this number stands for one of its sockets. */
  has(number: number): boolean {
    return [...this.#ports.values()].includes(number);
  }

  /** The socket of a port; undefined: it had none of that name. */
  port(name: string): Handle | undefined {
    const number = this.#ports.get(name);
    if (number === undefined) return undefined;
    const handle = this.#handles.get(number);
    if (handle === undefined) throw new Error(`socket ${number} has not come`);
    this.#used.add(number);
    return handle;
  }

  /** Closes those that are not gone on with, here. */
  end(): void {
    for (const [number, handle] of this.#handles) if (!this.#used.has(number)) handle.close();
  }

  /** Nothing comes of the old process. */
  readonly late: LateUser = {
    connection: (_port, handle) => handle.close(),
    written: () => undefined,
    closed: () => undefined,
  };
}
