import type { Snapshot } from '../../base/snapshot.ts';
import { addressOf } from '../../wire/messages/extensions.ts';
import { matchesGlob } from './globs.ts';

/** 'source': sends streams to us; 'relay': we subscribe to it; 'subscriber': is sent everything by us. */
export type PeerRole = 'source' | 'relay' | 'subscriber';

/**
 * Whoever is at the other end of a path or a subscription. Given when that is opened, and the same until it closes: where a handshake
 * says who it is and what it may do, a path is opened behind that.
 */
export interface Peer {
  /** As events have it in their `label`. */
  readonly name: string;
  /** Who it is, for slots and ownership: `key:NAME` where a key vouches for it, otherwise its address without a port; '' when there is none that can be passed on. */
  readonly address: string;
  readonly role: PeerRole;
  /** The mountpoints that it may announce, or set titles of, without their leading slash; `*` stands for any characters; undefined: all. */
  readonly mounts: readonly string[] | undefined;
  /** Streams that it may bring at a time; as many as there is room for, unless given. */
  readonly maxStreams?: number | undefined;
}

/** What a key allows. */
export type PeerRights = Pick<Peer, 'mounts' | 'maxStreams'>;

/** Of this peer nothing is known but where it connects from, and it may do everything. @param from `address:port`, or the address alone. */
export function anonymous(role: PeerRole, from: string): Peer {
  return { name: from, address: addressOf(from), role, mounts: undefined };
}

/** What stands in front of the name of a key, where an address stands otherwise. No address begins so. */
const KEY_PREFIX = 'key:';

/** Of this peer a handshake has shown that it has the key of this name. @param from `address:port`. */
export function vouchedFor(role: PeerRole, key: string, from: string, { mounts, maxStreams }: PeerRights): Peer {
  return { name: `${key} ${from}`, address: `${KEY_PREFIX}${key}`, role, mounts, ...(maxStreams !== undefined && { maxStreams }) };
}

/** Whether an `address` of a peer, or of what a relay says of a source, is that of a key. */
export function isOfKey(address: string): boolean {
  return address.startsWith(KEY_PREFIX);
}

/** The name of the key that vouches for a peer; undefined when none does. */
export function keyNameOf({ address }: Peer): string | undefined {
  return isOfKey(address) ? address.slice(KEY_PREFIX.length) : undefined;
}

/** Whether nothing more is known of it than `anonymous` says. */
export function isAnonymous({ name, address, mounts, maxStreams }: Peer): boolean {
  return mounts === undefined && maxStreams === undefined && address === addressOf(name);
}

export function mayAnnounce({ mounts }: Peer, mount: string): boolean {
  return mounts === undefined || mounts.some((glob) => matchesGlob(glob, mount));
}

/** A subscriber in one text, which is all the room that recordings have for one: of an anonymous one its name. */
export function textOfSubscriber(peer: Peer): string {
  return isAnonymous(peer) ? peer.name : [peer.name, peer.address, ...(peer.mounts === undefined ? [] : ['', ...peer.mounts])].join(SEPARATOR);
}

export function subscriberOfText(text: string): Peer {
  const [name = '', address, limited, ...mounts] = text.split(SEPARATOR);
  if (address === undefined) return anonymous('subscriber', name);
  return { name, address, role: 'subscriber', mounts: limited === undefined ? undefined : mounts };
}

/** Saves or restores the peer of a path. */
export function snapshotPeer(a: Snapshot, peer: Peer | undefined): Peer {
  const name = a.text(peer?.name ?? '');
  const isKnown = peer !== undefined && !isAnonymous(peer);
  const bits = a.byte((peer?.role === 'relay' ? PeerBits.relay : 0) | (isKnown ? PeerBits.known : 0) | (peer?.maxStreams === undefined ? 0 : PeerBits.limited));
  const role = (bits & PeerBits.relay) === 0 ? 'source' : 'relay';
  if ((bits & PeerBits.known) === 0) return peer ?? anonymous(role, name);
  const address = a.text(peer?.address ?? '');
  const hasMounts = a.flag(peer?.mounts !== undefined);
  const mounts = hasMounts ? a.list(peer?.mounts ?? [], (mount) => a.text(mount ?? '')) : undefined;
  return { name, address, role, mounts, ...((bits & PeerBits.limited) !== 0 && { maxStreams: a.number(peer?.maxStreams ?? 0) }) };
}

/** 'known': its address and rights follow; 'limited': and behind them how many streams it may bring. */
const PeerBits = { relay: 1, known: 2, limited: 4 } as const;
/** Between the parts of a text: no name and no mountpoint has one. */
const SEPARATOR = '\0';
