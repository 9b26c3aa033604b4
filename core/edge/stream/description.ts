import { announcedCodec, decodeAnnouncement } from '../../wire/messages/announce.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import { decodeOrigin } from '../../wire/messages/extensions.ts';
import type { Codec } from '../../codec/format/format.ts';
import { decodeHeaders, type HeaderList } from '../../wire/messages/headers.ts';
import { isNewer, textOfTitle, type SetTitle } from '../../wire/messages/set-title.ts';
import { decodeIcyText, icyTitleOf } from '../../wire/icy.ts';
import { snapshotTitle } from '../../links/known/set-titles.ts';
import type { Path } from '../../links/paths/path.ts';
import { mayAnnounce } from '../../links/peers/peer.ts';
import { MessageType, PDU_HEADER_BYTES, type MessageView } from '../../wire/pdu.ts';

/** Whole, in `bytes[start, end)`. */
type Message = Pick<MessageView, 'sequence' | 'bytes' | 'start' | 'end'>;

/** A stream whose first title comes in one of its first messages, about half a minute, has begun with it. */
const YOUNG_MESSAGES = 1_000;
/** More than lie between the oldest message that a relay has kept and the newest: a number that is further ahead says nothing of what comes now, and can be a wrong one. */
const HISTORY_MESSAGES = 4_096;
/** Texts that are remembered with their time: more than anybody can read in the ten seconds that a ring holds. */
const MAX_TEXTS = 8;

/** What a stream says of itself, besides its audio: where it belongs, what its encoder is called, its headers, its title. */
export class StreamDescription {
  #mountpoint: string | undefined;
  #announcedCodec: Codec | undefined;
  #origin: string | undefined;
  #headers: HeaderList = [];
  #text: string | undefined;
  #hasTitles = false;
  /** The newest texts, by their messages' numbers, each with the time when it came, 0 where that was before the stream was heard of here; and the newest message that says it. */
  #texts: { readonly text: string; readonly since: Micros; saidAt: number }[] = [];
  /** The newest of them that were set for the mountpoint. */
  #taken: readonly string[] = [];
  /** The newest TITLE that says one that was set, and the newest that says that none is in force, by their messages' numbers; -1 before the first. */
  #setAt = -1;
  #unsetAt = -1;
  /** The newest TITLE of before it has said which mountpoint that is for. */
  #earlyTitle: SetTitle | undefined;
  /** The first of them is forgotten. */
  #hasShifted = false;
  #newestTextAt = -1;
  /** Since the newest text something was lost, in which the next one may have been said first: when the last audio before that came. Undefined where nothing was lost. */
  #lostSince: Micros | undefined;
  /** The messages that those two came in, by their numbers; -1 before the first. */
  #headersAt = -1;
  #textAt = -1;

  /** Without its leading slash; undefined before its first ANNOUNCE. */
  get mountpoint(): string | undefined {
    return this.#mountpoint;
  }

  /** What it has said that it is, before its frames tell. */
  get announcedCodec(): Codec | undefined {
    return this.#announcedCodec;
  }

  /** What its encoder is called, if it says so. */
  get origin(): string | undefined {
    return this.#origin;
  }

  get headers(): HeaderList {
    return this.#headers;
  }

  /** The metadata text of what comes now; undefined while it has never sent a title. */
  get text(): string | undefined {
    return this.#hasTitles ? this.#text : undefined;
  }

  /** When it got one of its texts, at the earliest; 0 where that was before the stream was heard of here. */
  textSince(text: string): Micros {
    return this.#texts.findLast((one) => one.text === text)?.since ?? (0 as Micros);
  }

  /** Whether this is one of its newest texts: not one that a relay says again of its history, and was before the first that was heard of here. */
  hasHad(text: string): boolean {
    return this.#texts.some((one) => one.text === text);
  }

  /** Whether its encoder had this text at the beginning of the stream, and has not had another one and then this again. */
  beganWith(text: string): boolean {
    return !this.#hasShifted && this.#texts.findLastIndex((one) => one.text === text) === 0;
  }

  /** Whether its encoder has said this text for the last time before it has taken the newest title that was set for the mountpoint. */
  isBeforeSet(text: string): boolean {
    const said = this.#texts.findLast((one) => one.text === text);
    return said !== undefined && said.saidAt < this.#setAt && this.#setAt - said.saidAt < HISTORY_MESSAGES;
  }

  /** Whether its encoder has this text because it was set for the mountpoint. */
  hasTaken(text: string): boolean {
    return this.#taken.includes(text);
  }

  /**
   * A TITLE of its encoder. It comes ahead of frames that are waited for, or not given out yet, with texts that were set before: so one that is not in force any more
   * changes nothing of those, but from its place on all texts are of the source.
   */
  keepTitle(sequence: number, { version, title }: SetTitle): void {
    if (this.#mountpoint === undefined && isNewer({ version, title }, this.#earlyTitle)) this.#earlyTitle = { version, title };
    if (title === undefined) {
      this.#unsetAt = Math.max(this.#unsetAt, sequence);
      return;
    }
    this.#setAt = Math.max(this.#setAt, sequence);
    const text = textOfTitle(title);
    if (!this.hasTaken(text)) this.#taken = [...this.#taken, text].slice(-MAX_TEXTS);
  }

  /** The newest TITLE that came before its first ANNOUNCE, to be asked for behind that; undefined from then on. */
  takeEarlyTitle(): SetTitle | undefined {
    const title = this.#earlyTitle;
    this.#earlyTitle = undefined;
    return title;
  }

  /** Its name counts as soon as any copy of an ANNOUNCE has come, in order or not; a second, different one does not. True when this is the first. */
  announce(path: Path, { bytes, start, end }: MessageView): boolean {
    if (this.#mountpoint !== undefined) return false;
    const announced = decodeAnnouncement(bytes.subarray(start + PDU_HEADER_BYTES, end));
    if (announced === undefined) {
      path.drop('bad-announce');
      return false;
    }
    if (!mayAnnounce(path.peer, announced.mountpoint)) {
      path.drop('not-allowed');
      return false;
    }
    this.#mountpoint = announced.mountpoint;
    this.#announcedCodec = announcedCodec(announced.audioType);
    return true;
  }

  /** An ORIGIN. As with its name, the first one counts. */
  keepOrigin(path: Path, { bytes, start, end }: MessageView): void {
    if (this.#origin !== undefined) return;
    this.#origin = decodeOrigin(bytes.subarray(start + PDU_HEADER_BYTES, end));
    if (this.#origin === undefined) path.drop('bad-origin');
  }

  /**
   * A message that is not taken in order: before its first DATA a relay opens a stream with the newest ones, and one that comes behind others
   * by a path that changes their order is too late to be released. The newest by its number counts.
   */
  keepUnordered(now: Micros, path: Path, view: MessageView): void {
    const { type, sequence } = view;
    if (type === MessageType.METADATA && sequence > this.#textAt) this.keepText(now, view, true);
    if (type === MessageType.HEADERS && sequence > this.#headersAt) this.keepHeaders(path, view);
  }

  /** A HEADERS message. @param path where what is dropped of it is counted. */
  keepHeaders(path: Path | undefined, { sequence, bytes, start, end }: Message): void {
    const { headers, dropped } = decodeHeaders(bytes.subarray(start + PDU_HEADER_BYTES, end));
    if (dropped > 0) path?.drop('bad-header', dropped);
    this.#headers = headers;
    this.#headersAt = sequence;
  }

  /** Messages are lost, texts perhaps among them. @param heardAt when the last audio before them came. */
  lost(heardAt: Micros): void {
    this.#lostSince ??= heardAt;
  }

  /** A METADATA message. @param isRepeat whether it may say again what was said before: encoders do so every few seconds. */
  keepText(now: Micros, { sequence, bytes, start, end }: Message, isRepeat: boolean): void {
    const text = decodeIcyText(bytes.subarray(start + PDU_HEADER_BYTES, end));
    const isAnother = text !== this.#texts.at(-1)?.text;
    this.#noteAge(isRepeat ? (this.#lostSince ?? now) : now, sequence, text);
    // One that goes on is none of the source: it has said another one elsewhere, which is not heard of here yet.
    if (isAnother && this.#unsetAt > this.#setAt && sequence > this.#unsetAt) this.#taken = this.#taken.filter((one) => one !== text);
    this.#text = text;
    this.#textAt = sequence;
    // An encoder without titles says so every two seconds; that must not wipe out another one's.
    if (icyTitleOf(text) !== '') this.#hasTitles = true;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#mountpoint = a.maybeText(this.#mountpoint);
    this.#announcedCodec = a.maybeText(this.#announcedCodec) as Codec | undefined;
    this.#origin = a.maybeText(this.#origin);
    this.#headers = a.list(this.#headers, (header) => [a.text(header?.[0] ?? ''), a.text(header?.[1] ?? '')]);
    this.#headersAt = a.number(this.#headersAt);
    this.#text = a.maybeText(this.#text);
    this.#hasTitles = a.flag(this.#hasTitles);
    this.#textAt = a.number(this.#textAt);
    this.#texts = a.list(this.#texts, (one) => ({ text: a.text(one?.text ?? ''), since: a.number(one?.since ?? (0 as Micros)), saidAt: a.number(one?.saidAt ?? 0) }));
    this.#newestTextAt = a.number(this.#newestTextAt);
    this.#lostSince = a.maybeNumber(this.#lostSince);
    this.#hasShifted = a.flag(this.#hasShifted);
    this.#taken = a.list(this.#taken, (text) => a.text(text ?? ''));
    this.#setAt = a.number(this.#setAt);
    this.#unsetAt = a.number(this.#unsetAt);
    this.#earlyTitle = snapshotTitle(a, this.#earlyTitle);
  }

  /** What a relay says again of its history has no age: it was before. Nor has the first text behind one whose number was far off. */
  #noteAge(since: Micros, sequence: number, text: string): void {
    const isFarBehind = this.#newestTextAt - sequence >= HISTORY_MESSAGES;
    if (sequence <= this.#newestTextAt && !isFarBehind) return;
    const isKnown = !isFarBehind && (this.#texts.length > 0 || sequence <= YOUNG_MESSAGES);
    this.#newestTextAt = sequence;
    this.#lostSince = undefined;
    const latest = this.#texts.at(-1);
    if (text === latest?.text) {
      latest.saidAt = sequence;
      return;
    }
    this.#texts.push({ text, since: isKnown ? since : (0 as Micros), saidAt: sequence });
    if (this.#texts.length <= MAX_TEXTS) return;
    this.#texts.shift();
    this.#hasShifted = true;
  }
}
