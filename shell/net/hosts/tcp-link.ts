import type net from 'node:net';
import { LENGTH_BYTES } from '../../../core/base/length-prefix.ts';
import { Connector, IDLE, STOPPED, type ConnectorEvent } from '../../../core/links/connector.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { Deframer } from '../../../core/wire/deframer.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { refusedIn } from '../../../core/wire/messages/refused.ts';
import { Reminders } from '../../../core/links/wiring/reminders.ts';
import { monotonicNow } from '../../process/time/clock.ts';
import { formatEndpoint } from '../addresses/address.ts';
import { connectorLog } from './connector-log.ts';
import { Driver } from '../../process/driver.ts';
import type { Log } from '../../log/log.ts';
import { inWords } from '../../process/problems.ts';
import type { Address } from '../addresses/resolve.ts';
import type { LinkWiring } from '../wiring/link-wiring.ts';
import type { Wiring } from '../wiring/wiring.ts';
import type { Handle } from '../../process/upgrade/handle.ts';
import { dialPlain, type Dial, type Dialled, type KeyedDial } from './dial.ts';
import { adoptTcp } from '../tcp.ts';

/** Whoever uses a link. `up` and `down` alternate; `bytes` are borrowed for the call. */
export interface LinkUser {
  up(link: TcpLink): void;
  bytes(link: TcpLink, bytes: Uint8Array): void;
  down(link: TcpLink, reason: string): void;
  /** The connection, or an attempt at one, has failed. */
  failed?(): void;
}

export interface LinkOptions {
  readonly hosts: Address;
  readonly port: number;
  /** What was given for it, `host:port`. */
  readonly endpoint: string;
  readonly wiring: Wiring;
  readonly settings: Settings;
  /** Close it when it has carried something and then nothing for `idleMs`: for links that we read. */
  readonly watchIdle: boolean;
  /** How the connection is made; without TLS, unless given. */
  readonly dial?: Dial | undefined;
  /** Several sources send by it: that it is there is said also while it is used, because one of them may have paused. */
  readonly isShared?: () => boolean;
  /** A connection that another process has had, which it goes on with instead of making one. */
  readonly adopted?: Handle | undefined;
  /** Whoever has refused us is asked again about so often. */
  readonly refusedAgainMs?: number;
  readonly log: Log;
}

/** A connection that is there already: it does not open any more. */
const NOT_DIALLED = { opened: 'connect', reasonOf: inWords } as const;
/** A length of zero, which everybody skips. */
const EMPTY_MESSAGE = new Uint8Array(2);
/** One by a key that is not refused is answered at once: a relay that says nothing for so long is an older one. */
const KEYED_PROOF_MS = 1_000;
/** An encoder without a key is refused as soon as it says anything. */
const TARGET_PROOF_MS = 1_000;
/** Who only reads is refused when a relay has waited for its handshake for 5 s. An original relay without a stream never says anything. */
const RELAY_PROOF_MS = 6_000;
/** The connector gives up later. */
const PROOF_LIMIT_MS = 60_000;
/** Whoever has refused us is asked again about so often: somebody has to change something first, and a keys file is read within 4 s. */
const REFUSED_AGAIN_MS = 5_000;
const CLOSED_BY_PEER = 'closed by peer';
const SPEAKS_TLS = 'the other end speaks TLS: it takes in only who has a key or a certificate, or is no relay';
const CLOSED_AT_ONCE = 'the other end closes the connection at once: its log says why';
/** Said at the latest after twice this: before a relay believes another connection from the same address (1.5 s), so that in a pause a stream stays its encoder's. */
const WAITS_EVERY_MS = 200;

/** A connection to one address, opened again whenever it is lost. When, the core's Connector says. */
export class TcpLink {
  readonly label: string;
  readonly hosts: Address;
  readonly #options: LinkOptions;
  readonly #user: LinkUser;
  readonly #connector: Connector;
  readonly #driver: Driver;
  readonly #wiring: LinkWiring;
  #socket: net.Socket | undefined;
  #isUp = false;
  /** It is closed after what was written, and not made again. */
  #isFinishing = false;
  #waitNoMore: () => void = () => undefined;
  /** Which of the hosts is tried. */
  #host = 0;
  /** It has been refused without opening, or by what came first: the next one has to show that it is not. */
  #isDoubted = false;
  /** Until it is known whether the connection is refused: the first messages of one by a key, and until when they are waited for. */
  #proof: { readonly first: Deframer | undefined; readonly late: NodeJS.Timeout } | undefined;
  /** Why the other end has refused this connection. */
  #refusedBecause: string | undefined;
  /** What is to be told of an attempt that was given up. */
  #unanswered: string | undefined;
  readonly #reminders = new Reminders();
  /** It has no beginning here: what it is was found out by the process before. */
  #adopted: Handle | undefined;

  constructor(options: LinkOptions, user: LinkUser) {
    const { settings, watchIdle, hosts, port, endpoint, wiring, adopted, log } = options;
    this.#adopted = adopted;
    this.hosts = hosts;
    this.label = formatEndpoint({ transport: 'tcp', host: hosts[0], port });
    this.#options = options;
    this.#user = user;
    this.#wiring = wiring.dialled({ endpoint, label: this.label, expected: watchIdle ? 'relay' : 'target', mayAsk: options.dial === undefined || options.dial === dialPlain });
    const tell = connectorLog(log, this.label);
    this.#connector = new Connector(
      { settings, watchIdle, random: Math.random },
      {
        connect: () => this.#connect(),
        disconnect: () => this.#drop(this.#connector.state === 'stopped' ? STOPPED : IDLE),
        event: (event) => {
          if (this.#adopted === undefined) tell(this.#explained(event));
          if (event.kind === 'disconnected') user.failed?.();
        },
      },
    );
    this.#driver = new Driver(this.#connector, settings);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Written, but not taken by the system yet. */
  get backlogBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  start(): void {
    this.#connector.start(this.#driver.now);
    if (this.#adopted !== undefined) this.#opened(this.#socket!);
    this.#driver.settle();
  }

  /** The connection, while it is there. */
  get socket(): net.Socket | undefined {
    return this.#isUp ? this.#socket : undefined;
  }

  /** What comes stays with the system. */
  pause(): void {
    this.#socket?.pause();
  }

  goOn(): void {
    this.#socket?.resume();
  }

  /** The connection is another process's now: makes one of its own. */
  renew(): void {
    this.#connector.stop(this.#driver.now);
    this.#connector.start(this.#driver.now);
    this.#driver.settle();
  }

  /** The bytes are kept until they are written: they must not change any more. */
  write(bytes: Uint8Array): void {
    if (this.#isUp) this.#socket?.write(bytes);
  }

  /** Destroys the connection and makes it again. */
  reset(reason: string): void {
    this.#drop(reason);
    this.#connector.lost(this.#driver.now, reason);
    this.#driver.settle();
  }

  stop(): void {
    this.#wiring.stop();
    this.#connector.stop(this.#driver.now);
    this.#driver.stop();
  }

  /** Closes it after what was written; resolves when that is through, or after `limitMs`. */
  async finish(limitMs: number): Promise<void> {
    const socket = this.#socket;
    if (socket !== undefined && this.#isUp) {
      this.#isFinishing = true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.end();
      });
    }
    this.stop();
  }

  #connect(): void {
    const { hosts, port, settings, watchIdle, isShared = () => false, dial = dialPlain } = this.#options;
    const host = hosts[this.#host % hosts.length]!;
    const adopted = this.#adopted;
    const take = (bytes: Uint8Array): void => {
      if (this.#isRefusal(bytes)) return;
      if (adopted === undefined) this.#wiring.heard(bytes);
      if (this.#wiring.metTls) this.#refusedBecause = SPEAKS_TLS;
      if (this.#proof !== undefined) {
        // It is not waited for the other end to close it.
        if (this.#refusedBecause !== undefined) return void socket.destroy();
        this.#proven();
      }
      // A relay without a stream says HELLO and no more: that is no dead connection.
      if (adopted !== undefined || this.#wiring.hasCarried) this.#connector.carried(this.#driver.now);
      this.#driver.settle();
      this.#user.bytes(this, bytes);
    };
    const dialled: Dialled = adopted === undefined ? dial({ host, port, keepAliveMs: settings.keepAliveMs }, take) : { ...NOT_DIALLED, socket: adoptTcp(adopted, take) };
    const { socket, opened, reasonOf, keyed } = dialled;
    let reason = CLOSED_BY_PEER;
    this.#socket = socket;
    this.#refusedBecause = undefined;
    this.#unanswered = undefined;
    if (keyed !== undefined) socket.once('connect', () => (this.#unanswered = keyed.unanswered));
    socket.on(opened, () => {
      if (this.#socket !== socket || socket.destroyed) return;
      this.#unanswered = undefined;
      this.#wiring.opened(socket);
      if (keyed !== undefined || this.#isDoubted) this.#wantProof(socket, keyed !== undefined);
      if (!watchIdle) this.#waitNoMore = sayWhileWaiting(() => (isShared() ? undefined : socket.bytesWritten), (message) => void (socket.writable && socket.write(message)));
      if (this.#proof === undefined) this.#opened(socket);
    });
    socket.on('error', (error) => {
      reason = reasonOf(error);
    });
    socket.on('close', () => {
      if (this.#socket !== socket || this.#isFinishing) return;
      if (!this.#isUp) this.#host++;
      this.#wiring.closed();
      const why = this.#whyRefused(reason, keyed);
      if (why !== undefined) this.#tellRefused(why);
      this.#isDoubted = why !== undefined;
      this.#drop(why ?? reason);
      this.#connector.lost(this.#driver.now, why ?? reason, why === undefined ? 0 : (this.#options.refusedAgainMs ?? REFUSED_AGAIN_MS));
      this.#driver.settle();
    });
  }

  /** It is not up before the other end has said something, or has had time to refuse it. Without a key it has to hear something for that, which everybody skips. */
  #wantProof(socket: net.Socket, isKeyed: boolean): void {
    const { watchIdle } = this.#options;
    const waitMs = isKeyed ? KEYED_PROOF_MS : watchIdle ? RELAY_PROOF_MS : TARGET_PROOF_MS;
    const first = isKeyed ? new Deframer((bytes, start, end) => (this.#refusedBecause ??= refusedIn(bytes, start, end))) : undefined;
    this.#proof = { first, late: setTimeout(() => this.#proven(), waitMs) };
    this.#connector.established(this.#driver.now, PROOF_LIMIT_MS);
    this.#driver.settle();
    if (!isKeyed && !watchIdle) socket.write(EMPTY_MESSAGE);
  }

  /** Whether what comes first of a connection by a key is a REFUSED, of which the end may be still to come; a HELLO is written as a whole. */
  #isRefusal(bytes: Uint8Array): boolean {
    const first = this.#proof?.first;
    if (first === undefined) return false;
    first.push(bytes);
    if (this.#refusedBecause !== undefined) this.#socket?.destroy();
    return this.#refusedBecause !== undefined || bytes[LENGTH_BYTES] === MessageType.REFUSED;
  }

  #proven(): void {
    const socket = this.#socket;
    this.#endProof();
    if (socket === undefined || socket.destroyed) return;
    this.#isDoubted = false;
    this.#opened(socket);
  }

  #endProof(): void {
    clearTimeout(this.#proof?.late);
    this.#proof = undefined;
  }

  /** Why a connection that was closed is one that the other end refuses; undefined: it is an ordinary loss. */
  #whyRefused(reason: string, keyed: KeyedDial | undefined): string | undefined {
    if (this.#refusedBecause !== undefined) return this.#refusedBecause;
    if (keyed?.isRefusal(reason) === true) return reason;
    return this.#proof !== undefined && reason === CLOSED_BY_PEER ? CLOSED_AT_ONCE : undefined;
  }

  #tellRefused(reason: string): void {
    if (this.#reminders.take(monotonicNow(), reason)) this.#options.log({ kind: 'link-refused', peer: this.label, reason });
  }

  /** An attempt that was given up in its handshake. */
  #explained(event: ConnectorEvent): ConnectorEvent {
    const reason = this.#unanswered;
    if (event.kind !== 'disconnected' || event.reason !== 'connect-timeout' || reason === undefined) return event;
    this.#tellRefused(reason);
    return { ...event, reason };
  }

  #opened(socket: net.Socket): void {
    this.#isUp = true;
    this.#connector.opened(this.#driver.now);
    // It has carried something before.
    if (this.#adopted !== undefined) this.#connector.carried(this.#driver.now);
    this.#driver.settle();
    this.#adopted = undefined;
    this.#user.up(this);
    if (socket.isPaused()) socket.resume();
  }

  /** Lets the socket go; whatever it still reports is of no interest. */
  #drop(reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#endProof();
    this.#waitNoMore();
    socket?.destroy();
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#wiring.dropped();
    this.#user.down(this, reason);
  }
}

/**
 * A relay closes connections by which nothing comes, and takes a silent encoder's streams from others: of one that has nothing to send it hears this.
 *
 * @param sentBytes what has gone out by the connection so far; undefined: it is said whatever goes out.
 * @return ends it.
 */
export function sayWhileWaiting(sentBytes: () => number | undefined, say: (message: Uint8Array) => void): () => void {
  let sent: number | undefined = 0;
  const timer = setInterval(() => {
    const before = sent;
    if (sentBytes() === undefined || sentBytes() === before) say(EMPTY_MESSAGE);
    sent = sentBytes();
  }, WAITS_EVERY_MS);
  return () => clearInterval(timer);
}
