import { Metrics, type MetricsOptions } from '../metrics/metrics.ts';
import type { EdgeConfig } from '../edge/edge.ts';
import { Page, type PageOptions } from '../page/page.ts';
import type { App, Reload } from '../process/app.ts';
import { Reloader, type Configuration } from './reloader.ts';
import type { EventSink } from '../log/events.ts';
import { EventFanOut } from '../log/fan-out.ts';
import type { Logger } from '../log/log.ts';
import { nextSignal, tellOfSignals } from '../cli/signals.ts';
import { ServiceManager } from '../process/service-manager.ts';
import type { Settings } from '../../core/config/settings.ts';
import { oldProcess } from '../upgrade/run/old-process.ts';
import { startNew } from '../upgrade/run/start-new.ts';
import { Upgrades } from '../upgrade/run/upgrades.ts';
import { stackOf } from '../process/problems.ts';

/** Of a process that ends by a fault of its own. */
const FAILED_STATUS = 1;

/** A role that runs. */
export interface Running {
  readonly app: App;
  /** See Reconfigured; of the `config` of another Wish. */
  readonly prepare: (config: object) => Promise<() => readonly string[]>;
}

/** Makes a role of what a process has: its events, what may be seen of it, and how its configuration is read again. */
export type Make = (events: EventFanOut, metrics: Metrics, page?: EdgeConfig['page'], reload?: Reload) => Running;

export interface ToServe {
  readonly make: Make;
  /** What it runs with. */
  readonly configuration: Configuration;
  /** Reads command line and files again; undefined: there are no files. */
  readonly again?: (() => Configuration) | undefined;
}

export interface ServeOptions extends Pick<MetricsOptions, 'role' | 'allow'> {
  /** Other processes that its page shows. */
  readonly fleet?: PageOptions['fleet'];
  readonly settings: Settings;
}

/** Runs a role until it is finished or a signal comes; resolves with the exit status. All that it tells goes by one fan-out. */
export async function serve({ make, configuration, again }: ToServe, { log, setLevel, flush, flushNow, droppedLines }: Logger, { fleet, settings, ...options }: ServeOptions): Promise<number> {
  const events = new EventFanOut(log);
  const { tell } = events;
  const metrics = new Metrics({ ...options, droppedLines, tell });
  events.join(metrics.event);
  const page = new Page({ role: options.role, fleet, tell });
  events.join(page.event);
  tellOfFaults(tell, flushNow);
  tellOfSignals(tell);
  const manager = new ServiceManager({ env: process.env, failed: (reason) => tell({ kind: 'service-manager-not-told', reason }) });
  const from = oldProcess();
  const reloader = again && new Reloader({ first: configuration, read: again, prepare: (config) => running.prepare(config), setLevel, log: tell });
  const running: Running = make(events, metrics, { page, allow: options.allow ?? [] }, reloader?.reload);
  const { app } = running;
  const upgrades = upgradesOf(app, settings, tell, manager);
  const signal = nextSignal(['SIGTERM', 'SIGINT'], (signal) => {
    manager.stopping();
    tell({ kind: 'stopping', signal });
  });
  try {
    // A signal may come while names are still looked up and ports bound.
    await app.start(from);
    manager.ready();
    if (reloader !== undefined) process.on('SIGHUP', () => void reloader.reload('SIGHUP'));
    if (upgrades !== undefined) process.on('SIGUSR1', upgrades.begin);
    await Promise.race([app.finished, signal, ...(upgrades === undefined ? [] : [upgrades.over])]);
    upgrades?.stop();
    reloader?.stop();
    await app.stop();
    tell({ kind: 'stopped' });
    return 0;
  } finally {
    page.stop();
    manager.end();
    await flush();
  }
}

interface RunningUpgrades {
  readonly begin: () => void;
  readonly over: Promise<void>;
  readonly stop: () => void;
}

/** Of a role that can be upgraded; of another one SIGUSR1 is told of, as other signals that do nothing. */
function upgradesOf({ estate }: App, settings: Settings, log: EventSink, manager: ServiceManager): RunningUpgrades | undefined {
  if (estate === undefined) return undefined;
  const upgrades = new Upgrades({ estate, settings, log, start: startNew, handedOver: (pid) => manager.handOver(pid) });
  return { begin: () => void upgrades.begin('SIGUSR1'), over: upgrades.over, stop: () => upgrades.stop() };
}

/** In the log, and not by Node on stderr, which would wait for a terminal that is stopped: a process that has failed must end. */
function tellOfFaults(tell: EventSink, flushNow: () => void): void {
  process.on('uncaughtException', (error: unknown) => {
    tell({ kind: 'failed', error: stackOf(error) });
    flushNow();
    process.exit(FAILED_STATUS);
  });
  process.removeAllListeners('warning').on('warning', ({ name, message }) => tell({ kind: 'warning', name, message }));
}
