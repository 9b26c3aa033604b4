import { anonymous, isAnonymous, type Peer, type PeerRole } from '../../links/peers/peer.ts';
import { transports, type Transport, type TransportName } from '../../links/transport.ts';
import type { ByteReader, ByteWriter } from '../file/wire.ts';

/** In the byte that a path is opened with. */
const PathBits = {
  /** Its transport. */
  udp: 1,
  /** Its peer has not the usual role: at a relay it is another relay, at an edge it is none. */
  otherRole: 2,
  /** The peer's address, and what it may announce, follow. */
  known: 4,
  /** And behind that how many streams it may bring. */
  limited: 8,
  /** Its transport. */
  nats: 16,
} as const;

const transportBits: Readonly<Record<TransportName, number>> = { tcp: 0, udp: PathBits.udp, nats: PathBits.nats };

/** Writes how a path is opened. */
export function writePath(to: ByteWriter, transport: Transport, peer: Peer, usual: PeerRole): void {
  const isKnown = !isAnonymous(peer);
  to.byte(transportBits[transport.name] | (peer.role === usual ? 0 : PathBits.otherRole) | (isKnown ? PathBits.known : 0) | (peer.maxStreams === undefined ? 0 : PathBits.limited));
  to.text(peer.name);
  if (!isKnown) return;
  to.text(peer.address);
  // 0: all.
  to.varint(peer.mounts === undefined ? 0 : peer.mounts.length + 1);
  for (const mount of peer.mounts ?? []) to.text(mount);
  if (peer.maxStreams !== undefined) to.varint(peer.maxStreams);
}

export function readPath(from: ByteReader, usual: PeerRole, other: PeerRole): [Transport, Peer] {
  const bits = from.byte();
  const transport = (bits & PathBits.nats) !== 0 ? transports.nats : (bits & PathBits.udp) === 0 ? transports.tcp : transports.udp;
  const role = (bits & PathBits.otherRole) === 0 ? usual : other;
  const name = from.text();
  if ((bits & PathBits.known) === 0) return [transport, anonymous(role, name)];
  const address = from.text();
  const plusOne = from.varint();
  const mounts = plusOne === 0 ? undefined : Array.from({ length: plusOne - 1 }, () => from.text());
  return [transport, { name, address, role, mounts, ...((bits & PathBits.limited) !== 0 && { maxStreams: from.varint() }) }];
}
