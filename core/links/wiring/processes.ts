/** Which process is at the other end of which open connection, and which of them should not be. Each is named by 32 hexadecimal digits. */
export class Processes<Link> {
  readonly #ownId: string;
  readonly #known = new Map<Link, { readonly endpoint: string; readonly id: string }>();

  /** @param ownId of the process that makes the connections. */
  constructor(ownId: string) {
    this.#ownId = ownId;
  }

  /**
   * A connection leads to the one of this id; `endpoint` is what was given for it, of which a host with several addresses has several
   * connections. Gives what is wrong about that: 'own', or the other endpoint that leads there too.
   */
  found(link: Link, endpoint: string, id: string): 'own' | { readonly other: string } | undefined {
    this.#known.set(link, { endpoint, id });
    if (id === this.#ownId) return 'own';
    for (const one of this.#known.values()) if (one.id === id && one.endpoint !== endpoint) return { other: one.endpoint };
    return undefined;
  }

  /** The connection is closed. */
  lost(link: Link): void {
    this.#known.delete(link);
  }
}
