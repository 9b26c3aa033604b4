import type { Snapshot } from '../../base/snapshot.ts';
import { MAX_HOPS, type StatusReport } from '../../wire/messages/extensions.ts';
import { isPushed, type Path } from './path.ts';
import type { PathId } from '../../base/machine.ts';

/** An open path by which a stream comes to a relay. */
interface CarryingPath {
  readonly path: Path;
  /** What the relay at its other end says of the stream; of a path from an encoder, undefined. */
  said: StatusReport | undefined;
}

/** Open paths of one stream that are remembered: an encoder has one or two to a relay. */
const MAX_CARRYING_PATHS = 16;

/**
 * Of one stream at a relay: by which open paths it comes, and what the relay can say of that to those behind it.
 *
 * What it knows for itself is whether an encoder's TCP connection is there. A path to another relay says nothing about
 * the encoder behind that, so there it only passes on what that relay says; and a UDP socket says nothing at all, for it is
 * never closed, unless the datagrams are sealed: then it is known whose they are. While any way is open, or may be, nobody is told that the stream has lost its source.
 *
 * What another relay says with a hop may be what it has from us: two relays that subscribe to each other would each go on saying that the
 * source is there because the other one does. Once an encoder's connection to us has closed, only a relay to which an encoder is connected
 * itself can say that the source is there.
 */
export class SourceStatus {
  #carrying: CarryingPath[] = [];
  #report: StatusReport | undefined;

  /** What can be said; undefined while nothing is known. */
  get report(): StatusReport | undefined {
    return this.#report;
  }

  /** The paths that are remembered. */
  get paths(): readonly Path[] {
    return this.#carrying.map(({ path }) => path);
  }

  /** A copy of one of its messages has come by this path. True when that is remembered of it from now on. */
  carried(path: Path): boolean {
    const carrier = this.#find(path);
    const isNew = carrier === undefined;
    if (isNew) {
      if (this.#carrying.length >= MAX_CARRYING_PATHS) return false;
      this.#carrying.push({ path, said: undefined });
    } else if (carrier.said?.isOpen === false) carrier.said = { ...carrier.said, isOpen: true };
    else return false;
    this.#report = this.#known() ?? this.#report;
    return isNew;
  }

  /** The relay at the other end of this path says something of the stream. */
  said(path: Path, report: StatusReport): void {
    const carrier = this.#find(path);
    if (carrier === undefined || report.hops >= MAX_HOPS) return;
    carrier.said = report;
    this.#report = this.#known() ?? this.#report;
  }

  /** A path is closed. */
  closed(path: Path): void {
    const carrier = this.#find(path);
    if (carrier === undefined) return;
    this.#carrying = this.#carrying.filter((other) => other !== carrier);
    if (isPushed(path) && this.#carrying.every(({ said }) => said !== undefined && !isOfEncoder(said))) this.#report = { isOpen: false, hops: 0, address: path.address };
    if (this.#carrying.length > 0) this.#report = this.#known() ?? this.#report;
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.#carrying = a.list(this.#carrying, (carrier) => {
      const path = pathOf(a.number(carrier?.path.id ?? (0 as PathId)));
      return { path, said: snapshotReport(a, carrier?.said) };
    });
    this.#report = snapshotReport(a, this.#report);
  }

  /** Undefined when the paths that there are say nothing. */
  #known(): StatusReport | undefined {
    const encoder = this.#carrying.findLast(({ path }) => isPushed(path)) ?? this.#carrying.findLast(({ path }) => path.key !== undefined);
    if (encoder !== undefined) return { isOpen: true, hops: 0, address: encoder.path.address };
    const reported = this.#carrying.map(({ said }) => said);
    const open = reported.filter((said) => said !== undefined && (this.#hasLostIts ? isOfEncoder(said) : said.isOpen)).sort((a, b) => a!.hops - b!.hops)[0];
    const said = open ?? (this.#hasLostIts || reported.includes(undefined) ? undefined : reported[0]);
    return said === undefined ? undefined : { ...said, hops: said.hops + 1 };
  }

  /** The connection of its encoder to us has closed, and nobody else has one. */
  get #hasLostIts(): boolean {
    return this.#report?.isOpen === false && this.#report.hops === 0;
  }

  #find(path: Path): CarryingPath | undefined {
    for (const carrier of this.#carrying) if (carrier.path === path) return carrier;
    return undefined;
  }
}

/** Said by a relay to which an encoder is connected. */
function isOfEncoder({ isOpen, hops }: StatusReport): boolean {
  return isOpen && hops === 0;
}

/** Saves or restores a report that there may be. */
export function snapshotReport(a: Snapshot, report: StatusReport | undefined): StatusReport | undefined {
  if (!a.flag(report !== undefined)) return undefined;
  return { isOpen: a.flag(report?.isOpen ?? false), hops: a.number(report?.hops ?? 0), address: a.text(report?.address ?? '') };
}
