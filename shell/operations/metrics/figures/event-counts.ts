import type { ProcessEvent } from '../../../log/events.ts';
import { logTable } from '../../../log/text/table.ts';
import { labels, NO_LABELS, type Scrape } from '../scrape.ts';
import { Tally } from '../tally.ts';

/** Counts what a process reports, of whatever it is. */
export class EventCounts {
  /** Kinds are a closed set. */
  readonly #kinds = new Map<ProcessEvent['kind'], number>();
  readonly #refused = new Tally();
  /** By the names of keys, of which there are as many as in the file. */
  readonly #refusedByKey = new Map<string, Tally>();
  readonly #limits = new Map<string, number>();
  /** When each certificate in use ends, in milliseconds since 1970, by its file. */
  readonly #certificates = new Map<string, number>();
  /** Those that are open to everybody. */
  readonly #openPorts = new Set<string>();
  #workers = 0;

  take(event: ProcessEvent): void {
    this.#kinds.set(event.kind, (this.#kinds.get(event.kind) ?? 0) + 1);
    switch (event.kind) {
      case 'refused':
        if (event.key !== undefined) this.#refusedOf(event.key).count(event.reason, event.count);
        return this.#refused.count(event.reason, event.count);
      case 'bound-hit':
        return void this.#limits.set(event.bound, Math.max(event.count, this.#limits.get(event.bound) ?? 0));
      case 'certificate-loaded':
        return void this.#certificates.set(event.file, Date.parse(event.until));
      case 'open-to-everybody':
        return void this.#openPorts.add(event.what);
      case 'worker-started':
        return void this.#workers++;
      case 'worker-ended':
        return void this.#workers--;
    }
  }

  tell(scrape: Scrape): void {
    for (const [event, count] of this.#kinds) scrape.add('davecast_events', labels({ event, level: logTable[event].level }), count);
    for (const [reason, count] of this.#refused) scrape.add('davecast_refused', labels({ reason }), count);
    for (const [key, tally] of this.#refusedByKey) for (const [reason, count] of tally) scrape.add('davecast_key_refused', labels({ key, reason }), count);
    for (const [limit, count] of this.#limits) scrape.add('davecast_limit_reached', labels({ limit }), count);
    for (const [file, untilMs] of this.#certificates) scrape.add('davecast_certificate_expiry_timestamp_seconds', labels({ file }), untilMs / 1_000);
    for (const port of this.#openPorts) scrape.add('davecast_port_open_to_everybody', labels({ port }), 1);
    if (this.#workers > 0) scrape.add('davecast_workers', NO_LABELS, this.#workers);
  }

  #refusedOf(key: string): Tally {
    const known = this.#refusedByKey.get(key);
    if (known !== undefined) return known;
    const tally = new Tally();
    this.#refusedByKey.set(key, tally);
    return tally;
  }
}
