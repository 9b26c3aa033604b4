import type { Snapshot } from '../base/snapshot.ts';
import type { PathId } from '../base/machine.ts';
import type { Micros } from '../base/units.ts';
import type { Path } from '../links/paths/path.ts';
import { SetTitles } from '../links/known/set-titles.ts';
import { MessageType } from '../wire/pdu.ts';
import { encodeTitle, newTitle, type SetTitle } from '../wire/messages/set-title.ts';
import type { RelayEvent } from './events.ts';
import { mountOpenings } from './streams/mount-openings.ts';
import type { RelayStream } from './streams/stream.ts';

export interface RelayTitlesOptions {
  readonly maxMounts: number;
  /** All that the relay knows. */
  readonly streams: Iterable<RelayStream>;
  /** Whether the encoder at the other end of a path reads what is sent back to it. */
  readonly isRead: (path: Path) => boolean;
  /** Sends a message with its length back by a path. */
  readonly tell: (path: PathId, message: Uint8Array) => void;
  /** Sends a message to all subscribers. */
  readonly spread: (now: Micros, message: Uint8Array) => void;
  readonly event: (event: RelayEvent) => void;
}

/**
 * The titles that were set for mountpoints: what anybody says is told to all others.
 *
 *     encoders, in their streams -----+                +--> subscribers, ahead of what comes next
 *     relays that we subscribe to ----+--> newest? ----+--> relays that we subscribe to, by that connection
 *     subscribers, by theirs ---------+                +--> encoders, by the connection that is acknowledged
 *     an operator at this relay ------+
 */
export class RelayTitles {
  readonly #options: RelayTitlesOptions;
  readonly #titles: SetTitles;

  constructor(options: RelayTitlesOptions) {
    this.#options = options;
    this.#titles = new SetTitles(options.maxMounts);
  }

  /** What new subscribers need to know, behind the openings of the streams. */
  get openings(): readonly Uint8Array[] {
    return this.openingsOf(this.#titles.mounts);
  }

  /** The same of these mountpoints. */
  openingsOf(mounts: Iterable<string>): readonly Uint8Array[] {
    const known = [...mounts].flatMap((mount) => {
      const title = this.#titles.get(mount);
      return title === undefined ? [] : [[mount, title] as const];
    });
    return mountOpenings(known, this.#options.streams, messageOf);
  }

  hasMount(mount: string): boolean {
    return mount !== '' && this.#streamOf(mount) !== undefined;
  }

  /** An operator of this relay. False when there is no such mountpoint, or when the title before has the highest version that there is. */
  set(now: Micros, mount: string, title: string, atMs: number): boolean {
    if (!this.hasMount(mount) || !this.#take(mount, newTitle(title, atMs, this.#titles.get(mount)), 'operator')) return false;
    this.#spread(now, mount);
    return true;
  }

  /** A TITLE that has no place in the sequence of a stream, from another relay. */
  said(now: Micros, path: Path, stream: RelayStream | undefined, title: SetTitle): void {
    if (!path.isUpstream) return path.drop('bad-title');
    if (stream === undefined || stream.mount === '') return;
    this.#titles.knows(path.id, stream.mount, title);
    if (this.#take(stream.mount, title, path.peer.name)) this.#spread(now, stream.mount);
  }

  /** A copy of a TITLE in a stream's sequence has come by a path: whoever sends it knows it. */
  copied(path: Path, { mount }: RelayStream, title: SetTitle): void {
    if (mount !== '') this.#titles.knows(path.id, mount, title);
  }

  /** The first copy of a TITLE in a stream's sequence: subscribers get it with the stream. */
  ordered({ mount }: RelayStream, title: SetTitle, by: string): void {
    this.#take(mount, title, by);
  }

  /** What a subscriber of that name says. @param mayChange is asked when it would change the title. */
  saidBack(now: Micros, by: string, stream: RelayStream | undefined, title: SetTitle, mayChange: () => boolean): void {
    if (stream === undefined || stream.mount === '') return;
    if (!this.#titles.isNews(stream.mount, title) || !mayChange()) return;
    if (this.#take(stream.mount, title, by)) this.#spread(now, stream.mount);
  }

  /** A stream was announced by a path: whoever is at its other end is told what he does not know. */
  announced(path: Path, stream: RelayStream): void {
    if (!this.#titles.isEmpty) this.#tell(path, stream);
  }

  closed(path: Path): void {
    this.#titles.closed(path.id);
  }

  /** A stream is forgotten. */
  forgotten({ mount }: RelayStream): void {
    if (this.#titles.get(mount) !== undefined && this.#streamOf(mount) === undefined) this.#titles.forget(mount);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#titles.snapshot(a);
  }

  #take(mount: string, title: SetTitle, by: string): boolean {
    if (!this.#titles.take(mount, title)) return false;
    if (title.title !== undefined) this.#options.event({ kind: 'title-set', mount, title: title.title, label: by });
    for (const stream of this.#options.streams) {
      if (stream.mount === mount) for (const path of stream.carryingPaths) this.#tell(path, stream);
    }
    return true;
  }

  #spread(now: Micros, mount: string): void {
    const [title, stream] = [this.#titles.get(mount), this.#streamOf(mount)];
    const message = title && stream && messageOf(stream, title);
    if (message !== undefined) this.#options.spread(now, message);
  }

  #tell(path: Path, stream: RelayStream): void {
    const { isRead, tell } = this.#options;
    if (path.isUpstream ? !path.takesTitles : !isRead(path)) return;
    const message = this.#titles.due(path.id, stream.mount, stream.id);
    if (message !== undefined) tell(path.id, message);
  }

  #streamOf(mount: string): RelayStream | undefined {
    for (const stream of this.#options.streams) if (stream.mount === mount) return stream;
    return undefined;
  }
}

function messageOf(stream: RelayStream, title: SetTitle): Uint8Array | undefined {
  return stream.unordered(MessageType.TITLE, encodeTitle({ ...title, isOrdered: false }));
}
