import { audioTypeFor, encodeAnnouncement } from '../wire/messages/announce.ts';
import { encodeOrigin } from '../wire/messages/extensions.ts';
import type { FrameFormat } from '../codec/format/format.ts';
import { encodeHeaders, type HeaderList } from '../wire/messages/headers.ts';
import { encodeIcyText, icyTitleOf, icyTitleText } from '../wire/icy.ts';
import { encodeTitle, textOfTitle, type SetTitle } from '../wire/messages/set-title.ts';
import { contentTypeOf } from '../codec/content-type.ts';
import { MessageType } from '../wire/pdu.ts';

export interface EncoderDescriptionOptions {
  /** Without its leading slash. */
  readonly mountpoint: string;
  readonly headers: HeaderList;
  readonly origin: string | undefined;
}

/** A message without its place in the stream. */
export interface Statement {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** What an encoder says of its stream, besides the audio. It says nothing before its format is known. */
export class EncoderDescription {
  readonly #mountpoint: string;
  readonly #origin: string | undefined;
  #headers: HeaderList;
  #text: string = icyTitleText('');
  /** The newest title that its source has said; undefined before the first. */
  #ownText: string | undefined;
  /** The newest that was set for its mountpoint. */
  #set: SetTitle | undefined;
  #format: FrameFormat | undefined;
  #audioType = 0;

  constructor({ mountpoint, headers, origin }: EncoderDescriptionOptions) {
    this.#mountpoint = mountpoint;
    this.#headers = headers;
    this.#origin = origin;
  }

  get format(): FrameFormat | undefined {
    return this.#format;
  }

  /** The byte that stands for the format. */
  get audioType(): number {
    return this.#audioType;
  }

  setFormat(format: FrameFormat, bitrateBps: number): void {
    this.#format = format;
    this.#audioType = audioTypeFor(format, bitrateBps);
  }

  /** The title that was set for its mountpoint; that of others may not be in force any more, when its source has had another one. */
  get set(): SetTitle | undefined {
    return this.#set;
  }

  /**
   * A whole metadata text, by its source. False when that changes nothing: it is the one that there is, or a title was set for the mountpoint, and this
   * is what the source had before.
   */
  setText(text: string): boolean {
    const before = this.#ownText;
    const isSet = this.#set?.title !== undefined;
    if (icyTitleOf(text) !== '') this.#ownText = text;
    if (isSet && (this.#ownText === before || before === undefined)) return false;
    if (text === this.#text) return false;
    this.#text = text;
    if (isSet) this.#set = { version: this.#set!.version, title: undefined };
    return true;
  }

  /** A title that was set for its mountpoint, or that such a one is not in force any more. True when the text is another one by that. */
  setTitle(set: SetTitle): boolean {
    this.#set = set;
    const text = set.title === undefined ? this.#text : textOfTitle(set.title);
    if (text === this.#text) return false;
    this.#text = text;
    return true;
  }

  /** False when they are those that there are. */
  setHeaders(headers: HeaderList): boolean {
    if (JSON.stringify(headers) === JSON.stringify(this.#headers)) return false;
    this.#headers = headers;
    return true;
  }

  /** What there is to say of its title: first what was set for its mountpoint, if anything was, so that an edge knows a text that is set when it comes. */
  get texts(): readonly Statement[] {
    const metadata = { type: MessageType.METADATA, payload: encodeIcyText(this.#text) };
    return this.#set === undefined ? [metadata] : [{ type: MessageType.TITLE, payload: encodeTitle({ ...this.#set, isOrdered: true }) }, metadata];
  }

  /** The headers, with the content type of the format, whatever they say of that. */
  headers(format: FrameFormat): Statement {
    const others = this.#headers.filter(([name]) => name.toLowerCase() !== 'content-type');
    return { type: MessageType.HEADERS, payload: encodeHeaders([...others, ['Content-Type', contentTypeOf(format.codec)]]) };
  }

  /** Everything, in the order in which it goes out. */
  all(format: FrameFormat): readonly Statement[] {
    const announcement = { type: MessageType.ANNOUNCE, payload: encodeAnnouncement({ audioType: this.#audioType, mountpoint: this.#mountpoint }) };
    const origin = this.#origin === undefined ? [] : [{ type: MessageType.ORIGIN, payload: encodeOrigin(this.#origin) }];
    return [announcement, ...origin, this.headers(format), ...this.texts];
  }
}
