import type net from 'node:net';
import tls from 'node:tls';
import { constants } from 'node:crypto';
import type { Settings } from '../../core/config/settings.ts';
import { vouchedFor, type PeerRole } from '../../core/links/peer.ts';
import { peerOf, plainAddress } from '../net/address.ts';
import { plainLink, type AcceptedLink } from '../net/accepted-link.ts';
import type { TakeBytes } from '../net/tcp.ts';
import { Unfinished } from '../net/unfinished.ts';
import type { Refusal } from '../log/events.ts';
import type { Refusals } from '../log/refusals.ts';
import { SteadyTimers, type SteadyTimer } from '../process/steady-timers.ts';
import { Handshakes, NO_TLS } from '../tls/handshakes.ts';
import { tlsOfKeys } from './dial.ts';
import type { KeyEntry, LinkRole } from './entry.ts';
import { MessageCount, Pace } from './pace.ts';
import type { KnownPeer, PeerKeys } from './peer-keys.ts';

/** Which port a connection has come by: that of those who push, or that of those who subscribe. */
export type LinkPort = 'in' | 'out';

export interface KeyedPortOptions {
  readonly keys: PeerKeys;
  readonly settings: Settings;
  readonly refusals: Refusals;
  /** Whether an address may do without a key. */
  readonly isPlain: (address: string | undefined) => boolean;
  /** Connections at their handshake, at most. */
  readonly maxHandshakes?: number;
  readonly handshakeMs?: number;
  readonly plainAfterMs?: number;
}

/** All edges and encoders of a relay that has been restarted come at once; each is a round trip from its end. */
const MAX_HANDSHAKES = 1_024;
/** They connect again after `connectTimeoutMs`, 2 s, whatever we do. */
const HANDSHAKE_MS = 5_000;
/** Who may do without a key and says nothing may be an original edge, which never does. One with a key begins at once. */
const PLAIN_AFTER_MS = 1_000;

const rolesAt: Readonly<Record<LinkPort, readonly LinkRole[]>> = { in: ['encoder'], out: ['edge', 'relay'] };
const peerRoles: Readonly<Record<LinkPort, PeerRole>> = { in: 'source', out: 'subscriber' };

interface Waiting {
  socket: net.Socket;
  address: string;
  readonly peer: string;
  readonly port: LinkPort;
  readonly mayBePlain: boolean;
  readonly timer: SteadyTimer;
  readonly take: (link: AcceptedLink) => void;
}

interface Open {
  readonly identity: string;
  readonly entry: KeyEntry;
  readonly socket: net.Socket;
  lostBecause?: string;
}

/**
 * Lets in who has a key of the keys file, by TLS 1.3, at all ports of a relay.
 *
 *     connection -> handshake, bounded -> key known, and for this port? -> its link: who it is, what it may, how fast it is read
 *
 * When the file is read again, connections go on whose key is still there and allows what it did. Those of others are closed.
 */
export class KeyedPort {
  readonly #options: KeyedPortOptions;
  readonly #context = tls.createSecureContext({
    ...tlsOfKeys,
    // Whoever goes on with a session shows no key: there are none to go on with.
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
  readonly #handshakes = new Handshakes();
  readonly #waiting: Unfinished<Waiting>;
  readonly #timers: SteadyTimers;
  readonly #handshakeMs: number;
  readonly #plainAfterMs: number;
  /** By the name of their key, the oldest first. */
  readonly #open = new Map<string, Set<Open>>();
  readonly #paces = new WeakMap<KeyEntry, Pace>();

  constructor(options: KeyedPortOptions) {
    this.#options = options;
    this.#waiting = new Unfinished(options.maxHandshakes ?? MAX_HANDSHAKES);
    this.#timers = new SteadyTimers(options.settings);
    this.#handshakeMs = options.handshakeMs ?? HANDSHAKE_MS;
    this.#plainAfterMs = options.plainAfterMs ?? PLAIN_AFTER_MS;
    options.keys.onChange(() => this.#lookAgain());
  }

  stop(): void {
    for (const { socket } of this.#waiting) socket.destroy();
    this.#timers.stop();
  }

  /** @param take is called once it is known who that is; of who has no place here, never. The socket is not read yet. */
  accept(socket: net.Socket, port: LinkPort, take: (link: AcceptedLink) => void): void {
    // It is closed already, so that the system does not know any more who it was.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const mayBePlain = this.#options.isPlain(socket.remoteAddress);
    const waiting: Waiting = { socket, address: plainAddress(socket.remoteAddress), peer: peerOf(socket), port, mayBePlain, timer: this.#timers.timer(() => this.#isLate(waiting)), take };
    socket.once('close', () => this.#isDone(waiting));
    waiting.timer.set(mayBePlain ? this.#plainAfterMs : this.#handshakeMs);
    const longest = this.#waiting.add(waiting);
    if (longest !== undefined) this.#refuse(longest, 'too many unfinished TLS handshakes');
    this.#secure(waiting);
  }

  #secure(waiting: Waiting): void {
    let known: string | undefined;
    this.#handshakes.secure(waiting.socket, new Uint8Array(0), {
      options: () => ({
        secureContext: this.#context,
        pskCallback: (_, identity) => {
          known = identity;
          return this.#options.keys.find(identity)?.psk ?? null;
        },
      }),
      begun: (socket) => {
        waiting.socket = socket;
        waiting.timer.set(this.#handshakeMs);
      },
      done: () => {
        const found = known === undefined ? undefined : this.#options.keys.find(known);
        if (found === undefined) this.#refuse(waiting, 'unknown key');
        else this.#known(waiting, known!, found);
      },
      failed: (code) => {
        if (code !== NO_TLS) this.#refuse(waiting, known !== undefined && this.#options.keys.find(known) === undefined ? 'unknown key' : 'TLS handshake failed');
        else if (waiting.mayBePlain) this.#plain(waiting);
        else this.#refuse(waiting, 'link without a key');
      },
    });
  }

  #known(waiting: Waiting, identity: string, { entry }: KnownPeer): void {
    const { socket, peer, port, take } = waiting;
    if (!rolesAt[port].includes(entry.role)) return this.#refuse(waiting, 'key is for another port');
    this.#isDone(waiting);
    const open: Open = { identity, entry, socket };
    const all = this.#open.get(entry.name) ?? new Set();
    this.#open.set(entry.name, all.add(open));
    socket.once('close', () => {
      all.delete(open);
      if (all.size === 0 && this.#open.get(entry.name) === all) this.#open.delete(entry.name);
    });
    if (all.size > entry.limits.connections) for (const oldest of all) {
      this.#close(oldest, 'too many connections of a key');
      break;
    }
    const { mounts, limits } = entry;
    take({
      socket,
      peer: vouchedFor(peerRoles[port], entry.name, peer, { mounts, ...(port === 'in' && { maxStreams: limits.streams }) }),
      read: (takeBytes) => this.#read(open, takeBytes),
      lostBecause: () => open.lostBecause,
    });
  }

  #read({ socket, entry }: Open, take: TakeBytes): net.Socket {
    const pace = this.#paces.get(entry) ?? new Pace(entry.limits);
    this.#paces.set(entry, pace);
    const count = new MessageCount();
    return socket.on('data', (bytes: Uint8Array) => {
      if (!pace.took(socket, bytes.length, count.of(bytes))) this.#options.refusals.count('key sends too fast: read more slowly', entry.name);
      take(bytes);
    });
  }

  #plain(waiting: Waiting): void {
    const { socket, port, take } = waiting;
    this.#isDone(waiting);
    take(plainLink(socket, port === 'in' ? 'source' : 'subscriber'));
  }

  #isLate(waiting: Waiting): void {
    const { socket, mayBePlain } = waiting;
    const isSilent = !(socket instanceof tls.TLSSocket) && socket.bytesRead === 0;
    if (!isSilent) return this.#refuse(waiting, 'TLS handshake not finished in time');
    if (!mayBePlain) return this.#refuse(waiting, 'link without a key');
    socket.removeAllListeners('readable');
    this.#plain(waiting);
  }

  /** Those that are still open after the file has changed: their key may be gone, or allow something else. */
  #lookAgain(): void {
    // What is closed leaves these sets later.
    for (const all of this.#open.values()) {
      for (const open of all) {
        const now = this.#options.keys.find(open.identity);
        if (now === undefined) this.#close(open, 'key withdrawn');
        else if (rightsOf(now.entry) !== rightsOf(open.entry)) this.#close(open, 'rights of a key changed');
      }
    }
  }

  #close(open: Open, why: Refusal): void {
    open.lostBecause = why;
    this.#options.refusals.count(why, open.entry.name);
    open.socket.destroy();
  }

  #refuse(waiting: Waiting, reason: Refusal): void {
    if (!this.#isDone(waiting)) return;
    this.#options.refusals.count(reason, waiting.peer);
    waiting.socket.destroy();
  }

  /** Whether it was not before. */
  #isDone(waiting: Waiting): boolean {
    waiting.timer.cancel();
    return this.#waiting.delete(waiting);
  }
}

function rightsOf({ role, mounts, limits }: KeyEntry): string {
  return JSON.stringify([role, mounts, limits]);
}
