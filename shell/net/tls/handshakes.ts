import type net from 'node:net';
import tls from 'node:tls';
import { inWords } from '../../process/problems.ts';

/** Of a connection that is to be secured: by what, and what becomes of it. */
export interface HandshakeUser {
  /** Asked when the first record is whole. */
  options(): tls.TLSSocketOptions & Pick<tls.TlsOptions, 'pskCallback'>;
  /** The client has begun; from here on this is the connection. What it says can be read once the handshake is done. */
  begun(socket: tls.TLSSocket): void;
  done(): void;
  /** `code` is that of the error, or NO_TLS. The connection is closed, unless it is one that speaks no TLS: what it has said can be read again. */
  failed(code: string): void;
}

/** It speaks something else. */
export const NO_TLS = 'no TLS';

/** A record begins with its type, the version and the length of the rest, of one, two and two bytes (RFC 8446, 5.1). */
const RECORD_HEAD_BYTES = 5;
const MAX_RECORD_BYTES = 16_384;
/** The type of the record that every client of TLS begins with. No text begins so. */
export const HANDSHAKE_RECORD = 22;
/**
 * Handshakes take so much of one turn of the event loop: one takes a millisecond with RSA, and after a restart all clients come back in the same moment; audio
 * goes out between two turns.
 */
const TURN_MS = 5;

/**
 * Secures connections that were made to us. One that says nothing, or half of a hello, costs what it costs without TLS: all that TLS takes is made when the
 * first record is whole.
 */
export class Handshakes {
  /** Those that have begun, in their order. */
  #begun: (() => void)[] = [];
  #hasTurn = false;

  /** @param first what has come by it. @return lets it alone, as long as it has said nothing. */
  secure(accepted: net.Socket, first: Uint8Array, user: HandshakeUser): () => void {
    let hello: Uint8Array = new Uint8Array(0);
    const take = (bytes: Uint8Array): void => {
      hello = Buffer.concat([hello, bytes]);
      if (hello.length === 0 || (hello[0] === HANDSHAKE_RECORD && !isWhole(hello))) return;
      accepted.off('readable', onReadable).unshift(hello);
      if (hello[0] !== HANDSHAKE_RECORD) return user.failed(NO_TLS);
      this.#begun.push(() => shakeHands(accepted, user));
      this.#askForTurn();
    };
    const onReadable = (): void => {
      const bytes = accepted.read() as Uint8Array | null;
      // It has ended: load balancers look in this way.
      if (bytes === null) accepted.destroy();
      else take(bytes);
    };
    accepted.on('readable', onReadable);
    take(first);
    return () => void accepted.off('readable', onReadable);
  }

  #askForTurn(): void {
    if (this.#hasTurn || this.#begun.length === 0) return;
    this.#hasTurn = true;
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#hasTurn = false;
    const endsAt = performance.now() + TURN_MS;
    let taken = 0;
    while (taken < this.#begun.length && performance.now() < endsAt) this.#begun[taken++]!();
    this.#begun = this.#begun.slice(taken);
    this.#askForTurn();
  }
}

function shakeHands(accepted: net.Socket, user: HandshakeUser): void {
  // Closed meanwhile, by whichever side.
  if (accepted.destroyed || accepted.writableEnded) return;
  const socket = new tls.TLSSocket(accepted, { isServer: true, ...user.options() });
  let isDone = false;
  const fail = (error: Error): void => {
    socket.destroy();
    if (!isDone) user.failed(inWords(error));
    isDone = true;
  };
  socket.on('error', fail);
  // Errors of a server's connection that no server of Node's own has made are told by this event alone.
  socket.on('_tlsError', fail);
  socket.once('secure', () => {
    isDone = true;
    user.done();
  });
  user.begun(socket);
}

/** Whether a record has come as a whole; one that is longer than any may be is not waited for. */
function isWhole(record: Uint8Array): boolean {
  if (record.length < RECORD_HEAD_BYTES) return false;
  return record.length >= RECORD_HEAD_BYTES + Math.min(MAX_RECORD_BYTES, 256 * record[3]! + record[4]!);
}
