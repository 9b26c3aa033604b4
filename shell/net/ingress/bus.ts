import type { NatsEndpoint } from '../addresses/nats-address.ts';

/** Whoever subscribes to the messages of a cluster. `up` and `down` alternate; `bytes` are whole messages with their lengths, borrowed for the call. */
export interface BusUser {
  /** The machine is greeted here, and may have said what it wants when this returns. False: there is no room for it, and it is tried again. */
  up(): boolean;
  bytes(bytes: Uint8Array): void;
  down(reason: string): void;
}

/** A subscription that is made again whenever it is lost. */
export interface Bus {
  readonly label: string;
  readonly isUp: boolean;
  start(): void;
  stop(): void;
  /** What the machine says to a relay, in the middle of its call: a message with its length. A WANTS is followed, a TITLE goes to encoders. */
  said(message: Uint8Array): void;
  /** What comes is kept here, as much as there is room for. */
  pause(): void;
  goOn(): void;
}

export type BusMaker = (endpoint: NatsEndpoint, user: BusUser) => Bus;
