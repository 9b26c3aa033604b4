import { randomBytes } from 'node:crypto';
import type { FrameFormat } from '../../../core/codec/format/format.ts';
import type { KeptReply } from '../../http/message/kept-reply.ts';
import { anybody } from '../../http/auth/guards.ts';
import type { Reply } from '../../http/message/reply.ts';
import { requestFailed } from '../../http/server/request-failed.ts';
import type { Log } from '../../log/log.ts';
import type { HttpRequest } from '../../http/request.ts';
import { textOf } from '../../http/message/request-target.ts';
import type { Route } from '../../http/router.ts';
import { percentEncodePath } from '../../http/message/text.ts';
import type { MountTable } from '../../icecast/mount-table.ts';
import { FRAGMENT_TYPE, missingReply, PlaylistText, segmentReply } from './media/answers.ts';
import { audioConfig, initSegment } from './media/packing/fmp4.ts';
import { Fragments } from './media/packing/fragments.ts';
import { endUs, type KeptSegment } from './media/store/kept-segment.ts';
import { masterPlaylist, type Variant } from './media/master-playlist.ts';
import { mediaPlaylist } from './media/media-playlist.ts';
import type { PartStore } from './media/parts/part-store.ts';
import type { MountSegments, Span } from './media/store/mount-segments.ts';
import { packedFormat } from './media/packing/packed-audio.ts';
import type { SegmentStore } from './media/store/store.ts';
import { listenersOnly, methods } from '../listeners/pages.ts';
import type { Admission } from '../admission/admission.ts';
import type { OnDemand } from '../listeners/on-demand.ts';
import { Demand } from './demand.ts';
import { PartsRoutes } from './parts-routes.ts';
import { queryFor, tokenOf, type HlsSessions, type Session } from './sessions.ts';

/** What is asked for of a mountpoint, or a group: its master playlist, the live programme, the same in fragments of MP4, or in parts of these, or a piece of the past. */
type Asked = 'hls' | 'live' | 'dvr' | 'fmp4' | 'parts';

/** Mountpoints with the same programme, by the name of the group. */
export type HlsGroups = ReadonlyMap<string, readonly string[]>;

export interface HlsRoutesOptions {
  readonly store: SegmentStore;
  readonly groups: HlsGroups;
  readonly table: Pick<MountTable, 'mount'>;
  readonly admission: Pick<Admission, 'asks' | 'refusal'>;
  readonly sessions: HlsSessions;
  /** Mountpoints that start when somebody asks; undefined: none does. */
  readonly onDemand?: Pick<OnDemand, 'starts' | 'ask'> | undefined;
  /** Parts of segments; undefined: there are none. */
  readonly parts?: PartStore | undefined;
  readonly log: Log;
}

const playlistAt = /^(.+)\/(hls|live|fmp4|parts|dvr)\.m3u8$/s;
const badRange = missingReply(400, 'start and end are seconds since 1970, seconds before now with a minus, or ISO 8601 with its time zone, such as 2026-11-27T18:00:00Z');
/** ISO 8601: without a zone it would be the time of wherever the edge is. */
const zonedTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+ -]\d\d:\d\d)$/;
/** With a leading zero it would be a second name of the same thing. */
const segmentAt = /^(.+)\/hls\/(0|[1-9]\d{0,14})\.([a-z0-9]{3})$/s;
const partAt = /^(.+)\/hls\/(0|[1-9]\d{0,14})-(\d|all)\.m4s$/s;

/** `MOUNT/hls.m3u8`, `MOUNT/live.m3u8`, `MOUNT/fmp4.m3u8`, `MOUNT/dvr.m3u8` and `MOUNT/hls/NUMBER.aac`. */
export class HlsRoutes {
  readonly #options: HlsRoutesOptions;
  /** Of what everybody gets. */
  readonly #texts = new WeakMap<MountSegments, { version: number; readonly texts: Map<Asked, PlaylistText> }>();

  readonly #fragments = new Fragments();
  /** Groups of which it has been said that a mountpoint has their name. */
  readonly #told = new Set<string>();
  readonly #demand: Demand;

  readonly #parts: PartsRoutes | undefined;

  constructor(options: HlsRoutesOptions) {
    this.#options = options;
    const { store, table, onDemand, parts, sessions, log } = options;
    this.#demand = new Demand({ store, table, onDemand, log });
    this.#parts = parts && new PartsRoutes({ store: parts, given: (session, { bytes }) => session && sessions.given(session, bytes?.length ?? 0), log });
  }

  readonly playlists: Route = { at: '*.m3u8', methods, who: anybody, otherMethods: listenersOnly, handle: (request) => this.#playlist(request) };

  /** Undefined: the request is for no segment. */
  segment(request: HttpRequest): Reply | KeptReply | 'taken' | undefined {
    const match = segmentAt.exec(request.target.name);
    if (match === null) return this.#part(request);
    const [, name = '', number, extension] = match;
    const mount = this.#options.store.mount(name);
    if (extension === 'mp4') return this.#init(request, name, Number(number));
    const segment = mount?.find(Number(number));
    const packed = segment && packedFormat(segment.format);
    const isThere = packed?.extension === extension || (extension === 'm4s' && packed?.extension === 'aac');
    if (mount === undefined || segment === undefined || !isThere || segment.isGap) return missingReply(404, 'There is no such segment, or not any more');
    return this.#serve(request, name, 'segment', (session) => this.#giveSegment(request, { mount, segment, isFragment: extension === 'm4s' }, session));
  }

  #playlist(request: HttpRequest): Reply | KeptReply | 'taken' | undefined {
    const match = playlistAt.exec(request.target.name);
    if (match === null) return undefined;
    const [, name = '', asked] = match;
    const wanted = asked === 'hls' ? this.#membersOf(name) : [name];
    const coming = isOfPast(request) && wanted.some((mount) => this.#options.store.mount(mount) !== undefined) ? [] : this.#demand.coming(wanted);
    const give = (): Reply | KeptReply | 'taken' | undefined => this.#playlistOf(request, name, asked as Asked);
    return coming.length > 0 ? this.#await(request, coming, wanted, give) : give();
  }

  /** Starts those that are coming, and answers when they are there. Whoever has to say who he is has said so for the first one alone. */
  #await(request: HttpRequest, [first = '', ...others]: readonly string[], wanted: readonly string[], give: () => Reply | KeptReply | 'taken' | undefined): Reply | KeptReply | 'taken' {
    const mounts = [first, ...others.filter((mount) => !this.#options.admission.asks(mount))];
    return this.#serve(request, first, 'playlist', () => {
      for (const mount of mounts) this.#demand.start(request, mount);
      this.#demand.await(request, mounts, wanted, give);
    });
  }

  #playlistOf(request: HttpRequest, name: string, asked: Asked): Reply | KeptReply | 'taken' | undefined {
    if (asked === 'hls') return this.#masterOf(request, name, this.#membersOf(name));
    if (asked === 'parts') return this.#partsPlaylist(request, name);
    const mount = this.#options.store.mount(name);
    if (mount === undefined) return this.#nothingOf([name]);
    if (asked === 'fmp4' && audioConfig(mount.newest!.format) === undefined) return missingReply(404, 'Only AAC can be had in fragments of MP4');
    const range = asked === 'dvr' ? rangeOf(request, endUs(mount.newest!)) : undefined;
    if (range === 'bad') return badRange;
    // Players take a list of nothing for an error of the server.
    if (range !== undefined && this.#partOf(mount, range).length === 0) return missingReply(404, 'There is nothing of that time, or not any more, or not yet');
    // Asked for again, it would begin later each time: a master playlist leads to one that begins where it says now.
    if (range !== undefined && isRelative(request)) return this.#masterOf(request, name, [name]);
    return this.#serve(request, name, 'playlist', (session) => {
      this.#demand.start(request, name);
      this.#answer(request, session, this.#media(request, mount, asked, range));
    });
  }

  #partsPlaylist(request: HttpRequest, name: string): Reply | KeptReply | 'taken' | undefined {
    if (this.#parts === undefined) return undefined;
    const { store, admission } = this.#options;
    const mount = this.#parts.mount(name);
    const newest = store.mount(name)?.newest;
    if (mount === undefined) return newest === undefined ? this.#nothingOf([name]) : this.#parts.none(newest.format);
    return this.#serve(request, name, 'playlist', (session) => {
      this.#demand.start(request, name);
      const asks = admission.asks(name);
      this.#parts!.playlist({ request, mount, session, isPublic: !asks }, this.#queryOf(request, asks));
    });
  }

  /** Undefined: the request is for no part. */
  #part(request: HttpRequest): Reply | KeptReply | 'taken' | undefined {
    const match = this.#parts && partAt.exec(request.target.name);
    if (match === null || match === undefined) return undefined;
    const [, name = '', number, index] = match;
    const mount = this.#parts!.mount(name);
    if (mount === undefined) return missingReply(404, 'There is no such part, or not any more');
    return this.#serve(request, name, 'segment', (session) => {
      this.#parts!.segment({ request, mount, session, isPublic: !this.#options.admission.asks(name) }, Number(number), index === 'all' ? undefined : Number(index));
    });
  }

  /** Whoever looks only is no listener. */
  #serve(request: HttpRequest, mount: string, what: 'playlist' | 'segment', give: (session: Session | undefined) => void): Reply | KeptReply | 'taken' {
    const { sessions } = this.#options;
    return request.head.method === 'HEAD' ? sessions.peek(request, mount, () => give(undefined)) : sessions.serve(request, mount, what, give);
  }

  #answer(request: HttpRequest, session: Session | undefined, reply: KeptReply): void {
    if (session !== undefined) this.#options.sessions.given(session, reply.bytes?.length ?? 0);
    request.answer(reply);
  }

  /** What comes before the fragments of a format that the mountpoint has. */
  #init(request: HttpRequest, name: string, config: number): Reply | KeptReply | 'taken' {
    const { admission, store } = this.#options;
    const isOfIt = (segment: { readonly format: FrameFormat }): boolean => audioConfig(segment.format) === config;
    // Parts are there before the segment.
    const format = (store.mount(name)?.findLast(isOfIt) ?? this.#parts?.mount(name)?.segments.findLast(isOfIt))?.format;
    if (format === undefined) return missingReply(404, 'There are no segments of this format');
    return this.#serve(request, name, 'segment', (session) => {
      this.#answer(request, session, segmentReply(request.head, { bytes: initSegment(format), contentType: FRAGMENT_TYPE, etag: `"i-${config}"`, endMs: 0, isPublic: !admission.asks(name) }));
    });
  }

  #giveSegment(request: HttpRequest, { mount, segment, isFragment }: { readonly mount: MountSegments; readonly segment: KeptSegment; readonly isFragment: boolean }, session: Session | undefined): void {
    const { store, admission } = this.#options;
    const give = (packed: Uint8Array | undefined): void => {
      const contentType = isFragment ? FRAGMENT_TYPE : packedFormat(segment.format)!.contentType;
      const bytes = isFragment && packed !== undefined ? this.#fragments.of(segment, packed) : packed;
      const reply = bytes === undefined ? missingReply(404, 'There is no such segment any more') : segmentReply(request.head, {
        bytes,
        contentType,
        etag: `"${isFragment ? 'f-' : ''}${segment.lengthBytes}-${segment.crc32.toString(36)}"`,
        endMs: endUs(segment) / 1_000,
        isPublic: !admission.asks(mount.name),
      });
      this.#answer(request, session, reply);
    };
    const bytes = store.bytesOf(mount, segment);
    if (bytes instanceof Promise) void bytes.then(give).catch(this.#failure(request));
    else give(bytes);
  }

  #media(request: HttpRequest, mount: MountSegments, asked: Asked, range: Span | undefined): KeptReply {
    const { store, admission } = this.#options;
    const asks = admission.asks(mount.name);
    const cache = `${asks ? 'private' : 'public'}, max-age=${Math.max(1, Math.floor(store.slotMs / 2_000))}`;
    if (!asks && range === undefined) return this.#textOf(mount, asked).reply(request.head, cache);
    return this.#made(mount, asked, range, this.#queryOf(request, asks)).reply(request.head, cache);
  }

  /** A listener of a mountpoint that has them authenticate is known by all of its requests. */
  #queryOf(request: HttpRequest, asks: boolean): string {
    const token = tokenOf(request);
    const query = asks ? [...(token === undefined ? [] : [`s=${token}`]), queryFor(request)].filter((part) => part !== '').join('&') : '';
    return query === '' ? '' : `?${query}`;
  }

  #textOf(mount: MountSegments, asked: Asked): PlaylistText {
    let known = this.#texts.get(mount);
    if (known?.version !== mount.version) this.#texts.set(mount, (known = { version: mount.version, texts: new Map() }));
    const text = known.texts.get(asked) ?? this.#made(mount, asked, undefined, '');
    known.texts.set(asked, text);
    return text;
  }

  #made(mount: MountSegments, asked: Asked, range: Span | undefined, query: string): PlaylistText {
    const segments = asked === 'live' || asked === 'fmp4' ? mount.live : this.#partOf(mount, range);
    // It is over once a segment behind it is there.
    const hasEnded = range !== undefined && range.untilUs <= endUs(mount.newest!);
    const text = mediaPlaylist({ segments, slotUs: mount.slotUs, targetDurationS: mount.targetDurationS, query, isFragmented: asked === 'fmp4', startsAtFirst: range !== undefined && range.fromUs > -Infinity, hasEnded });
    return new PlaylistText(text, endUs(segments.at(-1) ?? mount.newest!) / 1_000);
  }

  /** Of what can be asked for. */
  #partOf(mount: MountSegments, range?: Span): readonly KeptSegment[] {
    return mount.within(this.#options.store.windowMs * 1_000, range);
  }

  /** A mountpoint of that name has begun, which a group has, too. */
  begun(name: string): void {
    const members = this.#options.groups.get(name);
    if (members === undefined || members.includes(name) || this.#told.has(name)) return;
    this.#told.add(name);
    this.#options.log({ kind: 'hls-group-hidden', group: name });
  }

  /** A mountpoint that is there is found by its name, also where a group has that, unless it is one of the group. Segments of one that has ended hide no group that has some. */
  #membersOf(name: string): readonly string[] {
    const { store, groups, table } = this.#options;
    const members = groups.get(name);
    if (members === undefined || members.includes(name)) return members ?? [name];
    if (table.mount(name) !== undefined) return [name];
    const hasSegments = (mount: string): boolean => store.mount(mount) !== undefined;
    return hasSegments(name) && !members.some(hasSegments) ? [name] : members;
  }

  #masterOf(request: HttpRequest, name: string, members: readonly string[]): Reply | KeptReply | 'taken' {
    const { store, admission } = this.#options;
    const refusal = admission.refusal(request, members[0]!);
    if (refusal !== undefined) return refusal;
    const first = members.map((member) => store.mount(member)).find((mount) => mount !== undefined);
    if (first !== undefined && rangeOf(request, endUs(first.newest!)) === 'bad') return badRange;
    const token = tokenOf(request) ?? randomBytes(12).toString('base64url');
    const range = first === undefined ? [] : fixedRangeOf(request, endUs(first.newest!));
    const query = [`s=${token}`, ...range, queryFor(request)].filter((part) => part !== '').join('&');
    const up = '../'.repeat(name.split('/').length);
    const variants = members.flatMap((member): Variant[] => {
      const mount = store.mount(member);
      if (mount === undefined) return [];
      const file = range.length > 0 ? 'dvr.m3u8' : `${this.#formOf(request, mount, members.length === 1)}.m3u8`;
      return [{ uri: `${member === name ? '' : `${up}${percentEncodePath(member)}/`}${file}?${query}`, ...ratesOf(mount), codecs: packedFormat(mount.newest!.format)!.codecs }];
    });
    if (first === undefined) return this.#nothingOf(members);
    return new PlaylistText(masterPlaylist(variants), endUs(first.newest!) / 1_000).reply(request.head, 'private, no-store');
  }

  /** What of a mountpoint is asked for, where it has that. Who changes between several would have to be told of the parts of all of them. */
  #formOf({ target }: HttpRequest, { name, newest }: MountSegments, isOnly: boolean): 'live' | 'fmp4' | 'parts' {
    const form = textOf(target, 'format');
    if (form === 'parts' && isOnly && this.#parts?.mount(name) !== undefined) return 'parts';
    return form === 'fmp4' && audioConfig(newest!.format) !== undefined ? 'fmp4' : 'live';
  }

  /** What is done when an answer that was put off has failed: nobody catches that for us. */
  #failure(request: HttpRequest): (error: unknown) => void {
    const before = request.socket.bytesWritten;
    return (error) => requestFailed(request, error, this.#options.log, request.socket.bytesWritten > before);
  }

  /** Another process serves from now on: whoever waits is told to come again. */
  leave(): void {
    this.#parts?.stop();
  }

  stop(): void {
    this.#demand.stop();
    this.#parts?.stop();
  }

  /** A mountpoint that has just begun has its first segment soon. */
  #nothingOf(mounts: readonly string[]): KeptReply {
    const { table, store } = this.#options;
    const found = mounts.map((mount) => table.mount(mount)).find((mount) => mount !== undefined);
    if (found === undefined) return missingReply(404, 'There is no such mountpoint');
    if (packedFormat(found.format) === undefined) return missingReply(404, `HLS has no segments of ${found.format.codec}: listen to /${found.name}`);
    return missingReply(503, 'There is no segment yet', Math.ceil(store.slotMs / 1_000));
  }
}

/** What of the past is asked for; undefined: all that there is. */
function rangeOf({ target }: HttpRequest, newestUs: number): Span | 'bad' | undefined {
  const [start, end] = [textOf(target, 'start'), textOf(target, 'end')];
  if (start === undefined && end === undefined) return undefined;
  const fromUs = start === undefined ? -Infinity : timeOf(start, newestUs);
  const untilUs = end === undefined ? Infinity : timeOf(end, newestUs);
  return fromUs === undefined || untilUs === undefined || fromUs >= untilUs ? 'bad' : { fromUs, untilUs };
}

/** Whether it is asked for by time, whatever comes. */
function isOfPast({ target }: HttpRequest): boolean {
  return bounds.some((part) => textOf(target, part) !== undefined);
}

/** Whether what is asked for lies that long before now. */
function isRelative({ target }: HttpRequest): boolean {
  return bounds.some((part) => textOf(target, part)?.startsWith('-'));
}

/** The same as parts of an address that mean the same whenever it is asked for. */
function fixedRangeOf({ target }: HttpRequest, newestUs: number): string[] {
  return bounds.flatMap((part) => {
    const text = textOf(target, part);
    if (text === undefined) return [];
    const us = text.startsWith('-') ? timeOf(text, newestUs) : undefined;
    return [`${part}=${encodeURIComponent(us === undefined ? text : String(Math.round(us / 1_000) / 1_000))}`];
  });
}

const bounds = ['start', 'end'] as const;

/** In microseconds since 1970. */
function timeOf(text: string, newestUs: number): number | undefined {
  if (/^\d{1,11}(\.\d{1,6})?$/.test(text)) return Number(text) * 1_000_000;
  if (/^-\d{1,9}(\.\d{1,6})?$/.test(text)) return newestUs + Number(text) * 1_000_000;
  if (!zonedTime.test(text)) return undefined;
  // A plus that was not encoded is a space here.
  const ms = Date.parse(text.replace(' ', '+'));
  return Number.isFinite(ms) ? ms * 1_000 : undefined;
}

/** Measured, in bit/s. */
function ratesOf(mount: MountSegments): Pick<Variant, 'peakBps' | 'averageBps'> {
  let [peakBps, bits, us] = [0, 0, 0];
  for (const { lengthBytes, durationUs, isGap } of mount.live) {
    if (isGap || durationUs === 0) continue;
    peakBps = Math.max(peakBps, Math.ceil((8e6 * lengthBytes) / durationUs));
    bits += 8 * lengthBytes;
    us += durationUs;
  }
  return { peakBps: Math.max(1, peakBps), averageBps: us === 0 ? 1 : Math.ceil((1e6 * bits) / us) };
}
