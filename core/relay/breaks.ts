import type { Snapshot } from '../base/snapshot.ts';
import type { Micros } from '../base/units.ts';
import { KnownBreaks } from '../links/known/known-breaks.ts';
import type { Path } from '../links/paths/path.ts';
import { encodeBreaks, type Breaks } from '../wire/messages/breaks-message.ts';
import { MessageType } from '../wire/pdu.ts';
import type { PassOn } from './moments.ts';
import { mountOpenings } from './streams/mount-openings.ts';
import type { RelayStream } from './streams/stream.ts';

export interface RelayBreaksOptions {
  readonly maxMounts: number;
  /** All that the relay knows. */
  readonly streams: Iterable<RelayStream>;
  readonly passOn: PassOn;
}

/** How many discontinuities edges have counted of each mountpoint, by the length of their segments: what is more than was known is told to all others, and to new subscribers. */
export class RelayBreaks {
  readonly #options: RelayBreaksOptions;
  readonly #known: KnownBreaks;

  constructor(options: RelayBreaksOptions) {
    this.#options = options;
    this.#known = new KnownBreaks(options.maxMounts);
  }

  /** What new subscribers need to know of these mountpoints; of all, unless given. */
  openingsOf(mounts?: ReadonlySet<string>): readonly Uint8Array[] {
    const known = [...this.#known].filter(([mount]) => mounts?.has(mount) ?? true);
    return mountOpenings(known, this.#options.streams, messageOf);
  }

  /** @param by the relay that says so; undefined: a subscriber. @param mayChange is asked when it is news. */
  said(now: Micros, stream: RelayStream | undefined, breaks: Breaks, by: Path | undefined, mayChange: () => boolean = () => true): void {
    if (stream === undefined || stream.mount === '' || !this.#known.isNews(stream.mount, breaks) || !mayChange()) return;
    const message = messageOf(stream, breaks);
    if (message === undefined) return;
    this.#known.take(stream.mount, breaks);
    // A relay finds the mountpoint by a stream that it has itself.
    this.#options.passOn(now, message, by, (path) => this.#messageFor(path, stream.mount, breaks) ?? message);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#known.snapshot(a);
  }

  #messageFor(path: Path, mount: string, breaks: Breaks): Uint8Array | undefined {
    for (const stream of this.#options.streams) if (stream.mount === mount && stream.isCarriedBy(path)) return messageOf(stream, breaks);
    return undefined;
  }
}

function messageOf(stream: RelayStream, breaks: Breaks): Uint8Array | undefined {
  return stream.unordered(MessageType.BREAKS, encodeBreaks(breaks));
}
