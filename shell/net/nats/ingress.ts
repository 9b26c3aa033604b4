import { IngressLinks, type IngressLinksOptions } from '../ingress/ingress-links.ts';
import { NatsReader } from './reader.ts';

export interface IngressOptions extends Omit<IngressLinksOptions, 'subscribe'> {
  /** Certificates of authorities in PEM, for servers of NATS, asked for each connection; undefined: those that Node.js trusts. */
  readonly ca: () => string | undefined;
}

/** What relay and edge take streams in by: connections of others, relays that are subscribed to, and clusters of NATS. */
export function ingressOf({ ca, ...options }: IngressOptions): IngressLinks {
  const { settings, log, refusals } = options;
  return new IngressLinks({ ...options, subscribe: (endpoint, user) => new NatsReader(endpoint, { settings, log, refusals, ca }, user) });
}
