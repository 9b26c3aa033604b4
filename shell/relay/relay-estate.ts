import dgram from 'node:dgram';
import type net from 'node:net';
import { datagramHandleOf, handleOf, type Handle } from '../process/upgrade/handle.ts';
import type { Estate, Offered } from '../process/upgrade/hand-over.ts';
import type { Takes } from '../process/upgrade/messages.ts';

/** A socket of a relay by what it is for, and as it was given: `out 0.0.0.0 9001`. */
export interface RelayPort {
  readonly name: string;
  readonly socket: net.Server | dgram.Socket;
}

/** What is handed over: the handle of each port. Plain data. */
export interface SavedRelay {
  readonly ports: readonly (readonly [name: string, handle: number])[];
}

/**
 * What a running relay hands over: its ports. Connections are made anew by those at their other ends, which have kept, or are given, what was missed: encoders
 * send their newest ten seconds on every new connection, and edges and relays get the history.
 */
export class RelayEstate implements Estate {
  readonly #ports: () => readonly RelayPort[];
  readonly hindrance: string | undefined = undefined;

  constructor(ports: () => readonly RelayPort[]) {
    this.#ports = ports;
  }

  /** There is nothing that the new process could disagree with. */
  terms(): unknown {
    return {};
  }

  handles(): readonly Offered[] {
    return this.#ports().flatMap(({ socket }) => handlesOf(socket).map((handle) => ({ handle })));
  }

  /** Datagrams wait in the system: they come by no connection, so nobody sends them again. */
  freeze(): void {
    for (const handle of this.#datagramHandles) handle.recvStop();
  }

  save(_takes: Takes, numberOf: (offered: Offered) => number): Uint8Array {
    const ports = this.#ports().flatMap(({ name, socket }) => handlesOf(socket).map((handle) => [name, numberOf({ handle })] as const));
    return Buffer.from(JSON.stringify({ ports } satisfies SavedRelay));
  }

  goOn(): void {
    for (const handle of this.#datagramHandles) handle.recvStart();
  }

  /** All connections are closed when the process stops, which is next. */
  handedOver(): Promise<void> {
    return Promise.resolve();
  }

  get #datagramHandles(): readonly Handle[] {
    return this.#ports().flatMap(({ socket }) => (socket instanceof dgram.Socket ? handlesOf(socket) : []));
  }
}

/** Nothing where it is closed. */
function handlesOf(socket: net.Server | dgram.Socket): readonly Handle[] {
  const handle = socket instanceof dgram.Socket ? datagramHandleOf(socket) : handleOf(socket);
  return handle === undefined ? [] : [handle];
}
