import type { NatsDial, NatsMessage, NatsWire } from '../../../../shell/net/nats/wire.ts';

/** One connection, in which nothing happens by itself. */
export class FakeWire implements NatsWire {
  readonly published: { readonly subject: string; readonly data: Uint8Array; readonly reply?: string | undefined }[] = [];
  readonly requested: { readonly subject: string; readonly body: string; answer(body: object): void; fail(reason: string): void }[] = [];
  readonly subscribed: { readonly subject: string; take(message: NatsMessage): void; fail(reason: string): void }[] = [];
  readonly closed: Promise<string>;
  maxPayloadBytes = 1_048_576;
  isDestroyed = false;
  #close: (reason: string) => void = () => undefined;
  #complain: (what: string) => void = () => undefined;
  #flushing: (() => void)[] = [];

  constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  publish(subject: string, data: Uint8Array, reply?: string): void {
    this.published.push({ subject, data, reply });
  }

  subscribe(subject: string, take: (message: NatsMessage) => void, fail: (reason: string) => void): () => void {
    const one = { subject, take, fail };
    this.subscribed.push(one);
    return () => void this.subscribed.splice(this.subscribed.indexOf(one), 1);
  }

  request(subject: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.requested.push({ subject, body, answer: (answer) => resolve(JSON.stringify(answer)), fail: (reason) => reject(new Error(reason)) });
    });
  }

  newInbox(): string {
    return `_INBOX.${this.subscribed.length}.${this.published.length}`;
  }

  flushed(): Promise<void> {
    return new Promise((resolve) => this.#flushing.push(resolve));
  }

  onComplaint(tell: (what: string) => void): void {
    this.#complain = tell;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  /** The server has taken all that was published. */
  flush(): void {
    for (const done of this.#flushing.splice(0)) done();
  }

  close(reason: string): void {
    this.#close(reason);
  }

  complain(what: string): void {
    this.#complain(what);
  }

  /** Of the only question that is open. */
  get question(): FakeWire['requested'][number] {
    return this.requested.at(-1)!;
  }
}

/** Hands out one connection after the other; without any, attempts fail. */
export function dialTo(wires: readonly FakeWire[]): { readonly dial: NatsDial; attempts(): number } {
  let attempts = 0;
  return { dial: () => (wires[attempts] === undefined ? Promise.reject(new Error(`refused ${++attempts}`)) : Promise.resolve(wires[attempts++]!)), attempts: () => attempts };
}

/** Until all that was promised is done. */
export async function settled(): Promise<void> {
  for (let n = 0; n < 20; n++) await Promise.resolve();
}
