import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { mountpointProblem } from '../../../core/wire/messages/announce.ts';
import type { ListenerHost } from '../../../shell/edge/listeners/host/listener-host.ts';
import { ListenerServer } from '../../../shell/edge/listeners/listener-server.ts';
import type { AdminApi } from '../../../shell/icecast/admin.ts';
import type { MountTable } from '../../../shell/icecast/mount-table.ts';
import { pageTable } from '../../../shell/http/server/page-server.ts';
import type { RouteTable } from '../../../shell/http/router.ts';
import { Refusals } from '../../../shell/log/refusals.ts';
import type { OperatorApi } from '../../../shell/operations/operator/pages.ts';
import { SourceIntake } from '../../../shell/encoder/source/push/source-intake.ts';
import { FixedMounts, SourceServer } from '../../../shell/encoder/source/push/source-server.ts';
import { CapturedLog } from '../support/support.ts';

const { log } = new CapturedLog();
const refusals = new Refusals(log);
const intake = new SourceIntake({ mounts: new FixedMounts([]), perMount: 8, settings: defaultSettings, log, refusals });
const bind = { address: '127.0.0.1', port: 0 };

const edge = {
  table: {} as MountTable, host: () => ({}) as ListenerHost, operator: {} as OperatorApi, admin: {} as AdminApi, access: () => undefined, adminPassword: () => 'sesame', policies: () => undefined, settings: defaultSettings, log, refusals,
};

const tables: readonly (readonly [string, RouteTable])[] = [
  ['an edge', new ListenerServer(edge).table],
  ['a station', new ListenerServer({ ...edge, sources: { ...intake.routes, pulled: () => 0 } }).table],
  ['an encoder', new SourceServer({ mounts: [{ name: 'm', password: undefined, api: { begin: () => { throw new Error('no source comes'); } } }], bind, settings: defaultSettings, log }).table],
  ['a relay', pageTable],
];

describe.each(tables)('no mountpoint is called like a page of %s', (_, { routes }) => {
  const pages = routes.map(({ at }) => at).filter((at) => at !== '*');

  it.each(pages)('%s', (at) => {
    const name = at.endsWith('/') ? `${at}x` : at.replace('*', 'x');
    expect(mountpointProblem(name)).toMatch(/reserved/);
  });

  it('such as healthz', () => {
    expect(pages).toContain('healthz');
  });

  it('and mountpoints come last', () => {
    expect(routes.slice(0, pages.length).map(({ at }) => at)).toEqual(pages);
  });
});
