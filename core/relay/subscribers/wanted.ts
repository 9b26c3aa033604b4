import { snapshotCursor, type Cursor, type Journal } from '../../base/memory/journal.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import { WantedMounts } from '../../links/wants/wanted-mounts.ts';
import { MessageType } from '../../wire/pdu.ts';
import type { RelayStream } from '../streams/stream.ts';

/** Mountpoints that are wanted of late: they are sent from the history, up to where all the others are. */
interface Replay {
  readonly cursor: Cursor;
  readonly mounts: ReadonlySet<string>;
}

/** With so many replays under way, what is wanted besides begins where the others are. */
const MAX_REPLAYS = 4;

export interface WantedOptions {
  readonly journal: Journal;
  readonly streams: StreamsOfRelay;
}

/** What there is to know of the streams of a relay. */
export interface StreamsOfRelay extends Iterable<Pick<RelayStream, 'mount'>> {
  find(bytes: Uint8Array, messageStart: number): Pick<RelayStream, 'mount'> | undefined;
}

/**
 * What one subscriber wants of the journal: the streams of some mountpoints, and the ANNOUNCE of all others, by which it knows what there is. What belongs to no mountpoint, as far
 * as it is known, goes out to everybody.
 *
 *     tail                            main cursor              head
 *      |   replay of what is new           |                    |
 *      [ - - - - - - - - -> - - - - - - - ][ - - - > - - - - - -]
 *
 * What is new goes out from the history behind all that the others have to get, and in its order: nothing of it goes out by the main cursor until it has come up to that.
 */
export class Wanted {
  readonly #journal: Journal;
  readonly #streams: StreamsOfRelay;
  #mounts = new WantedMounts([]);
  #version = 0;
  #replays: Replay[] = [];

  constructor({ journal, streams }: WantedOptions) {
    this.#journal = journal;
    this.#streams = streams;
  }

  get version(): number {
    return this.#version;
  }

  /**
   * Others are wanted. Returns the mountpoints that are new, of which the history goes out.
   *
   * @param main where the others are; @param hadAll everything was wanted before.
   */
  change(version: number, names: readonly string[], main: Cursor, hadAll: boolean): ReadonlySet<string> {
    const before = this.#mounts;
    this.#mounts = new WantedMounts(names);
    this.#version = version;
    // What is wanted again after this comes from its beginning.
    this.#replays = this.#replays.map(({ cursor, mounts }) => ({ cursor, mounts: new Set([...mounts].filter((mount) => this.#mounts.has(mount))) }));
    const added = new Set<string>();
    if (!hadAll) for (const { mount } of this.#streams) if (mount !== '' && this.#mounts.has(mount) && !before.has(mount)) added.add(mount);
    const cursor = this.#journal.oldest();
    if (added.size > 0 && cursor.position < main.position && this.#replays.length < MAX_REPLAYS) this.#replays.push({ cursor, mounts: added });
    return added;
  }

  /** What comes next for it; empty where there is something, and none of it is wanted; undefined where there is nothing. */
  read(main: Cursor): Uint8Array | undefined {
    return this.#journal.readWanted(main, this.#isWanted) ?? this.#replay(main);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#version = a.number(this.#version);
    this.#mounts = new WantedMounts(a.list(this.#mounts.names, (name) => a.text(name ?? '')));
    this.#replays = a.list(this.#replays, (replay) => {
      const cursor = replay?.cursor ?? { position: 0, record: 0 };
      snapshotCursor(a, cursor);
      return { cursor, mounts: new Set(a.list(replay?.mounts ?? [], (mount) => a.text(mount ?? ''))) };
    });
  }

  #replay(main: Cursor): Uint8Array | undefined {
    for (let replay = this.#replays[0]; replay !== undefined; replay = this.#replays[0]) {
      const { cursor, mounts } = replay;
      // What the history has let go of meanwhile is not lost: it was not promised.
      this.#journal.catchUp(cursor);
      const bytes = this.#journal.readWanted(cursor, (message, start) => this.#isReplayed(mounts, message, start), main.position);
      if (bytes !== undefined) return bytes;
      this.#replays.shift();
    }
    return undefined;
  }

  /** What comes of it by a replay does not go out beside that: a receiver would take what lies between for lost. */
  readonly #isWanted = (bytes: Uint8Array, start: number): boolean => {
    const mount = this.#streams.find(bytes, start)?.mount ?? '';
    if (mount === '') return true;
    for (const replay of this.#replays) if (replay.mounts.has(mount)) return false;
    return bytes[start] === MessageType.ANNOUNCE || this.#mounts.has(mount);
  };

  #isReplayed(mounts: ReadonlySet<string>, bytes: Uint8Array, start: number): boolean {
    const mount = this.#streams.find(bytes, start)?.mount ?? '';
    return mounts.has(mount) && this.#mounts.has(mount);
  }
}
