import { audioTypeFor, encodeAnnouncement } from '../wire/announce.ts';
import { encodeOrigin } from '../wire/extensions.ts';
import type { FrameFormat } from '../codec/format/format.ts';
import { encodeHeaders, type HeaderList } from '../wire/headers.ts';
import { encodeIcyText, icyTitleText } from '../wire/icy.ts';
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

  /** A whole metadata text. False when it is the one that there is. */
  setText(text: string): boolean {
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

  /** The metadata text that is on air. */
  get metadata(): Statement {
    return { type: MessageType.METADATA, payload: encodeIcyText(this.#text) };
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
    return [announcement, ...origin, this.headers(format), this.metadata];
  }
}
