import { rangeSet, type Ranges } from '../../net/addresses/range-set.ts';
import type { Guard } from '../../http/auth/guards.ts';
import { lineVoice } from '../../http/message/reply.ts';
import type { Refusals } from '../../log/refusals.ts';

export interface MetricsAllowed {
  /** Addresses that may read, besides this machine. */
  readonly allow: Ranges;
  readonly refusals: Refusals;
  /** Who else may, by a password, asked at each request; nobody, unless given. */
  readonly operators?: (() => Guard | undefined) | undefined;
}

/**
 * Who may read metrics, which name streams and the addresses of encoders: programs on this machine that ask without a proxy, addresses that are given, and
 * operators.
 */
export function metricsGuard({ allow, refusals, operators }: MetricsAllowed): Guard {
  const given = rangeSet(allow);
  return (request) => {
    if (given.has(request.client.address) || request.client.isLocal) return undefined;
    const byPassword = operators?.();
    if (byPassword !== undefined) return byPassword(request);
    refusals.count('metrics are not for this address', request.from);
    return lineVoice(403, 'Metrics are not for this address: see --metrics-allow');
  };
}
