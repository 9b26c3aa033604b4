import type { ListenerHost } from '../../../../shell/edge/listeners/host/listener-host.ts';
import type { AdminApi } from '../../../../shell/icecast/admin.ts';
import type { OperatorApi } from '../../../../shell/operations/operator/pages.ts';

/** What operators can do where there is no mountpoint. */
export const operator: OperatorApi = { command: () => 'no-such-mount', streamsOf: () => undefined, endedMount: () => undefined, fallbackOf: () => undefined, startsOnDemand: () => false };

/** The same by the pages of Icecast. */
export const admin: AdminApi = { leaveSource: () => 'no-such-mount', hasOther: () => false, setTitle: () => true, fallbackOf: () => undefined, setFallback: () => undefined };

/** Takes no listener of a stream. */
export const fullHost: ListenerHost = { take: () => 'full', stop: async () => undefined, disconnect: () => undefined } as unknown as ListenerHost;
