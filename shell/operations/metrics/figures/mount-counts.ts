import type { ProcessEvent } from '../../../log/events.ts';
import { bounds, labels, OTHERS, type Scrape } from '../scrape.ts';
import { Tally } from '../tally.ts';

/** A mountpoint that has ended is told as not on air for so long: an alert must not end by itself because the trouble lasts. */
const ENDED_MS = 86_400_000;

/** What is known of one mountpoint by what was reported of it, since the process began. */
class MountCounts {
  readonly switches = new Tally();
  readonly left = new Tally();
  readonly sourcesEnded = new Tally();
  joined = 0;
  fallbacks = 0;
  ends = 0;
  sourcesStarted = 0;
  /** Frames of sources that have ended. */
  frames = 0;
  sources = 0;
  lastErrorMs: number | undefined;
  /** It is a mountpoint of this edge, and was one. */
  isThere = false;
  wasThere = false;
  /** When something was last reported of it, or a scrape saw it. */
  seenAtMs = 0;
}

/**
 * Counts what is reported of mountpoints, for as many as have metrics of their own. When there are more, one that has ended gives way; where none has, the new ones are
 * counted together.
 */
export class MountsCounts {
  readonly #nowMs: () => number;
  readonly #countsFrames: boolean;
  readonly #mounts = new Map<string, MountCounts>();

  /** @param nowMs never decreases. @param countsFrames frames of sources that are connected are known, too. */
  constructor({ nowMs, countsFrames }: { readonly nowMs: () => number; readonly countsFrames: boolean }) {
    this.#nowMs = nowMs;
    this.#countsFrames = countsFrames;
  }

  take(event: ProcessEvent): void {
    switch (event.kind) {
      case 'mount-started':
        this.#begins(event.mount);
        break;
      case 'mount-ended':
      case 'format-changed':
        this.#of(event.mount).ends++;
        this.#of(event.mount).isThere = false;
        break;
      case 'switch':
        this.#of(event.mount).switches.count(event.reason);
        this.#of(event.mount).lastErrorMs = event.offByMs;
        break;
      case 'fallback-entered':
        this.#of(event.mount).fallbacks++;
        break;
      case 'listener-joined':
        this.#of(event.mount).joined++;
        break;
      case 'listener-moved':
        this.#of(event.mount).left.count('moved');
        this.#of(event.to).joined++;
        break;
      case 'source-started': {
        const counts = this.#of(event.mount);
        counts.sourcesStarted++;
        counts.sources++;
        break;
      }
      case 'source-ended': {
        const counts = this.#of(event.mount);
        counts.sources--;
        counts.frames += event.frames;
        counts.sourcesEnded.count(event.reason);
      }
    }
  }

  /** A listener has come that no event tells of. */
  listenerJoined(mount: string): void {
    this.#of(mount).joined++;
  }

  /** A listener has left, wherever it was. No event tells of all of them. */
  listenerLeft(mount: string, reason: string): void {
    this.#of(mount).left.count(reason);
  }

  /** The label that a mountpoint has in a scrape. */
  label(scrape: Scrape, mount: string): string {
    return scrape.bounded('mount', mount, this.#keyOf(mount) === mount);
  }

  /** A scrape has seen it. */
  seen(mount: string): void {
    this.#begins(mount);
  }

  *tell(scrape: Scrape): Iterable<void> {
    for (const [mount, counts] of this.#mounts) {
      const { isThere, wasThere, sources, seenAtMs } = counts;
      if (!isThere && sources === 0 && this.#nowMs() - seenAtMs >= ENDED_MS) this.#mounts.delete(mount);
      else tellCounts(scrape, mount, counts, this.#countsFrames);
      if (wasThere && !isThere && mount !== OTHERS) scrape.add('davecast_mount_on_air', labels({ mount }), 0);
      yield;
    }
  }

  #begins(mount: string): MountCounts {
    const counts = this.#of(mount);
    counts.isThere = true;
    counts.wasThere = true;
    return counts;
  }

  #of(mount: string): MountCounts {
    const key = this.#keyOf(mount);
    const counts = this.#mounts.get(key) ?? new MountCounts();
    counts.seenAtMs = this.#nowMs();
    this.#mounts.set(key, counts);
    return counts;
  }

  #keyOf(mount: string): string {
    return this.#mounts.has(mount) || this.#mounts.size < bounds.mount || this.#makesRoom() ? mount : OTHERS;
  }

  /** Forgets the one that has been gone for longest, if one is. */
  #makesRoom(): boolean {
    let oldest: string | undefined;
    let oldestAtMs = Infinity;
    for (const [mount, { isThere, sources, seenAtMs }] of this.#mounts) {
      if (mount === OTHERS || isThere || sources > 0 || seenAtMs >= oldestAtMs) continue;
      [oldest, oldestAtMs] = [mount, seenAtMs];
    }
    return oldest !== undefined && this.#mounts.delete(oldest);
  }
}

function tellCounts(scrape: Scrape, mount: string, counts: MountCounts, countsFrames: boolean): void {
  const { switches, left, sourcesEnded, joined, fallbacks, ends, sourcesStarted, sources, frames, lastErrorMs, wasThere } = counts;
  const of = labels({ mount });
  if (wasThere) {
    for (const [reason, count] of switches) scrape.add('davecast_mount_switches', labels({ mount, reason }), count);
    scrape.add('davecast_mount_fallbacks', of, fallbacks);
    scrape.add('davecast_mount_ends', of, ends);
    scrape.add('davecast_listeners_joined', of, joined);
    for (const [reason, count] of left) scrape.add('davecast_listeners_left', labels({ mount, reason }), count);
    if (lastErrorMs !== undefined && mount !== OTHERS) scrape.add('davecast_mount_last_switch_error_seconds', of, lastErrorMs / 1_000);
  }
  if (sourcesStarted === 0) return;
  scrape.add('davecast_sources', of, sources);
  scrape.add('davecast_sources_started', of, sourcesStarted);
  for (const [reason, count] of sourcesEnded) scrape.add('davecast_sources_ended', labels({ mount, reason }), count);
  if (countsFrames) scrape.add('davecast_source_frames', of, frames);
}
