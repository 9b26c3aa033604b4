import type { Settings } from '../../../../core/config/settings.ts';
import type { RelayMachine } from '../../../../core/recording/recorded-relay.ts';
import type { Upstream } from '../../../net/ingress/subscriptions.ts';
import type { Collector } from '../collector.ts';
import { tellPaths } from './paths.ts';
import { NO_LABELS } from '../scrape.ts';

export interface RelayToMeasure {
  readonly machine: Pick<RelayMachine, 'peers' | 'stats' | 'historyBytes'>;
  readonly upstreams: () => readonly Upstream[];
  readonly settings: Pick<Settings, 'historyBytes'>;
}

/** What a relay has to tell. */
export function relayCollector({ machine, upstreams, settings }: RelayToMeasure): Collector {
  return function* collect(scrape) {
    const { streams, subscribers, choosySubscribers, messagesIn, messagesKept, lostMessages } = machine.stats;
    scrape.add('davecast_relay_streams', NO_LABELS, streams);
    scrape.add('davecast_relay_subscribers', NO_LABELS, subscribers);
    scrape.add('davecast_relay_subscribers_filtered', NO_LABELS, choosySubscribers);
    scrape.add('davecast_relay_messages', NO_LABELS, messagesIn);
    scrape.add('davecast_relay_subscriber_lost_messages', NO_LABELS, lostMessages);
    scrape.add('davecast_relay_history_messages', NO_LABELS, messagesKept);
    scrape.add('davecast_relay_history_bytes', NO_LABELS, machine.historyBytes);
    scrape.add('davecast_relay_history_limit_bytes', NO_LABELS, settings.historyBytes);
    yield* tellPaths(scrape, 'relay', machine.peers, upstreams());
  };
}
