import type { MountInfo } from '../../core/edge/edge.ts';
import type { EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { oneConnected, readyChecks, readyRoute, type Check, type Condition } from '../http/readiness.ts';
import type { Route } from '../http/router.ts';
import type { IngressLinks } from '../net/ingress/ingress-links.ts';
import type { Driver } from '../process/driver.ts';

export interface EdgeReadinessOptions {
  readonly machine: EdgeMachine;
  readonly driver: Driver;
  readonly ingress: () => Pick<IngressLinks, 'upstreams'>;
  /** Asked at each request. */
  readonly hasRelays: () => boolean;
  /** The checks that count, asked at each request; those of `readyChecks`, unless given. */
  readonly counted: () => readonly string[] | undefined;
  /** Of other parts of the process. */
  readonly more: () => readonly Check[];
}

/** Whether an edge can serve listeners: that it has a relay, and mountpoints. */
export function edgeReadiness({ machine, driver, ingress, hasRelays, counted, more }: EdgeReadinessOptions): Route {
  const toRelays: Check = { name: 'relays', look: () => oneConnected(ingress().upstreams) };
  const mounts: Check = { name: 'mounts', look: () => onAir(machine.mounts(), machine.startable(driver.now).length) };
  return readyRoute({
    checks: () => [...(hasRelays() ? [toRelays] : []), mounts, ...more()],
    counted: () => counted() ?? readyChecks.edge.counted,
    mount: (name) => onAir([machine.mount(name)], machine.presence(driver.now, name) === 'starts' ? 1 : 0),
  });
}

/** Of these mountpoints, those that listeners can hear. @param startable further ones that they can when they ask. */
function onAir(asked: readonly (MountInfo | undefined)[], startable: number): Condition {
  const mounts = asked.filter((mount) => mount !== undefined);
  const fallbacks = mounts.filter(({ fallback }) => fallback !== undefined).map(({ name }) => name);
  const more = startable > 0 ? `, ${startable} on demand` : '';
  return { isOk: mounts.length + startable > 0, detail: `${mounts.length} on air${fallbacks.length > 0 ? `, with a fallback: ${fallbacks.join(', ')}` : ''}${more}` };
}
