import type { Snapshot } from '../../base/snapshot.ts';
import type { PathId } from '../../base/machine.ts';
import { prefixed } from '../../wire/framing.ts';
import { encodeMessage, MessageType } from '../../wire/pdu.ts';
import { encodeTitle, isNewer, type SetTitle } from '../../wire/messages/set-title.ts';

/** What the process at the other end of a path knows and was told of one mountpoint's title. */
interface Told {
  knows: SetTitle | undefined;
  told: SetTitle | undefined;
  /** How often it was told that. */
  times: number;
}

/** A title is told again with the next announcements of its mountpoint, until the other end says it too: an older program never does. */
const MAX_TIMES = 5;

/** The newest title that was set for each mountpoint, and which of the processes that this one can tell of it know it. */
export class SetTitles {
  readonly #maxMounts: number;
  readonly #titles: Map<string, SetTitle> = new Map();
  readonly #told: Map<PathId, Map<string, Told>> = new Map();

  /** @param maxMounts of more mountpoints the title that was set first is forgotten. */
  constructor(maxMounts: number) {
    this.#maxMounts = maxMounts;
  }

  get isEmpty(): boolean {
    return this.#titles.size === 0;
  }

  get mounts(): Iterable<string> {
    return this.#titles.keys();
  }

  get(mount: string): SetTitle | undefined {
    return this.#titles.get(mount);
  }

  /** Whether it is newer than what is known of the mountpoint. */
  isNews(mount: string, title: SetTitle): boolean {
    return isNewer(title, this.#titles.get(mount));
  }

  /** True when it is newer than what is known of the mountpoint. */
  take(mount: string, { version, title }: SetTitle): boolean {
    const set = { version, title };
    if (!isNewer(set, this.#titles.get(mount))) return false;
    this.#titles.delete(mount);
    this.#titles.set(mount, set);
    for (const oldest of this.#titles.keys()) {
      if (this.#titles.size <= this.#maxMounts) break;
      this.forget(oldest);
    }
    return true;
  }

  /** The mountpoint is not there any more. */
  forget(mount: string): void {
    this.#titles.delete(mount);
    for (const mounts of this.#told.values()) mounts.delete(mount);
  }

  /** The process at the other end of this path has said this. */
  knows(path: PathId, mount: string, { version, title }: SetTitle): void {
    const told = this.#at(path, mount);
    if (isNewer({ version, title }, told.knows)) told.knows = { version, title };
  }

  /** What it is to be told of a mountpoint now, as a message of this stream of it, with its length; undefined when that is nothing. */
  due(path: PathId, mount: string, streamId: Uint8Array): Uint8Array | undefined {
    const title = this.#due(path, mount);
    if (title === undefined) return undefined;
    const payload = encodeTitle({ ...title, isOrdered: false });
    return prefixed(encodeMessage({ type: MessageType.TITLE, replica: 0, streamId, sequence: 0, payload }));
  }

  closed(path: PathId): void {
    this.#told.delete(path);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const titles = a.list(this.#titles, (entry): [string, SetTitle] => [a.text(entry?.[0] ?? ''), snapshotTitle(a, entry?.[1])!]);
    const told = a.list(this.#told, (entry): [PathId, Map<string, Told>] => [a.number(entry?.[0] ?? (0 as PathId)), new Map(a.list(entry?.[1] ?? [], (one) => snapshotTold(a, one)))]);
    if (!a.isLoading) return;
    for (const [mount, title] of titles) this.#titles.set(mount, title);
    for (const [path, mounts] of told) this.#told.set(path, mounts);
  }

  #due(path: PathId, mount: string): SetTitle | undefined {
    const title = this.#titles.get(mount);
    if (title === undefined) return undefined;
    const told = this.#at(path, mount);
    if (!isNewer(title, told.knows)) return undefined;
    if (isNewer(title, told.told)) told.times = 0;
    if (told.times >= MAX_TIMES) return undefined;
    told.told = title;
    told.times++;
    return title;
  }

  #at(path: PathId, mount: string): Told {
    const mounts = this.#told.get(path) ?? new Map<string, Told>();
    this.#told.set(path, mounts);
    const told = mounts.get(mount) ?? { knows: undefined, told: undefined, times: 0 };
    mounts.set(mount, told);
    return told;
  }
}

/** Saves or restores a title; undefined where there is none. */
export function snapshotTitle(a: Snapshot, saved: SetTitle | undefined): SetTitle | undefined {
  const version = a.number(saved?.version ?? 0);
  const title = a.maybeText(saved?.title);
  return version === 0 ? undefined : { version, title };
}

function snapshotTold(a: Snapshot, saved: readonly [string, Told] | undefined): [string, Told] {
  const mount = a.text(saved?.[0] ?? '');
  return [mount, { knows: snapshotTitle(a, saved?.[1].knows), told: snapshotTitle(a, saved?.[1].told), times: a.number(saved?.[1].times ?? 0) }];
}
