import type net from 'node:net';
import tls from 'node:tls';
import type { Settings } from '../../../core/config/settings.ts';
import { prefixed } from '../../../core/wire/framing.ts';
import { encodeRefused } from '../../../core/wire/messages/refused.ts';
import { vouchedFor } from '../../../core/links/peers/peer.ts';
import { oldest } from '../../../core/links/slots/slots.ts';
import { peerOf, plainAddress } from '../addresses/address.ts';
import { plainLink, rolesByPort, type AcceptedLink, type LinkPort } from '../ingress/accepted-link.ts';
import type { TakeBytes } from '../tcp.ts';
import { Unfinished } from '../unfinished.ts';
import type { Refusal } from '../../log/events.ts';
import type { Refusals } from '../../log/refusals.ts';
import { SteadyTimers, type SteadyTimer } from '../../process/time/steady-timers.ts';
import type { Certificates } from '../tls/certificates.ts';
import { Handshakes, NO_TLS } from '../tls/handshakes.ts';
import { peerNameOf } from './certificate-name.ts';
import { whyLost, type KeyEntry, type LinkRole } from './file/entry.ts';
import { linkContext, verifyProblem } from './link-certificates.ts';
import { MessageCount, type Paces } from './pace.ts';
import type { PeerKeys } from './file/peer-keys.ts';

export interface KeyedPortOptions {
  readonly keys: PeerKeys;
  readonly paces: Paces;
  /** Of this process, for those who are known by theirs; undefined: nobody is. */
  readonly certificates?: Certificates | undefined;
  readonly settings: Settings;
  readonly refusals: Refusals;
  /** Whether an address may do without a key. */
  readonly isPlain: (address: string | undefined) => boolean;
  /** Connections at their handshake, at most. */
  readonly maxHandshakes?: number;
  readonly handshakeMs?: number;
}

/** All edges and encoders of a relay that has been restarted come at once; each is a round trip from its end. */
const MAX_HANDSHAKES = 1_024;
/** They connect again after `connectTimeoutMs`, 2 s, whatever we do. */
const HANDSHAKE_MS = 5_000;
/** Who may do without a key and says nothing may be an original edge, which never does. One with a key begins at once. */
const PLAIN_AFTER_MS = 1_000;

const rolesAt: Readonly<Record<LinkPort, readonly LinkRole[]>> = { in: ['encoder'], out: ['edge', 'relay'] };

/** What a relay says before it closes a connection, so that its operator knows why. Who has no key understands an alert of TLS (RFC 8446, 6): 2 is fatal, 40 handshake_failure. */
const lastWords: Readonly<Partial<Record<Refusal, Uint8Array>>> = {
  'link without a key': Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40),
  'key is for another port': prefixed(encodeRefused('this key is for another port: encoders connect to --in, edges and relays to --out, each with a key of that role')),
  'certificate that is not valid': prefixed(encodeRefused('this certificate is not valid there: of another authority, expired, or not for a client')),
  'certificate of no peer': prefixed(encodeRefused('the name of this certificate has no line in the keys file there')),
};

interface Waiting {
  socket: net.Socket;
  address: string;
  readonly peer: string;
  readonly port: LinkPort;
  readonly mayBePlain: boolean;
  readonly timer: SteadyTimer;
  /** The key that it claims to have, by how it calls it. */
  identity?: string;
  /** Waits for no handshake any more, of who has said nothing. */
  letAlone: () => void;
  readonly take: (link: AcceptedLink) => void;
}

interface Open {
  /** What the file says of it now. */
  readonly now: () => KeyEntry | undefined;
  readonly entry: KeyEntry;
  readonly socket: net.Socket;
  lostBecause?: string;
}

/**
 * Lets in who has a key of the keys file, or a certificate with the name of one of its peers, by TLS 1.3, at all ports of a relay.
 *
 *     connection -> handshake, bounded -> peer known, and for this port? -> its link: who it is, what it may, how fast it is read
 *
 * When the file is read again, connections go on whose peer is still there and may do what it could. Those of others are closed.
 */
export class KeyedPort {
  readonly #options: KeyedPortOptions;
  readonly #context = tls.createSecureContext(linkContext);
  readonly #handshakes = new Handshakes();
  readonly #waiting: Unfinished<Waiting>;
  readonly #timers: SteadyTimers;
  readonly #handshakeMs: number;
  /** By the name of their key, the oldest first. */
  readonly #open = new Map<string, Set<Open>>();

  constructor(options: KeyedPortOptions) {
    this.#options = options;
    this.#waiting = new Unfinished(options.maxHandshakes ?? MAX_HANDSHAKES);
    this.#timers = new SteadyTimers(options.settings);
    this.#handshakeMs = options.handshakeMs ?? HANDSHAKE_MS;
    options.keys.onChange(() => this.#lookAgain());
  }

  stop(): void {
    for (const waiting of this.#waiting) {
      this.#isDone(waiting);
      waiting.socket.destroy();
    }
    this.#timers.stop();
  }

  /** @param take is called once it is known who that is; of who has no place here, never. The socket is not read yet. */
  accept(socket: net.Socket, port: LinkPort, take: (link: AcceptedLink) => void): void {
    // It is closed already, so that the system does not know any more who it was.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const mayBePlain = this.#options.isPlain(socket.remoteAddress);
    const waiting: Waiting = { socket, address: plainAddress(socket.remoteAddress), peer: peerOf(socket), port, mayBePlain, timer: this.#timers.timer(() => this.#isLate(waiting)), letAlone: () => undefined, take };
    socket.once('close', () => this.#isGone(waiting));
    waiting.timer.set(mayBePlain ? PLAIN_AFTER_MS : this.#handshakeMs);
    const longest = this.#waiting.add(waiting);
    if (longest !== undefined) this.#refuse(longest, 'too many unfinished TLS handshakes');
    this.#secure(waiting);
  }

  #secure(waiting: Waiting): void {
    const { certificates } = this.#options;
    waiting.letAlone = this.#handshakes.secure(waiting.socket, new Uint8Array(0), {
      options: () => ({
        secureContext: certificates?.contextFor(undefined) ?? this.#context,
        requestCert: certificates !== undefined,
        pskCallback: (_, identity) => {
          waiting.identity = identity;
          return this.#options.keys.find(identity)?.psk ?? null;
        },
      }),
      begun: (socket) => {
        waiting.socket = socket;
        waiting.timer.set(this.#handshakeMs);
      },
      done: () => {
        const socket = waiting.socket as tls.TLSSocket;
        // A connection by a key counts as one that goes on with an earlier one. There are no others.
        if (!socket.isSessionReused()) return this.#shown(waiting, socket);
        const find = (): KeyEntry | undefined => this.#claimed(waiting);
        const found = find();
        if (found === undefined) this.#refuse(waiting, 'unknown key');
        else this.#known(waiting, found, find);
      },
      failed: (code) => {
        if (code !== NO_TLS) this.#failed(waiting);
        else if (waiting.mayBePlain) this.#plain(waiting);
        else this.#refuse(waiting, 'link without a key');
      },
    });
  }

  /** What the file says of the key that it claims to have. */
  #claimed({ identity }: Waiting): KeyEntry | undefined {
    return identity === undefined ? undefined : this.#options.keys.find(identity)?.entry;
  }

  #failed(waiting: Waiting): void {
    const claimed = this.#claimed(waiting);
    this.#refuse(waiting, waiting.identity !== undefined && claimed === undefined ? 'unknown key' : 'TLS handshake failed', claimed?.name);
  }

  /** Closed by the other end. Who knows our certificate for none of his, or has a key where we show one, says nothing of that. */
  #isGone(waiting: Waiting): void {
    if (waiting.socket instanceof tls.TLSSocket) this.#failed(waiting);
    else this.#isDone(waiting);
  }

  /** Has shown a certificate, or nothing. */
  #shown(waiting: Waiting, socket: tls.TLSSocket): void {
    const { certificates, keys } = this.#options;
    if (certificates === undefined) return this.#refuse(waiting, 'unknown key');
    if (verifyProblem(socket) !== undefined) return this.#refuse(waiting, 'certificate that is not valid');
    const name = peerNameOf(socket.getPeerX509Certificate()!);
    const find = (): KeyEntry | undefined => (name === undefined ? undefined : keys.findCertified(name));
    const found = find();
    if (found === undefined) this.#refuse(waiting, 'certificate of no peer');
    else this.#known(waiting, found, find);
  }

  #known(waiting: Waiting, entry: KeyEntry, now: Open['now']): void {
    const { socket, peer, port, take } = waiting;
    if (!rolesAt[port].includes(entry.role)) return this.#refuse(waiting, 'key is for another port', entry.name);
    this.#isDone(waiting);
    const open: Open = { now, entry, socket };
    const all = this.#open.get(entry.name) ?? new Set();
    this.#open.set(entry.name, all.add(open));
    socket.once('close', () => {
      all.delete(open);
      if (all.size === 0 && this.#open.get(entry.name) === all) this.#open.delete(entry.name);
    });
    if (all.size > entry.limits.connections) this.#close(oldest(all)!, 'too many connections of a key');
    const { mounts, limits } = entry;
    take({
      socket,
      peer: vouchedFor(rolesByPort[port], entry.name, peer, { mounts, ...(port === 'in' && { maxStreams: limits.streams }) }),
      read: (takeBytes) => this.#read(open, takeBytes),
      lostBecause: () => open.lostBecause,
    });
  }

  #read({ socket, entry }: Open, take: TakeBytes): net.Socket {
    const pace = this.#options.paces.of(entry);
    const count = new MessageCount();
    return socket.on('data', (bytes: Uint8Array) => {
      if (!pace.took(socket, bytes.length, count.of(bytes))) this.#options.refusals.count('key sends too fast: read more slowly', entry.name, entry.name);
      take(bytes);
    });
  }

  #plain(waiting: Waiting): void {
    const { socket, port, take } = waiting;
    this.#isDone(waiting);
    take(plainLink(socket, port));
  }

  #isLate(waiting: Waiting): void {
    const { socket, mayBePlain } = waiting;
    const isSilent = !(socket instanceof tls.TLSSocket) && socket.bytesRead === 0;
    if (!isSilent) return this.#refuse(waiting, 'TLS handshake not finished in time');
    if (!mayBePlain) return this.#refuse(waiting, 'link without a key');
    waiting.letAlone();
    this.#plain(waiting);
  }

  /** Those that are still open after the file has changed: their key may be gone, or allow something else. */
  #lookAgain(): void {
    // What is closed leaves these sets later.
    for (const all of this.#open.values()) {
      for (const open of all) {
        const why = whyLost(open.entry, open.now());
        if (why !== undefined) this.#close(open, why);
      }
    }
  }

  #close(open: Open, why: Refusal): void {
    open.lostBecause = why;
    this.#options.refusals.count(why, open.entry.name, open.entry.name);
    open.socket.destroy();
  }

  /** @param key the name that it claims or has shown. */
  #refuse(waiting: Waiting, reason: Refusal, key?: string): void {
    if (!this.#isDone(waiting)) return;
    this.#options.refusals.count(reason, key === undefined ? waiting.peer : `${key} ${waiting.peer}`, key);
    const lastWord = lastWords[reason];
    if (lastWord === undefined || waiting.socket.destroyed) return void waiting.socket.destroy();
    waiting.socket.write(lastWord);
    waiting.socket.destroySoon();
  }

  /** Whether it was not before. */
  #isDone(waiting: Waiting): boolean {
    waiting.timer.cancel();
    return this.#waiting.delete(waiting);
  }
}
