import type { Snapshot } from '../../base/snapshot.ts';
import { snapshotReport } from '../../links/paths/source-status.ts';
import type { StatusReport } from '../../wire/messages/extensions.ts';
import type { Path } from '../../links/paths/path.ts';
import type { PathId } from '../../base/machine.ts';

interface Said {
  readonly path: Path;
  report: StatusReport;
}

/** Of one stream at an edge: what the relay at the other end of each path says of its source. */
export class ReportedStatus {
  #said: Said[] = [];
  #address: string | undefined;
  #anyClosed = false;

  /** The encoder's address, as the nearest relay to it says; the last one known stays. */
  get address(): string | undefined {
    return this.#address;
  }

  /** Whether any path is said to have lost its source: what is cheap to ask for every message. */
  get anyClosed(): boolean {
    return this.#anyClosed;
  }

  /** Reports come only by open paths, so there are no more than those. */
  note(path: Path, report: StatusReport): void {
    const said = this.#find(path);
    if (said === undefined) this.#said.push({ path, report });
    else said.report = report;
    this.#changed();
  }

  /** A message of the stream has come by this path: whatever was said before, it has a source. */
  heard(path: Path): void {
    const said = this.#find(path);
    if (said === undefined || said.report.isOpen) return;
    said.report = { ...said.report, isOpen: true };
    this.#changed();
  }

  forgetPath(path: Path): void {
    this.#said = this.#said.filter((said) => said.path !== path);
    this.#changed();
  }

  /** Nobody tells it any more which paths are closed. */
  dispose(): void {
    this.#said = [];
    this.#changed();
  }

  isClosed(path: Path): boolean {
    return this.#find(path)?.report.isOpen === false;
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.#said = a.list(this.#said, (said) => ({
      path: pathOf(a.number(said?.path.id ?? (0 as PathId))),
      report: snapshotReport(a, said?.report)!,
    }));
    this.#address = a.maybeText(this.#address);
    this.#anyClosed = a.flag(this.#anyClosed);
  }

  #changed(): void {
    this.#anyClosed = this.#said.some(({ report }) => !report.isOpen);
    const named = this.#said.filter(({ report }) => report.address !== '').sort((a, b) => a.report.hops - b.report.hops);
    this.#address = named[0]?.report.address ?? this.#address;
  }

  #find(path: Path): Said | undefined {
    for (const said of this.#said) if (said.path === path) return said;
    return undefined;
  }
}
