import { utf8Decode, utf8Encode } from '../../../core/base/text.ts';
import { mountpointProblem } from '../../../core/wire/messages/announce.ts';
import { formatStreamId, STREAM_ID_BYTES } from '../../../core/wire/pdu.ts';

/**
 * The subjects of our messages: of all of a stream, of its ANNOUNCE once more, for those who do not take in the stream, and of titles that go back to its encoder.
 *
 *     PREFIX.v1.STREAM.PART[.PART…]                 davecast.v1.0f3a…9c.stations.radio%2Emp3
 *     PREFIX.v1-announce.STREAM.PART[.PART…]
 *     PREFIX.v1-title.PART[.PART…]                  davecast.v1-title.stations.radio%2Emp3
 *
 *     STREAM  the id of the stream, 32 hexadecimal digits in lower case
 *     PART    a mountpoint's name between its slashes: letters, digits, - and _ as they are, every other byte of its UTF-8 as %XX, nothing at all as %
 *
 * Every mountpoint has one subject and every subject one mountpoint. So a server can be told by its own permissions who may send what:
 * `davecast.v1.*.stations.>` are all streams of all mountpoints whose name begins with `stations/`.
 */
const VERSION = 'v1';
const ANNOUNCEMENTS = 'v1-announce';
const TITLES = 'v1-title';

/** What a subject says. */
export interface Subject {
  readonly streamId: Uint8Array;
  /** Without its leading slash. */
  readonly mount: string;
}

export function subjectOf(prefix: string, { streamId, mount }: Subject): string {
  return `${prefix}.${VERSION}.${formatStreamId(streamId)}.${tokensOf(mount)}`;
}

/** Where its announcements go besides. */
export function announcementSubjectOf(prefix: string, { streamId, mount }: Subject): string {
  return `${prefix}.${ANNOUNCEMENTS}.${formatStreamId(streamId)}.${tokensOf(mount)}`;
}

/** Where the encoders of a mountpoint hear of titles that were set elsewhere. */
export function titleSubjectOf(prefix: string, mount: string): string {
  return `${prefix}.${TITLES}.${tokensOf(mount)}`;
}

/** Of all streams. */
export function allAnnouncements(prefix: string): string {
  return `${prefix}.${ANNOUNCEMENTS}.>`;
}

/** Those of all that streams have. */
export function allSubjects(prefix: string): string {
  return `${prefix}.${VERSION}.>`;
}

/** Undefined when it is none of this prefix, or no mountpoint can have it. */
export function parseSubject(prefix: string, text: string): Subject | undefined {
  const begin = [VERSION, ANNOUNCEMENTS].map((kind) => `${prefix}.${kind}.`).find((one) => text.startsWith(one));
  if (begin === undefined) return undefined;
  const [id = '', ...tokens] = text.slice(begin.length).split('.');
  if (id.length !== 2 * STREAM_ID_BYTES || !/^[0-9a-f]+$/.test(id) || tokens.length === 0) return undefined;
  const parts = tokens.map(partOf);
  if (!parts.every((part) => part !== undefined)) return undefined;
  const mount = parts.join('/');
  if (mountpointProblem(mount) !== undefined) return undefined;
  return { streamId: Uint8Array.from({ length: STREAM_ID_BYTES }, (_, at) => Number.parseInt(id.slice(2 * at, 2 * at + 2), 16)), mount };
}

/**
 * The fewest subjects that have all mountpoints of these patterns, in which `*` stands for any characters, and maybe others: wildcards of NATS stand for whole
 * parts only. @param globs undefined: all mountpoints.
 */
export function subjectsOf(prefix: string, globs: readonly string[] | undefined): readonly string[] {
  const all = `${prefix}.${VERSION}`;
  const wanted = [...new Set((globs ?? ['*']).map(patternOf))];
  // A subject that is part of another one would bring its messages twice.
  return wanted.filter((one) => !wanted.some((other) => other !== one && other.endsWith('>') && one.startsWith(other.slice(0, -1)))).map((one) => `${all}.*.${one}`);
}

function patternOf(glob: string): string {
  const star = glob.indexOf('*');
  if (star < 0) return tokensOf(glob);
  const slash = glob.lastIndexOf('/', star);
  return slash < 0 ? '>' : `${tokensOf(glob.slice(0, slash))}.>`;
}

function tokensOf(mount: string): string {
  return mount.split('/').map(tokenOf).join('.');
}

function tokenOf(part: string): string {
  if (part === '') return EMPTY;
  let token = '';
  for (const byte of utf8Encode(part)) token += isPlain[byte] === true ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return token;
}

/** Undefined when `tokenOf` writes no part so. */
function partOf(token: string): string | undefined {
  if (token === EMPTY) return '';
  if (!/^([\w-]|%[0-9A-F]{2})+$/.test(token)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at++) {
    if (token[at] !== '%') bytes.push(token.charCodeAt(at));
    else {
      bytes.push(Number.parseInt(token.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  const part = utf8Decode(Uint8Array.from(bytes));
  return part !== undefined && tokenOf(part) === token ? part : undefined;
}

const EMPTY = '%';
const isPlain: readonly boolean[] = Array.from({ length: 128 }, (_, code) => /[\w-]/.test(String.fromCharCode(code)));
