import type { Metrics } from '../operations/metrics/metrics.ts';
import type { EdgeConfig } from '../edge/config.ts';
import { ProcessPages, type ProcessPagesOptions } from './process-pages.ts';
import type { App, Reload } from '../process/app.ts';
import { Reloader, type Configuration } from './reload/reloader.ts';
import type { EventSink } from '../log/events.ts';
import { EventFanOut } from '../log/fan-out.ts';
import type { Logger } from '../log/log.ts';
import { nextSignal, tellOfSignals } from '../cli/signals.ts';
import { ServiceManager } from '../process/service/service-manager.ts';
import type { Settings } from '../../core/config/settings.ts';
import { oldProcess } from '../process/upgrade/run/old-process.ts';
import { startNew } from '../process/upgrade/run/start-new.ts';
import { Upgrades } from '../process/upgrade/run/upgrades.ts';
import { StartError, stackOf, UsageError } from '../process/problems.ts';

/** Of a process that ends by a fault of its own. */
const FAILED_STATUS = 1;
/** A start that takes longer is told of: somebody looks at the log to see what it waits for. */
const MAX_HELD_MS = 2_000;

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

export interface ServeOptions extends Omit<ProcessPagesOptions, 'droppedLines'> {
  readonly settings: Settings;
  /** Called once the role has started. */
  readonly started: () => void;
}

/** Runs a role until it is finished or a signal comes; resolves with the exit status. All that it tells goes by one fan-out. */
export async function serve({ make, configuration, again }: ToServe, { log, held, setLevel, flush, flushNow, droppedLines }: Logger, { settings, started, ...options }: ServeOptions): Promise<number> {
  const events = new EventFanOut(log);
  const { tell } = events;
  const pages = new ProcessPages(events, { ...options, droppedLines });
  tellOfFaults(tell, flushNow);
  tellOfSignals(tell);
  const manager = new ServiceManager({ env: process.env, failed: (reason) => tell({ kind: 'service-manager-not-told', reason }) });
  const from = oldProcess();
  // A start that fails says why on stderr, and no more; one that takes long, or takes over, is told of while it goes on.
  if (from === undefined) held.hold();
  const shown = setTimeout(() => held.release(), MAX_HELD_MS).unref();
  const reloader = again && new Reloader({
    first: configuration,
    read: () => {
      upgrades?.readsAgain();
      return again();
    },
    prepare: (config) => running.prepare(config),
    commit: pages.change,
    setLevel,
    log: tell,
  });
  const running: Running = make(events, pages.metrics, pages.shown, reloader?.reload);
  const { app } = running;
  const upgrades = upgradesOf(app, settings, tell, manager);
  const signal = nextSignal(['SIGTERM', 'SIGINT'], (signal) => {
    manager.stopping();
    tell({ kind: 'stopping', signal });
  });
  if (reloader !== undefined) process.on('SIGHUP', () => void reloader.reload('SIGHUP'));
  try {
    // A signal may come while names are still looked up and ports bound.
    await startOf(app, from, held);
    started();
    manager.ready();
    reloader?.begin();
    if (upgrades !== undefined) process.on('SIGUSR1', upgrades.begin);
    await Promise.race([app.finished, signal, ...(upgrades === undefined ? [] : [upgrades.over])]);
    upgrades?.stop();
    reloader?.stop();
    await app.stop();
    tell({ kind: 'stopped' });
    return 0;
  } finally {
    clearTimeout(shown);
    pages.stop();
    manager.end();
    await flush();
  }
}

/** What was told meanwhile is written when it has started; an error that the operator can mend stands alone. */
async function startOf(app: App, from: Parameters<App['start']>[0], held: Logger['held']): Promise<void> {
  try {
    await app.start(from);
  } catch (error) {
    if (error instanceof UsageError || error instanceof StartError) held.forget();
    else held.release();
    throw error;
  }
  held.release();
}

interface RunningUpgrades {
  readonly begin: () => void;
  readonly over: Promise<void>;
  readonly stop: () => void;
  readonly readsAgain: () => void;
}

/** Of a role that can be upgraded; of another one SIGUSR1 is told of, as other signals that do nothing. */
function upgradesOf({ estate }: App, settings: Settings, log: EventSink, manager: ServiceManager): RunningUpgrades | undefined {
  if (estate === undefined) return undefined;
  const upgrades = new Upgrades({ estate, settings, log, start: startNew, handedOver: (pid) => manager.handOver(pid) });
  return { begin: () => void upgrades.begin('SIGUSR1'), over: upgrades.over, stop: () => upgrades.stop(), readsAgain: upgrades.readsAgain };
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
