import type { FrameFormat } from '../../../core/codec/format/format.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { KeptReply } from '../../http/message/kept-reply.ts';
import type { Log } from '../../log/log.ts';
import { requestFailed } from '../../http/server/request-failed.ts';
import { textOf } from '../../http/message/request-target.ts';
import { crc32 } from '../../../core/recording/file/checksum.ts';
import { AwaitedParts } from './awaited-parts.ts';
import { FRAGMENT_TYPE, missingReply, PlaylistText, segmentReply } from './media/answers.ts';
import { isGap, spanOf, type MountParts, type PartedSegment } from './media/parts/mount-parts.ts';
import type { PartStore } from './media/parts/part-store.ts';
import { partsPlaylist } from './media/parts/parts-playlist.ts';
import { disconnected, type Session } from './sessions.ts';

/** Nobody waits for longer, in segments: a listener who has asked for nothing in three has left. */
const WAIT_SEGMENTS = 2;
/** What is further ahead is not waited for (draft-pantos-hls-rfc8216bis, 6.2.5.2). */
const SEGMENTS_AHEAD = 2;
const PARTS_AHEAD = 3;
/** Of a playlist that nobody has to wait for: as long as a part is, or less. */
const CACHED_S = 1;

export interface PartsRoutesOptions {
  readonly store: PartStore;
  readonly given: (session: Session | undefined, reply: KeptReply) => void;
  readonly log: Log;
}

/** What one request is told by, besides itself. */
export interface PartsRequest {
  readonly request: HttpRequest;
  readonly mount: MountParts;
  /** Undefined: somebody looks only, and does not wait. */
  readonly session: Session | undefined;
  /** Whether a cache may give it to others. */
  readonly isPublic: boolean;
}

const tooMany = (): KeptReply => missingReply(503, 'Too many requests of yours wait: try again', 1);
const notInTime = (): KeptReply => missingReply(503, 'It has not come in time: try again', 1);

/** The playlist of low latency, and parts: who asks for what comes next waits for it. */
export class PartsRoutes {
  readonly #options: PartsRoutesOptions;
  readonly #awaited: AwaitedParts;
  /** Of what everybody gets. */
  readonly #texts = new WeakMap<MountParts, { readonly version: number; readonly text: PlaylistText }>();
  /** Of parts, each of which all listeners ask for. */
  readonly #etags = new WeakMap<Uint8Array, string>();

  constructor(options: PartsRoutesOptions) {
    this.#options = options;
    this.#awaited = new AwaitedParts({ waitMs: WAIT_SEGMENTS * options.store.slotMs });
    // It is told in the middle of a call of the core, which is not to last longer for it.
    options.store.changed = (mount) => void setImmediate(() => this.#awaited.changed(mount));
  }

  mount(name: string): MountParts | undefined {
    return this.#options.store.mount(name);
  }

  /** To whoever asks for parts of a mountpoint that has none, or not yet. @param format of its segments. */
  none(format: FrameFormat): KeptReply {
    const { store } = this.#options;
    if (!store.takes(format)) return missingReply(404, 'There are no parts of what this mountpoint has');
    return missingReply(503, 'There are no parts of this mountpoint yet', Math.ceil(store.slotMs / 1_000));
  }

  /** @param query behind all addresses in it. */
  playlist(asked: PartsRequest, query: string): void {
    const { request, mount, isPublic } = asked;
    const number = wantedPart(request, mount);
    if (number === 'bad') return this.#answer(asked, missingReply(400, '_HLS_msn is the number of a segment that comes next, and _HLS_part that of a part of it'));
    this.#when(asked, number ?? -1, () => {
      // What was waited for does not change by much: caches can give it to all who ask for the same.
      const cachedS = number !== undefined && number <= mount.newest ? Math.floor(mount.slotUs / 1_000_000) : CACHED_S;
      this.#answer(asked, this.#text(mount, query).reply(request.head, `${isPublic ? 'public' : 'private'}, max-age=${cachedS}`));
    });
  }

  /** @param index of a part; undefined: all of it. */
  segment(asked: PartsRequest, number: number, index: number | undefined): void {
    const { mount } = asked;
    if (index === undefined) return this.#give(asked, number, undefined);
    const at = number * mount.perSegment + index;
    if (index >= mount.perSegment || at > mount.newest + PARTS_AHEAD) return this.#answer(asked, missing());
    this.#when(asked, at, () => this.#give(asked, number, index));
  }

  /** The process serves no more. */
  stop(): void {
    this.#awaited.stop();
  }

  /** Calls `give` when this part is there, now or later, or when nothing comes any more. */
  #when(asked: PartsRequest, number: number, give: () => void): void {
    const { request, mount, session } = asked;
    if (number <= mount.newest || session === undefined || mount.hasEnded) return give();
    const before = request.socket.bytesWritten;
    const waits = this.#awaited.add({
      socket: request.socket,
      session,
      mount,
      number,
      over: (isThere) => {
        if (session.over !== undefined) request.answer(disconnected);
        else if (isThere || mount.hasEnded) give();
        else this.#answer(asked, notInTime());
      },
      failed: (error) => requestFailed(request, error, this.#options.log, request.socket.bytesWritten > before),
    });
    if (!waits) this.#answer(asked, tooMany());
  }

  #give(asked: PartsRequest, number: number, index: number | undefined): void {
    const { request, mount, isPublic } = asked;
    const segment = mount.find(number);
    const bytes = segment && contentOf(segment, index, mount.perSegment);
    if (bytes === undefined) return this.#answer(asked, missing());
    const { startUs, durationUs } = index === undefined ? spanOf(segment!) : segment!.parts[index]!;
    this.#answer(asked, segmentReply(request.head, { bytes, contentType: FRAGMENT_TYPE, etag: this.#etagOf(bytes), endMs: (startUs + durationUs) / 1_000, isPublic }));
  }

  #etagOf(bytes: Uint8Array): string {
    const etag = this.#etags.get(bytes) ?? `"p-${bytes.length}-${crc32(bytes).toString(36)}"`;
    this.#etags.set(bytes, etag);
    return etag;
  }

  #text(mount: MountParts, query: string): PlaylistText {
    if (query !== '') return playlistOf(mount, query);
    const known = this.#texts.get(mount);
    if (known?.version === mount.version) return known.text;
    const text = playlistOf(mount, '');
    this.#texts.set(mount, { version: mount.version, text });
    return text;
  }

  #answer({ request, session }: PartsRequest, reply: KeptReply): void {
    this.#options.given(session, reply);
    request.answer(reply);
  }
}

function missing(): KeptReply {
  return missingReply(404, 'There is no such part, or not any more, or not yet');
}

function playlistOf(mount: MountParts, query: string): PlaylistText {
  const { startUs, durationUs } = mount.segments.at(-1)!.parts.at(-1)!;
  return new PlaylistText(partsPlaylist(mount, query), (startUs + durationUs) / 1_000);
}

/** All of a segment only when all of it is there. Undefined: it is not, or a gap. */
function contentOf({ parts }: PartedSegment, index: number | undefined, perSegment: number): Uint8Array | undefined {
  if (index === undefined) return parts.length < perSegment || parts.every(isGap) ? undefined : Buffer.concat(parts.map(({ bytes }) => bytes));
  const part = parts[index];
  return part === undefined || isGap(part) ? undefined : part.bytes;
}

/** The number of the part that has to be in a playlist (draft-pantos-hls-rfc8216bis, 6.2.5.2); undefined: whatever there is. */
function wantedPart({ target }: HttpRequest, { perSegment, newest, segments }: MountParts): number | 'bad' | undefined {
  const [segment, part] = [textOf(target, '_HLS_msn'), textOf(target, '_HLS_part')];
  if (segment === undefined) return part === undefined ? undefined : 'bad';
  if (!/^\d{1,15}$/.test(segment) || (part !== undefined && !/^\d{1,4}$/.test(part))) return 'bad';
  if (Number(segment) > segments.at(-1)!.number + SEGMENTS_AHEAD) return 'bad';
  if (part === undefined) return (Number(segment) + 1) * perSegment - 1;
  // Behind the last part of a segment comes the first of the next one.
  const number = Number(segment) * perSegment + Math.min(Number(part), perSegment);
  return number > newest + PARTS_AHEAD ? 'bad' : number;
}
