import type net from 'node:net';
import tls from 'node:tls';
import type { Refusal } from '../../log/events.ts';
import type { Log } from '../../log/log.ts';
import { prepareReplacement } from '../../process/service/replacement.ts';
import { Certificates } from './certificates.ts';
import { Handshakes, NO_TLS } from './handshakes.ts';
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

/** Secures the connections of a port that is given to it, by certificates. */
export class TlsPort {
  readonly port: number;
  readonly #log: Log;
  #files: readonly PairFiles[];
  #certificates: Certificates;
  readonly #handshakes = new Handshakes();

  constructor({ port, certificates }: TlsConfig, log: Log) {
    this.port = port;
    this.#log = log;
    this.#files = certificates;
    this.#certificates = new Certificates({ files: certificates, log });
  }

  /** Rejects with a UsageError when a certificate cannot be used. */
  start(): Promise<void> {
    return this.#certificates.start();
  }

  stop(): void {
    this.#certificates.stop();
  }

  /** Reads other certificates, for connections that are made from then on, and has prepared what else changes with them; rejects when either fails, and nothing has changed then. */
  async prepare<Changed>(files: readonly PairFiles[], others: () => Promise<() => Changed>): Promise<() => Changed> {
    if (JSON.stringify(files) === JSON.stringify(this.#files)) return await others();
    const next = new Certificates({ files, log: this.#log });
    return await prepareReplacement(next, () => {
      this.#certificates.stop();
      this.#certificates = next;
      this.#files = files;
    }, others);
  }

  /** @param first what has come by it. */
  secure(accepted: net.Socket, first: Uint8Array, handshake: Handshake): void {
    this.#handshakes.secure(accepted, first, {
      options: () => ({
        secureContext: this.#certificates.contextFor(undefined),
        SNICallback: (name, choose) => choose(null, this.#certificates.contextFor(name)),
      }),
      begun: (socket) => handshake.begun(socket),
      done: () => handshake.done(),
      failed: (code) => handshake.failed(code === NO_TLS ? 'no TLS on the TLS port' : refusalOf(code)),
    });
  }
}

/** See TlsPort.prepare: where there is such a port, now and then. */
export function prepareCertificates<Changed>(port: TlsPort | undefined, next: TlsConfig | undefined, others: () => Promise<() => Changed>): Promise<() => Changed> {
  return port === undefined || next === undefined ? others() : port.prepare(next.certificates, others);
}

/** A connection that came by TLS. */
export function isSecure(socket: net.Socket): boolean {
  return socket instanceof tls.TLSSocket;
}

function refusalOf(code: string): Refusal | undefined {
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return /ALERT_.*(CERTIFICATE|UNKNOWN_CA)/.test(code) ? 'certificate not accepted by the client' : 'TLS handshake failed';
}
