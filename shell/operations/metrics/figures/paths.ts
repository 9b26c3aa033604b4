import type { PeerFigures } from '../../../../core/links/paths/peer-figures.ts';
import type { Upstream } from '../../../net/ingress/subscriptions.ts';
import { labels, OTHERS, type Scrape } from '../scrape.ts';

/** What comes in at a relay or an edge. A station has both. */
export function* tellPaths(scrape: Scrape, machine: 'edge' | 'relay', peers: readonly PeerFigures[], upstreams: readonly Upstream[]): Iterable<void> {
  for (const { label, isUp } of upstreams) scrape.add('davecast_upstream_connected', labels({ machine, peer: scrape.bounded('peer', label) }), isUp ? 1 : 0);
  for (const figures of peers) {
    tellPeer(scrape, machine, figures);
    yield;
  }
}

function tellPeer(scrape: Scrape, machine: string, { peer: name, isUpstream, transport, open, messages, bytes, dropped, reordered, lagUs }: PeerFigures): void {
  const peer = scrape.bounded('peer', name, name !== '');
  const what = { machine, peer, from: isUpstream ? 'relay' : 'source', transport };
  const of = labels(what);
  scrape.add('davecast_path_open', of, open);
  scrape.add('davecast_path_messages', of, messages);
  scrape.add('davecast_path_received_bytes', of, bytes);
  for (const [reason, count] of dropped) scrape.add('davecast_path_dropped', labels({ ...what, reason }), count);
  if (machine !== 'edge') return;
  scrape.add('davecast_path_reordered', of, reordered);
  if (lagUs !== undefined && peer !== OTHERS) scrape.add('davecast_path_lag_seconds', of, Math.round(lagUs) / 1_000_000);
}
