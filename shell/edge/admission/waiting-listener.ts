import type net from 'node:net';

/** The connection of a listener who waits for an answer: it is read, so that its going away is noticed, and what it sends is discarded. */
export class WaitingListener {
  readonly #socket: net.Socket;
  readonly #left: () => void;
  #isGone = false;
  readonly #onGone = (): void => {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    this.#left();
  };

  /** @param left called at once when it goes away while it waits; a player that says it will send no more has gone. */
  constructor(socket: net.Socket, left: () => void) {
    this.#socket = socket;
    this.#left = left;
    socket.on('end', this.#onGone).on('close', this.#onGone).resume();
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** It waits no more. The connection is as it was before: paused. */
  end(): void {
    this.#socket.off('end', this.#onGone).off('close', this.#onGone).pause();
  }
}
