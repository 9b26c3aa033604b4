import type { Snapshot } from '../../base/snapshot.ts';
import { KnownBreaks } from '../../links/known/known-breaks.ts';
import { encodeBreaks, type Breaks } from '../../wire/messages/breaks-message.ts';
import { MessageType } from '../../wire/pdu.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { SegmentRelays } from './relays.ts';

export interface EdgeBreaksOptions {
  readonly maxMounts: number;
  /** The length of segments here: what is said of others is of no use. */
  readonly slotMs: number;
  readonly streams: () => Iterable<EdgeStream>;
  readonly relays: SegmentRelays;
}

/** How many discontinuities the segments of each mountpoint have had, here or at other edges: all come to the highest count. */
export class EdgeBreaks {
  readonly #options: EdgeBreaksOptions;
  readonly #known: KnownBreaks;

  constructor(options: EdgeBreaksOptions) {
    this.#options = options;
    this.#known = new KnownBreaks(options.maxMounts);
  }

  get(mount: string): Breaks | undefined {
    return this.#known.get(mount, this.#options.slotMs);
  }

  /** Another edge has counted so many. */
  came({ mountpoint }: EdgeStream, breaks: Breaks): void {
    if (mountpoint !== undefined && breaks.slotMs === this.#options.slotMs) this.#known.take(mountpoint, breaks);
  }

  /** This edge has: relays are told, also again, for one may have been started since. */
  counted(mount: string, breaks: Breaks): void {
    this.#known.take(mount, breaks);
    const streams = [...this.#options.streams()].filter(({ mountpoint }) => mountpoint === mount);
    const [any] = streams;
    // A relay finds the mountpoint by a stream that it has itself.
    if (any !== undefined) this.#options.relays.tell(MessageType.BREAKS, (path) => (streams.find((stream) => stream.isCarriedBy(path)) ?? any).id, encodeBreaks(breaks));
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#known.snapshot(a);
  }
}
