import type { Machine, PathId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import type { Peer } from '../../../core/links/peers/peer.ts';
import type { Transport } from '../../../core/links/transport.ts';
import type { Refusals } from '../../log/refusals.ts';
import type { Driver } from '../../process/driver.ts';

/** What relay and edge have in common: messages come in by paths. */
export interface PathMachine extends Machine {
  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined;
  closePath(now: Micros, path: PathId, reason: string): void;
  receive(now: Micros, path: PathId, bytes: Uint8Array): void;
}

/** Of what is said back by a path, so much may wait for the system. By TLS all waits until the next turn of the event loop, and in one a machine says something of many streams. */
export const MOST_ANSWERS_BYTES = 16_384;

/** The paths of a machine, for whoever makes connections of them. Not to be called in the middle of the machine's calls. */
export class MachinePaths {
  readonly #machine: PathMachine;
  readonly #driver: Driver;
  readonly #refusals: Refusals;

  constructor(machine: PathMachine, driver: Driver, refusals: Refusals) {
    this.#machine = machine;
    this.#driver = driver;
    this.#refusals = refusals;
  }

  /** Undefined when there are too many. */
  open(transport: Transport, peer: Peer): PathId | undefined {
    const path = this.#machine.openPath(this.#driver.now, transport, peer);
    this.#driver.settle();
    if (path === undefined) this.#refusals.count('too many paths', peer.name);
    return path;
  }

  /** @param bytes borrowed for the call. */
  receive(path: PathId, bytes: Uint8Array): void {
    this.#machine.receive(this.#driver.now, path, bytes);
    this.#driver.settle();
  }

  close(path: PathId, reason: string): void {
    this.#machine.closePath(this.#driver.now, path, reason);
    this.#driver.settle();
  }
}
