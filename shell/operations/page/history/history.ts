import type { MountFigures } from '../../../../core/edge/mountpoint/figures.ts';
import type { EventSink } from '../../../log/events.ts';
import { EventLines } from './event-lines.ts';
import { isOfMountpoint } from './marks.ts';
import { MountHistory } from './mount-history.ts';

/** Mountpoints whose past is kept: with 28 KiB for each no more than 6 MB. Of further ones, those that have ended give way; others have no lanes. */
const MAX_MOUNTS = 200;
/** So long a mountpoint that has ended is shown, as the core knows it. */
const ENDED_MS = 86_400_000;

/** The past of a process as the page shows it: takes the events of the process, and is shown how each mountpoint is now and then. */
export class History {
  readonly lines: EventLines = new EventLines();
  readonly #wallMs: () => number;
  readonly #mounts = new Map<string, MountHistory>();

  /** Since when no relay is left, where none is. */
  noRelaySinceMs: number | undefined;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** A receiver of the fan-out. */
  readonly event: EventSink = (event) => {
    const nowMs = this.#wallMs();
    this.lines.take(nowMs, event);
    if (event.kind === 'no-relay-left') this.noRelaySinceMs = Math.round(nowMs - event.forMs);
    if (isOfMountpoint(event)) this.#of(nowMs, event.mount)?.take(nowMs, event);
  };

  /** Mountpoints that have ended, by their names. */
  get ended(): readonly string[] {
    return [...this.#mounts].filter(([, { isThere }]) => !isThere).map(([name]) => name);
  }

  /** All that it knows. */
  get names(): readonly string[] {
    return [...this.#mounts.keys()];
  }

  of(mount: string): MountHistory | undefined {
    return this.#mounts.get(mount);
  }

  /** How a mountpoint is now; undefined: it is there no more. */
  look(mount: string, figures: MountFigures | undefined): void {
    const nowMs = this.#wallMs();
    const history = figures === undefined ? this.#mounts.get(mount) : this.#of(nowMs, mount);
    history?.look(nowMs, figures);
    if (history?.isThere === false && nowMs - history.seenAtMs > ENDED_MS) this.#mounts.delete(mount);
  }

  #of(nowMs: number, mount: string): MountHistory | undefined {
    const known = this.#mounts.get(mount);
    if (known !== undefined) return known;
    if (this.#mounts.size === MAX_MOUNTS && !this.#makeRoom()) return undefined;
    const made = new MountHistory(mount, nowMs);
    this.#mounts.set(mount, made);
    return made;
  }

  #makeRoom(): boolean {
    const [oldest] = [...this.#mounts].filter(([, { isThere }]) => !isThere).toSorted(([, a], [, b]) => a.seenAtMs - b.seenAtMs);
    return oldest !== undefined && this.#mounts.delete(oldest[0]);
  }
}
