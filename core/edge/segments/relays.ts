import type { PathId } from '../../base/machine.ts';
import type { Path } from '../../links/paths/path.ts';
import { prefixed } from '../../wire/framing.ts';
import { encodeMessage } from '../../wire/pdu.ts';

export interface SegmentRelaysOptions {
  /** Those that are open. */
  readonly paths: () => Iterable<Path>;
  /** Sends a message with its length back to the relay at the other end of a path. */
  readonly tell: (path: PathId, message: Uint8Array) => void;
}

/** The relays that read what edges know of segments, and tell it to other edges. */
export class SegmentRelays {
  readonly #options: SegmentRelaysOptions;

  constructor(options: SegmentRelaysOptions) {
    this.#options = options;
  }

  /** Whether there is one. */
  get isRead(): boolean {
    for (const { takesMoments } of this.#options.paths()) if (takesMoments) return true;
    return false;
  }

  /** Tells all of them: a message of this type, which has no place in the sequence of its stream. @param streamIdFor the relay at the other end of a path. */
  tell(type: number, streamIdFor: (path: Path) => Uint8Array, payload: Uint8Array): void {
    const { paths, tell } = this.#options;
    for (const path of paths()) if (path.takesMoments) tell(path.id, prefixed(encodeMessage({ type, replica: 0, streamId: streamIdFor(path), sequence: 0, payload })));
  }
}
