import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import type { DropReason, Path } from '../../links/paths/path.ts';
import { RefusalReports } from '../../links/paths/refusal-reports.ts';
import { decodeAnnouncement } from '../../wire/messages/announce.ts';
import { MessageType, PDU_HEADER_BYTES, type MessageView } from '../../wire/pdu.ts';
import type { RelayEvent } from '../events.ts';
import type { RelayStreams } from '../streams/streams.ts';

/** Whether peers of which it is known what they may send keep to that. One with a key sends only what belongs to streams with an id of its key, that are announced for mountpoints of its own. */
export class PeerRights {
  readonly #streams: RelayStreams;
  readonly #event: (event: RelayEvent) => void;
  readonly #reports = new RefusalReports();

  constructor(streams: RelayStreams, event: (event: RelayEvent) => void) {
    this.#streams = streams;
    this.#event = event;
  }

  /** Drops a message that its peer may not send. @return whether it did. */
  refuses(now: Micros, path: Path, view: MessageView): boolean {
    const reason = this.#exceeds(path, view);
    if (reason === undefined) return false;
    path.drop(reason);
    const { peer } = path;
    const refused = this.#reports.add(now, `${reason} ${peer.address}`);
    if (refused === undefined) return true;
    const mount = this.#mountOf(view);
    this.#event({ kind: 'rights-exceeded', label: peer.name, ...(mount !== undefined && { mount }), reason, messages: refused.messages });
    return true;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#reports.snapshot(a);
  }

  /** The mountpoint that a message announces, or that its stream was announced for; undefined: nobody knows. */
  #mountOf(view: MessageView): string | undefined {
    if (view.type === MessageType.ANNOUNCE) return decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end))?.mountpoint;
    return this.#streams.find(view.bytes, view.start)?.mount || undefined;
  }

  /** Why it may not send it; undefined when it may. */
  #exceeds(path: Path, view: MessageView): DropReason | undefined {
    const isAnnounce = view.type === MessageType.ANNOUNCE;
    if (isAnnounce && !path.mayAnnounce(view)) return 'not-allowed';
    if (path.key === undefined) return undefined;
    if (!path.mayUseId(view)) return 'not-owner';
    const mount = this.#streams.find(view.bytes, view.start)?.mount ?? '';
    if (mount !== '') return path.maySend(mount) ? undefined : 'not-allowed';
    if (!isAnnounce) return 'not-announced';
    return decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end)) === undefined ? 'bad-announce' : undefined;
  }
}
