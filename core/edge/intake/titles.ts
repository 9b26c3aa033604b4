import type { Snapshot } from '../../base/snapshot.ts';
import type { PathId } from '../../base/machine.ts';
import type { Micros } from '../../base/units.ts';
import type { Path } from '../../links/paths/path.ts';
import { SetTitles } from '../../links/known/set-titles.ts';
import { newTitle, textOfTitle, type SetTitle } from '../../wire/messages/set-title.ts';
import type { Mount } from '../mountpoint/mountpoint.ts';
import type { EdgeStream } from '../stream/stream.ts';

export interface EdgeTitlesOptions {
  readonly maxMounts: number;
  readonly streams: () => Iterable<EdgeStream>;
  readonly paths: () => Iterable<Path>;
  readonly mount: (name: string) => Mount | undefined;
  /** Sends a message with its length back to the relay at the other end of a path. */
  readonly tell: (path: PathId, message: Uint8Array) => void;
}

/**
 * The titles that were set for mountpoints, here or elsewhere. Each is in force at its mountpoint, whichever stream is on air, until a stream
 * has another one.
 *
 *     relays, encoders by them ---+--> newest? --> the mountpoint
 *     an operator at this edge ---+            --> relays that do not know it
 */
export class EdgeTitles {
  readonly #options: EdgeTitlesOptions;
  readonly #titles: SetTitles;

  constructor(options: EdgeTitlesOptions) {
    this.#options = options;
    this.#titles = new SetTitles(options.maxMounts);
  }

  /** An operator of this edge. False when the title before has the highest version that there is. */
  set(now: Micros, mount: Mount, title: string, atMs: number): boolean {
    const { name } = mount;
    if (!this.#titles.take(name, newTitle(title, atMs, this.#titles.get(name)))) return false;
    this.begun(now, mount);
    const stream = mount.switcher.live ?? [...this.#options.streams()].find(({ mountpoint }) => mountpoint === name);
    // A relay that does not know this stream is told with the next announcement of one that it knows.
    if (stream !== undefined) for (const path of this.#options.paths()) this.#tell(path, stream, name);
    return true;
  }

  /** A TITLE for a mountpoint has come by a path. */
  came(now: Micros, path: Path, name: string, title: SetTitle): void {
    this.#titles.knows(path.id, name, title);
    this.#take(now, name, title);
  }

  /** A stream was announced by a path: a title that came before that is for its mountpoint, and the relay at the path's other end is told what it does not know. */
  announced(now: Micros, path: Path, stream: EdgeStream): void {
    const { mountpoint } = stream;
    if (mountpoint === undefined) return;
    const early = stream.takeEarlyTitle();
    if (early !== undefined) this.#take(now, mountpoint, early);
    if (!this.#titles.isEmpty) this.#tell(path, stream, mountpoint);
  }

  /** A mountpoint begins, or its title is new: listeners get it from the next frame on. */
  begun(now: Micros, mount: Mount): void {
    const title = this.#titles.get(mount.name)?.title;
    if (title !== undefined) mount.switcher.setText(now, textOfTitle(title));
  }

  /** A mountpoint has ended. */
  ended(name: string): void {
    this.#titles.forget(name);
  }

  closed(path: PathId): void {
    this.#titles.closed(path);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#titles.snapshot(a);
  }

  #take(now: Micros, name: string, title: SetTitle): void {
    if (!this.#titles.take(name, title)) return;
    const mount = this.#options.mount(name);
    if (mount !== undefined) this.begun(now, mount);
  }

  #tell(path: Path, { id }: EdgeStream, name: string): void {
    if (!path.takesTitles) return;
    this.#lookAtMount(name);
    const message = this.#titles.due(path.id, name, id);
    if (message !== undefined) this.#options.tell(path.id, message);
  }

  /** A stream on air may have had another title since: then the one that was set is not in force any more, which an encoder that reads nothing does not say. */
  #lookAtMount(name: string): void {
    const title = this.#titles.get(name);
    const mount = this.#options.mount(name);
    if (title?.title !== undefined && mount?.switcher.hasSetText === false) this.#titles.take(name, { version: title.version, title: undefined });
  }
}
