import type { EdgeConfig } from '../edge/config.ts';
import type { EventFanOut } from '../log/fan-out.ts';
import { Metrics, type MetricsOptions } from '../operations/metrics/metrics.ts';
import type { Range } from '../net/addresses/allow.ts';
import { RangeSet } from '../net/addresses/range-set.ts';
import { Page, type PageOptions } from '../operations/page/page.ts';
import type { Configuration } from './reload/reloader.ts';

export interface ProcessPagesOptions extends Pick<MetricsOptions, 'role' | 'droppedLines'> {
  /** Who may read metrics, and see all of the page, besides this machine. */
  readonly allow?: readonly Range[] | undefined;
  /** Other processes that the page shows. */
  readonly fleet?: PageOptions['fleet'];
}

/** What a process of any role can be looked at by: metrics and the page. */
export class ProcessPages {
  readonly metrics: Metrics;
  /** For a role that shows it. */
  readonly shown: NonNullable<EdgeConfig['page']>;
  readonly #page: Page;
  readonly #allowed: RangeSet;

  constructor(events: EventFanOut, { allow = [], fleet, ...options }: ProcessPagesOptions) {
    const { tell } = events;
    this.#allowed = new RangeSet(allow);
    this.metrics = new Metrics({ ...options, allow: this.#allowed, tell });
    events.join(this.metrics.event);
    this.#page = new Page({ role: options.role, fleet, tell });
    events.join(this.#page.event);
    this.shown = { page: this.#page, allow: this.#allowed };
  }

  /** The configuration was read again. */
  readonly change = ({ metricsAllow, fleet }: Configuration): void => {
    this.#allowed.replace(metricsAllow);
    this.#page.showFleet(fleet);
  };

  stop(): void {
    this.#page.stop();
  }
}
