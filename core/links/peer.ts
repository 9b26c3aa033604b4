import type { Snapshot } from '../base/snapshot.ts';
import { addressOf } from '../wire/extensions.ts';

/** 'source': sends streams to us; 'relay': we subscribe to it; 'subscriber': is sent everything by us. */
export type PeerRole = 'source' | 'relay' | 'subscriber';

/**
 * Whoever is at the other end of a path or a subscription. Given when that is opened, and the same until it closes: where a handshake
 * says who it is and what it may do, a path is opened behind that.
 */
export interface Peer {
  /** As events have it in their `label`. */
  readonly name: string;
  /** Without a port; '' when there is none that can be passed on. Slots and ownership go by this. */
  readonly address: string;
  readonly role: PeerRole;
  /** The mountpoints that it may announce, without their leading slash; undefined: all. */
  readonly mounts: readonly string[] | undefined;
}

/** Of this peer nothing is known but where it connects from, and it may do everything. @param from `address:port`, or the address alone. */
export function anonymous(role: PeerRole, from: string): Peer {
  return { name: from, address: addressOf(from), role, mounts: undefined };
}

/** Whether nothing more is known of it than `anonymous` says. */
export function isAnonymous({ name, address, mounts }: Peer): boolean {
  return mounts === undefined && address === addressOf(name);
}

export function mayAnnounce({ mounts }: Peer, mount: string): boolean {
  return mounts === undefined || mounts.includes(mount);
}

/** Saves or restores the peer of a path. */
export function snapshotPeer(a: Snapshot, peer: Peer | undefined): Peer {
  const name = a.text(peer?.name ?? '');
  const bits = a.byte((peer?.role === 'relay' ? PeerBits.relay : 0) | (peer === undefined || isAnonymous(peer) ? 0 : PeerBits.known));
  const role = (bits & PeerBits.relay) === 0 ? 'source' : 'relay';
  if ((bits & PeerBits.known) === 0) return peer ?? anonymous(role, name);
  const address = a.text(peer?.address ?? '');
  const isLimited = a.flag(peer?.mounts !== undefined);
  return { name, address, role, mounts: isLimited ? a.list(peer?.mounts ?? [], (mount) => a.text(mount ?? '')) : undefined };
}

/** 'known': its address and rights follow. */
const PeerBits = { relay: 1, known: 2 } as const;
