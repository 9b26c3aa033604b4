import type { RemoteInfo } from 'node:dgram';
import { TokenBucket } from '../../../core/base/token-bucket.ts';
import type { Micros } from '../../../core/base/units.ts';
import { vouchedFor, type Peer } from '../../../core/links/peers/peer.ts';
import { isOfOurTime, SenderStarts, type SenderStart } from '../../../core/links/sealed/sender-starts.ts';
import { counterOf, isEnvelope, isWholeEnvelope, KEY_ID_AT, KEY_ID_BYTES, sentAtOf, START_AT, START_BYTES } from '../../../core/wire/envelope.ts';
import type { Refusal } from '../../log/events.ts';
import type { Log } from '../../log/log.ts';
import { Refusals } from '../../log/refusals.ts';
import { formatPeer, plainAddress } from '../addresses/address.ts';
import type { InnerPath } from '../ingress/accepted-paths.ts';
import type { TakeDatagram } from '../udp.ts';
import { monotonicNow } from '../../process/time/clock.ts';
import { whyLost, type KeyEntry } from './file/entry.ts';
import type { Paces } from './pace.ts';
import type { KnownPeer, PeerKeys } from './file/peer-keys.ts';
import { keyOfStart, startOf, unseal } from './seal.ts';

export interface DatagramPortOptions {
  /** Undefined: everybody may send, and nothing is sealed. */
  readonly keys: PeerKeys | undefined;
  readonly paces: Paces;
  readonly log: Log;
  /** Whether an address may send at all. */
  readonly isAllowed: (address: string) => boolean;
  /** Whether an address may do without a key. */
  readonly isPlain: (address: string) => boolean;
  /** Makes a path of what a sender with a key sends; undefined when there are too many. */
  readonly open: (peer: Peer) => InnerPath | undefined;
  /** The wall clock: milliseconds since 1970. */
  readonly wallMs?: () => number;
  readonly now?: () => Micros;
}

/** What belongs to a start of a sender. */
interface Sender {
  /** The key that its newest datagram names, and what this start makes of it. */
  keyId: string;
  key: Uint8Array;
  /** Undefined while it may send nothing. */
  path: InnerPath | undefined;
  /** What the path was opened for. */
  entry: KeyEntry;
}

type Starts = SenderStarts<Sender>;

/** So often at most a reason is told of. */
const TELL_MS = 60_000;
/** So often it is looked which senders are silent. */
const SWEEP_MS = 10_000;
/**
 * Whoever has seen a datagram knows the id of its key, and can invent starts; each costs 12 us to be found out. What is more of them in a second, of all
 * keys together, is dropped unopened: so they cost 3 % of a core at most. Senders that are known are not concerned.
 */
const MAX_TRIES_PER_SECOND = 2_500;

/**
 * Takes the datagrams of a relay's sockets, plain ones and sealed ones.
 *
 *     datagram -> address allowed? -> sealed? -> key known? -> of our time? -> not there yet? -> opens? -> within its limits? -> the path of its start
 *                                       +-> may do without? -> the path of its address
 *
 * Nothing is kept of what does not open, and what names no key of the file costs no cryptography.
 */
export class DatagramPort {
  readonly #options: DatagramPortOptions;
  readonly #refusals: Refusals;
  readonly #wallMs: () => number;
  readonly #now: () => Micros;
  /** By the names of their keys: those that there are in the file, or were since the start. */
  readonly #starts = new Map<string, Starts>();
  readonly #tries = new TokenBucket(MAX_TRIES_PER_SECOND, MAX_TRIES_PER_SECOND);
  readonly #sweep: NodeJS.Timeout | undefined;

  constructor(options: DatagramPortOptions) {
    const { keys, log, wallMs = Date.now, now = monotonicNow } = options;
    this.#options = options;
    this.#refusals = new Refusals(log, 'refused', TELL_MS);
    this.#wallMs = wallMs;
    this.#now = now;
    if (keys === undefined) return;
    keys.onChange(() => this.#lookAgain());
    this.#sweep = setInterval(() => this.forgetSilent(), SWEEP_MS).unref();
  }

  stop(): void {
    clearInterval(this.#sweep);
    this.#refusals.stop();
  }

  /** The datagrams of one socket. @param plain takes those that are not sealed. */
  takeFrom(plain: TakeDatagram): TakeDatagram {
    const { keys, isAllowed, isPlain } = this.#options;
    return (bytes, from) => {
      const { address } = from;
      if (!isAllowed(address)) this.#refuse('not allowed', from);
      else if (isEnvelope(bytes)) this.#takeSealed(bytes, from);
      else if (keys !== undefined && !isPlain(address)) this.#refuse('datagram without a key', from);
      else plain(bytes, from);
    };
  }

  /** Lets go of senders of which nothing can come again. */
  forgetSilent(): void {
    const now = this.#wallMs();
    for (const starts of this.#starts.values()) for (const { its } of starts.forgetBefore(now)) its.path?.close('silent');
  }

  #takeSealed(bytes: Uint8Array, from: RemoteInfo): void {
    const { keys, paces, open } = this.#options;
    if (keys === undefined) return this.#refuse('sealed datagram, but no --keys', from);
    if (!isWholeEnvelope(bytes)) return this.#refuse('datagram in an unknown envelope', from);
    const id = textAt(bytes, KEY_ID_AT, KEY_ID_BYTES);
    const known = keys.findSealed(id);
    if (known === undefined) return this.#refuse('datagram of an unknown key', from);
    const { entry } = known;
    const opened = this.#open(bytes, id, known);
    if (typeof opened === 'string') return this.#refuse(opened, from, entry.name);
    if (!paces.of(entry).tookDatagram(opened.message.length)) return this.#refuse('key sends too fast: datagram dropped', from, entry.name);
    const { its } = opened.start;
    if (its.path === undefined) {
      const { mounts, limits: { streams } } = entry;
      its.entry = entry;
      its.path = open(vouchedFor('source', entry.name, formatPeer(from.address, from.port), { mounts, maxStreams: streams }));
    }
    its.path?.receive(opened.message);
  }

  /** The message of a datagram that is what it says, once, or why it is not. */
  #open(bytes: Uint8Array, id: string, { entry, seal }: KnownPeer): { readonly start: SenderStart<Sender>; readonly message: Uint8Array } | Refusal {
    if (entry.role !== 'encoder') return 'key is for another port';
    const [counter, sentAtMs] = [counterOf(bytes), sentAtOf(bytes)];
    if (!isOfOurTime(sentAtMs, this.#wallMs())) return 'datagram of another time';
    const starts = this.#startsOf(entry.name);
    const name = textAt(bytes, START_AT, START_BYTES);
    const known = starts.find(name);
    if (known === undefined ? !starts.mayBegin(sentAtMs) : !known.isNew(counter, sentAtMs)) return 'datagram repeated';
    if (known === undefined && !this.#tries.take(this.#now())) return 'too many datagrams of unknown senders';
    const key = known?.its.keyId === id ? known.its.key : keyOfStart(seal.key, startOf(bytes));
    const message = unseal(key, bytes);
    if (message === undefined) return 'datagram with a bad seal';
    const start = known ?? this.#begin(starts, name, { keyId: id, key, path: undefined, entry });
    start.add(counter, sentAtMs);
    start.its.keyId = id;
    start.its.key = key;
    return { start, message };
  }

  #begin(starts: Starts, name: string, sender: Sender): SenderStart<Sender> {
    const { begun, gone } = starts.begin(name, sender, sender.entry.limits.connections);
    gone?.its.path?.close('too many senders of a key');
    return begun;
  }

  #startsOf(name: string): Starts {
    const known = this.#starts.get(name);
    if (known !== undefined) return known;
    const starts: Starts = new SenderStarts();
    this.#starts.set(name, starts);
    return starts;
  }

  /** The file has changed. What is known of senders stays: their datagrams are none the newer for it. */
  #lookAgain(): void {
    for (const starts of this.#starts.values()) {
      for (const { its } of starts.all) {
        const why = whyLost(its.entry, this.#options.keys?.findSealed(its.keyId)?.entry);
        if (its.path === undefined || why === undefined) continue;
        this.#refusals.count(why, its.entry.name, its.entry.name);
        its.path.close(why);
        its.path = undefined;
      }
    }
  }

  #refuse(reason: Refusal, { address, port }: RemoteInfo, key?: string): void {
    const peer = key === undefined ? plainAddress(address) : `${key} ${formatPeer(address, port)}`;
    this.#refusals.count(reason, peer, key);
  }
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');
}
