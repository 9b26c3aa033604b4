import { MAX_HEADER_VALUE_BYTES, type HeaderList } from '../../../core/wire/messages/headers.ts';

/** Holds a source up: nothing more is read of it until it may go on. */
export interface SourceFlow {
  pause(): void;
  resume(): void;
}

/** What a source tells about itself when it begins. */
export interface SourceInfo {
  /** Who it is, for the log. */
  readonly from: string;
  readonly headers: HeaderList;
  readonly flow: SourceFlow;
}

/** Takes in one source. */
export interface SourceSink {
  /** A frame was found in its audio. */
  readonly hasFrames: boolean;
  /** Audio in any chunking, borrowed for the call; says why when the source is to be ended: what it sends is not supported. */
  audio(bytes: Uint8Array): string | undefined;
  /** Of the mountpoint, by whoever has its login: all its encoders and edges get it. False when it is not taken; one that waits behind audio counts as taken. */
  title(title: string): boolean;
  /** A whole metadata text, by the source itself: `StreamTitle='…';`. */
  metadata(text: string): void;
  end(reason: string): void;
}

/** Where sources begin: each is a stream of its own. */
export interface SourceApi {
  begin(info: SourceInfo): SourceSink;
}

/** Somewhere that audio comes from. */
export interface Source {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** `ice-name` of a source client and `icy-name` of a server are both `Icy-Name` in a HEADERS message. */
export function icyHeadersOf(headers: ReadonlyMap<string, string>): HeaderList {
  const names = { name: 'Icy-Name', genre: 'Icy-Genre', description: 'Icy-Description', url: 'Icy-Url', pub: 'Icy-Pub', private: 'Icy-Private' };
  return Object.entries(names).flatMap(([name, spelling]) => {
    const value = headers.get(`ice-${name === 'pub' ? 'public' : name}`) ?? headers.get(`icy-${name}`);
    return value === undefined || value === '' ? [] : [[spelling, transmissible(value)] as const];
  });
}

/** A value with a tabulator, or a longer one than a HEADERS message takes, would be left out of it as a whole. */
function transmissible(value: string): string {
  const bytes = Buffer.from(value.replaceAll('\t', ' '));
  // A character that is cut is left out.
  return new TextDecoder().decode(bytes.subarray(0, MAX_HEADER_VALUE_BYTES), { stream: true });
}
