import type { NatsEndpoint } from '../addresses/nats-address.ts';

/** A message as it comes; its bytes are nobody else's. */
export interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Of the server itself, in its header: 404, no more messages, say; 0: none. */
  readonly status: number;
}

/** One connection to one server of NATS, from when it is open until it is closed. What the rest of the folder needs of a client library. */
export interface NatsWire {
  /** The largest message that it takes. */
  readonly maxPayloadBytes: number;
  /** The bytes are kept until they are written: they must not change any more. */
  publish(subject: string, data: Uint8Array, reply?: string): void;
  /** @param failed it may not be subscribed to. @return ends it. */
  subscribe(subject: string, take: (message: NatsMessage) => void, failed: (reason: string) => void): () => void;
  /** Rejects when nobody answers in `timeoutMs`. */
  request(subject: string, body: string, timeoutMs: number): Promise<string>;
  /** A subject of its own for answers. */
  newInbox(): string;
  /** Resolves when the server has taken all that was published before; rejects when the connection is closed. */
  flushed(): Promise<void>;
  /** Resolves when it is closed, with why. */
  readonly closed: Promise<string>;
  /** The server complains of something, and goes on. */
  onComplaint(tell: (what: string) => void): void;
  /** At once; what is not written is lost. */
  destroy(): void;
}

export interface NatsDialOptions {
  readonly endpoint: NatsEndpoint;
  /** Certificates of authorities in PEM; those that Node.js trusts, unless given. */
  readonly ca: string | undefined;
  /** Of each server that is tried. */
  readonly timeoutMs: number;
  /** How often it is asked whether the server is there. It is not if two questions have no answer. */
  readonly pingMs: number;
  /** What the connection is called at the server. */
  readonly name: string;
}

/** Connects to one of the servers, in any order. Rejects with why none can be connected to. */
export type NatsDial = (options: NatsDialOptions) => Promise<NatsWire>;
