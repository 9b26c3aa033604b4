import type net from 'node:net';
import tls from 'node:tls';
import type { Refusal } from '../log/events.ts';
import type { Log } from '../log/log.ts';
import { codeOf } from '../process/problems.ts';
import { Certificates } from './certificates.ts';
import type { PairFiles } from './pair.ts';

/** A port beside the plain one of a role. */
export interface TlsConfig {
  readonly port: number;
  /** At least one. */
  readonly certificates: readonly PairFiles[];
}

/** What becomes of a connection that is to be secured. */
export interface Handshake {
  /** The client has begun; from here on this is the connection. What it says can be read once the handshake is done. */
  begun(socket: tls.TLSSocket): void;
  done(): void;
  /** The connection is closed, unless it is one that speaks no TLS. Undefined: the client has gone. */
  failed(reason: Refusal | undefined): void;
}

/** A record begins with its type, the version and the length of the rest, of one, two and two bytes. */
const RECORD_HEAD_BYTES = 5;
const MAX_RECORD_BYTES = 16_384;
/** The type of the record that every client of TLS begins with. No text begins so. */
export const HANDSHAKE_RECORD = 22;
/**
 * Handshakes take so much of one turn of the event loop: one takes a millisecond with RSA, and after a restart of the edge all
 * listeners come back in the same moment; audio goes out between two turns.
 */
const TURN_MS = 5;

/**
 * Secures the connections of a port that is given to it. One that says nothing, or half of a hello, costs what it costs without TLS: all that TLS takes is
 * made when the first record is whole.
 */
export class TlsPort {
  readonly port: number;
  readonly #certificates: Certificates;
  /** Those that have begun, in their order. */
  #begun: (() => void)[] = [];
  #hasTurn = false;

  constructor({ port, certificates }: TlsConfig, log: Log) {
    this.port = port;
    this.#certificates = new Certificates({ files: certificates, log });
  }

  /** Rejects with a UsageError when a certificate cannot be used. */
  start(): Promise<void> {
    return this.#certificates.start();
  }

  stop(): void {
    this.#certificates.stop();
  }

  /** @param first what has come by it. */
  secure(accepted: net.Socket, first: Uint8Array, handshake: Handshake): void {
    let hello: Uint8Array = new Uint8Array(0);
    const take = (bytes: Uint8Array): void => {
      hello = Buffer.concat([hello, bytes]);
      if (hello.length === 0 || (hello[0] === HANDSHAKE_RECORD && !isWhole(hello))) return;
      accepted.off('readable', onReadable).unshift(hello);
      if (hello[0] !== HANDSHAKE_RECORD) return handshake.failed('no TLS on the TLS port');
      this.#begun.push(() => this.#shakeHands(accepted, handshake));
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

  #shakeHands(accepted: net.Socket, handshake: Handshake): void {
    // Closed meanwhile, by whichever side.
    if (accepted.destroyed || accepted.writableEnded) return;
    const socket = new tls.TLSSocket(accepted, {
      isServer: true,
      secureContext: this.#certificates.contextFor(undefined),
      SNICallback: (name, choose) => choose(null, this.#certificates.contextFor(name)),
    });
    let isDone = false;
    const fail = (error: Error): void => {
      socket.destroy();
      if (!isDone) handshake.failed(refusalOf(codeOf(error)));
      isDone = true;
    };
    socket.on('error', fail);
    // Errors of a server's connection that no server of Node's own has made are told by this event alone.
    socket.on('_tlsError', fail);
    socket.once('secure', () => {
      isDone = true;
      handshake.done();
    });
    handshake.begun(socket);
  }
}

/** A connection that came by TLS. */
export function isSecure(socket: net.Socket): boolean {
  return socket instanceof tls.TLSSocket;
}

/** Whether a record has come as a whole; one that is longer than any may be is not waited for. */
function isWhole(record: Uint8Array): boolean {
  if (record.length < RECORD_HEAD_BYTES) return false;
  return record.length >= RECORD_HEAD_BYTES + Math.min(MAX_RECORD_BYTES, 256 * record[3]! + record[4]!);
}

function refusalOf(code: string): Refusal | undefined {
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return /ALERT_.*(CERTIFICATE|UNKNOWN_CA)/.test(code) ? 'certificate not accepted by the client' : 'TLS handshake failed';
}
