import type { Snapshot } from '../../base/snapshot.ts';
import { Deframer } from '../../wire/deframer.ts';
import { decodeAnnouncement } from '../../wire/messages/announce.ts';
import type { PathFigures } from '../events.ts';
import type { PathId } from '../../base/machine.ts';
import { keyNameOf, mayAnnounce, type Peer } from '../peers/peer.ts';
import { isStreamIdOfKey } from './stream-ids.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { Transport } from '../transport.ts';
import type { Micros } from '../../base/units.ts';
import { PDU_HEADER_BYTES, sameStream, streamIdOf, type MessageView, type PduProblem } from '../../wire/pdu.ts';

/** Why a message did not get further. */
export type DropReason =
  | PduProblem
  /** Longer than anything of its type. */
  | 'too-long-for-type'
  | 'duplicate'
  | 'stale'
  | 'late'
  | 'far-off'
  | 'too-many-streams'
  | 'bad-announce'
  | 'bad-header'
  | 'bad-origin'
  | 'bad-source'
  | 'bad-title'
  | 'bad-timeline'
  | 'bad-moment'
  | 'bad-breaks'
  | 'bad-wants'
  /** A SIGNATURE that is none, or of a key that may not sign this, or not of now. */
  | 'bad-signature'
  /** Another message than its encoder has signed. */
  | 'forged'
  /** It has to be signed, and no signature has come for it. */
  | 'unsigned'
  /** Its peer may not announce that mountpoint, or send what belongs to it. */
  | 'not-allowed'
  /** A peer with a key sends what is of no stream that it has announced. */
  | 'not-announced'
  | 'not-owner'
  /** Of a mountpoint that is not taken in here, or of a stream of which that is not known yet. */
  | 'not-wanted';

export interface PathOptions {
  readonly id: PathId;
  readonly transport: Transport;
  readonly peer: Peer;
  readonly openedAt: Micros;
  /** Is told of each message. */
  readonly message: (path: Path, bytes: Uint8Array, start: number, end: number) => void;
  /** Is told of messages without a byte. */
  readonly empty?: (path: Path) => void;
}

/**
 * Streams that one path may bring which nobody knew: all encoders of a large site at once, by one socket for datagrams, and then as many
 * as start anew in a bad hour. Who invents more is not passed on.
 */
const NEW_STREAMS_AT_ONCE = 1_024;
const NEW_STREAMS_PER_SECOND = 16;
/** Of the newest message, in the lag that is told: with a message a second it follows in ten seconds. */
const LAG_WEIGHT = 0.2;

/** Whether it is a connection that somebody has made to us. */
export function isPushed({ transport, peer }: Pick<PathOptions, 'transport' | 'peer'>): boolean {
  return transport.tellsClose && peer.role !== 'relay';
}

/** An incoming connection, or the datagrams that one address sends to a socket, with its counts. */
export class Path {
  readonly id: PathId;
  readonly transport: Transport;
  readonly peer: Peer;
  /** The peer's. */
  readonly address: string;
  /** A relay that we subscribe to; otherwise whoever pushes to us. */
  readonly isUpstream: boolean;
  /** The name of the key that vouches for whoever pushes to us by it; undefined when none does. */
  readonly key: string | undefined;
  isOpen = true;
  openedAt: Micros;
  /** When it said last, by an empty message, that it waits for something to say; before, when it was opened. */
  waitsSince: Micros;
  /** When a message of a stream came by it last; undefined before the first. */
  usedAt: Micros | undefined;
  /** Streams that it may still bring which nobody knew: `mayBringStream` counts. */
  readonly #newStreams: TokenBucket = new TokenBucket(NEW_STREAMS_AT_ONCE, NEW_STREAMS_PER_SECOND);
  /** The relay at its other end has said, in its HELLO, that it takes titles by this connection. */
  takesTitles = false;
  /** The same of MOMENT and BREAKS. */
  takesMoments = false;
  /** The same of what is wanted, and which version of that it has taken; undefined: none. */
  takesWants = false;
  wantsTaken: number | undefined;
  /** When it was told last what is wanted; undefined: never. */
  wantsToldAt: Micros | undefined;
  messages = 0;
  bytes = 0;
  dropped: Map<DropReason, number> = new Map();
  /** Messages that came behind a later one of their stream. Like `lagUs` a figure to look at, which no saved state has. */
  reordered = 0;
  #lagUs: number | undefined;
  readonly #deframer: Deframer;
  /** The last id that it may use, and the last answer of `maySend`: both are asked for every message. */
  #usedId: Uint8Array | undefined;
  #maySend = { mount: '', may: false };

  constructor({ id, transport, peer, openedAt, message, empty }: PathOptions) {
    this.id = id;
    this.transport = transport;
    this.peer = peer;
    this.address = peer.address;
    this.isUpstream = peer.role === 'relay';
    this.key = this.isUpstream ? undefined : keyNameOf(peer);
    this.openedAt = openedAt;
    this.waitsSince = openedAt;
    this.#deframer = new Deframer((bytes, start, end) => message(this, bytes, start, end), () => empty?.(this));
  }

  /** By how much later than the first path this one delivers the same message, smoothed; undefined: no message has shown it. */
  get lagUs(): number | undefined {
    return this.#lagUs;
  }

  /** A message has come so much later by it than by the first path. */
  delivered(lagUs: number): void {
    this.#lagUs = this.#lagUs === undefined ? lagUs : this.#lagUs + LAG_WEIGHT * (lagUs - this.#lagUs);
  }

  drop(reason: DropReason, count = 1): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  /** Whether it may bring one more stream that nobody knew. */
  mayBringStream(now: Micros): boolean {
    return this.#newStreams.take(now);
  }

  /** Whether its peer may announce what this ANNOUNCE does. One that cannot be read announces nothing. */
  mayAnnounce({ bytes, start, end }: MessageView): boolean {
    if (this.peer.mounts === undefined) return true;
    const announced = decodeAnnouncement(bytes.subarray(start + PDU_HEADER_BYTES, end));
    return announced === undefined || mayAnnounce(this.peer, announced.mountpoint);
  }

  /** Whether the id of this message is one of its peer's key. */
  mayUseId({ bytes, start }: MessageView): boolean {
    if (this.key === undefined) return true;
    if (this.#usedId !== undefined && sameStream(this.#usedId, bytes, start)) return true;
    const id = streamIdOf(bytes, start);
    if (!isStreamIdOfKey(id, this.key)) return false;
    this.#usedId = id;
    return true;
  }

  /** Whether its peer may send what belongs to this mountpoint. */
  maySend(mount: string): boolean {
    if (this.#maySend.mount !== mount) this.#maySend = { mount, may: mayAnnounce(this.peer, mount) };
    return this.#maySend.may;
  }

  get figures(): PathFigures {
    return { messages: this.messages, bytes: this.bytes, dropped: Object.fromEntries(this.dropped) };
  }

  /** Bytes of an unfinished message. */
  get heldBytes(): number {
    return this.#deframer.pendingBytes;
  }

  /** An unfinished message; borrowed. */
  get pending(): Uint8Array {
    return this.#deframer.pending;
  }

  /** Saves or restores what is not given at construction. */
  snapshot(a: Snapshot): void {
    this.openedAt = a.number(this.openedAt);
    this.waitsSince = a.number(this.waitsSince);
    this.usedAt = a.maybeNumber(this.usedAt);
    this.takesTitles = a.flag(this.takesTitles);
    this.takesMoments = a.flag(this.takesMoments);
    this.takesWants = a.flag(this.takesWants);
    this.wantsTaken = a.maybeNumber(this.wantsTaken);
    this.wantsToldAt = a.maybeNumber(this.wantsToldAt);
    this.#newStreams.snapshot(a);
    this.messages = a.number(this.messages);
    this.bytes = a.number(this.bytes);
    this.dropped = new Map(a.list(this.dropped, (drop) => [a.text(drop?.[0] ?? 'late'), a.number(drop?.[1] ?? 0)]));
    this.#deframer.snapshot(a);
  }

  /** @internal */
  push(bytes: Uint8Array): void {
    this.#deframer.push(bytes);
  }
}
