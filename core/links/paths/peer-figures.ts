import type { DropReason, Path } from './path.ts';
import type { TransportName } from '../transport.ts';

/** What came in from one peer since the start, by all connections that it has had. */
export interface PeerFigures {
  /** A relay that we subscribe to by its name, all others by their address: those of one address count together. '' are those that there was no room for. */
  readonly peer: string;
  /** It is a relay that we subscribe to. */
  readonly isUpstream: boolean;
  readonly transport: TransportName;
  /** Paths that are open. */
  open: number;
  messages: number;
  bytes: number;
  readonly dropped: Map<DropReason, number>;
  /** Messages of a stream that came behind a later one by the same path. An edge counts them. */
  reordered: number;
  /** By how much later than the first path its slowest one delivers a message, smoothed; undefined: not known. An edge measures it. */
  lagUs: number | undefined;
}

/** Peers whose past connections are kept apart; those of others count together. */
const MAX_PEERS = 1_024;

/** Adds up what paths have brought that are closed. No saved state has it: what is restored counts from there on. */
export class PastPaths {
  readonly #past = new Map<string, PeerFigures>();

  closed(path: Path): void {
    const key = keyOf(path);
    const isKnown = this.#past.has(key) || this.#past.size < MAX_PEERS;
    add(this.#past, isKnown ? key : '', path, isKnown ? nameOf(path) : '');
  }

  /** All peers, with the paths that are open. */
  with(open: Iterable<Path>): readonly PeerFigures[] {
    const all = new Map([...this.#past].map(([key, past]) => [key, { ...past, dropped: new Map(past.dropped) }]));
    for (const path of open) {
      const figures = add(all, keyOf(path), path, nameOf(path));
      figures.open++;
      if (path.lagUs !== undefined) figures.lagUs = Math.max(figures.lagUs ?? 0, path.lagUs);
    }
    return [...all.values()];
  }
}

function add(all: Map<string, PeerFigures>, key: string, path: Path, peer: string): PeerFigures {
  let figures = all.get(key);
  if (figures === undefined) {
    figures = { peer, isUpstream: path.isUpstream, transport: path.transport.name, open: 0, messages: 0, bytes: 0, dropped: new Map(), reordered: 0, lagUs: undefined };
    all.set(key, figures);
  }
  figures.messages += path.messages;
  figures.bytes += path.bytes;
  figures.reordered += path.reordered;
  for (const [reason, count] of path.dropped) figures.dropped.set(reason, (figures.dropped.get(reason) ?? 0) + count);
  return figures;
}

function nameOf({ peer, isUpstream }: Path): string {
  return isUpstream || peer.address === '' ? peer.name : peer.address;
}

function keyOf(path: Path): string {
  return `${path.isUpstream ? 'relay' : 'source'} ${path.transport.name} ${nameOf(path)}`;
}
