import { isWebAddress } from './messages/headers.ts';
import { decodeLoosely, utf8Decode, utf8Truncate } from '../base/text.ts';

/** The longest metadata block: its length is one byte, in units of 16. */
export const MAX_ICY_BYTES = 4_080;

/** The text of a METADATA payload or ICY block: without its padding, and without characters that could break a line. */
export function decodeIcyText(payload: Uint8Array): string {
  let end = payload.length;
  while (end > 0 && payload[end - 1] === 0) end--;
  const text = decodeLoosely(payload.subarray(0, end));
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return fitting(text, MAX_ICY_BYTES).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').replace(LINK, withWebAddress);
}

/** `StreamTitle='…';`, no longer than a block. Quotes are not escaped: players look for `';`. */
export function icyTitleText(title: string): string {
  return `StreamTitle='${fitting(title, MAX_ICY_BYTES - "StreamTitle='';".length)}';`;
}

/** The title in a metadata text, '' when it has none. */
export function icyTitleOf(text: string): string {
  const from = text.indexOf("StreamTitle='");
  if (from < 0) return '';
  const start = from + "StreamTitle='".length;
  const next = text.indexOf("';Stream", start);
  const end = next >= 0 ? next : text.lastIndexOf("';");
  return end < start ? text.slice(start) : text.slice(start, end);
}

/** A metadata text as a METADATA payload, cut to what an ICY block can carry. */
export function encodeIcyText(text: string): Uint8Array {
  return utf8Truncate(text, MAX_ICY_BYTES);
}

/**
 * A metadata block as it stands between the audio of a listener who asked for it:
 *
 *     +---+-----------------------------+- - - -+
 *     | n | StreamTitle='Artist - Song';| zeros |     16 n bytes after the first
 *     +---+-----------------------------+- - - -+
 */
export function icyBlock(text: string): Uint8Array {
  const bytes = utf8Truncate(text, MAX_ICY_BYTES);
  const units = Math.ceil(bytes.length / 16);
  const block = new Uint8Array(1 + 16 * units);
  block[0] = units;
  block.set(bytes, 1);
  return block;
}

/** Another field that a text can have; players make a link of it. */
const LINK = /StreamUrl='([^']*)'/g;

function withWebAddress(field: string, address: string): string {
  return isWebAddress(address) ? field : "StreamUrl=''";
}

/** What stands where a block is due and nothing has changed. */
export const NO_NEWS: Uint8Array = Uint8Array.of(0);

/** As much of the text as fits into so many bytes of UTF-8. */
function fitting(text: string, maxBytes: number): string {
  // No character of a string takes more than three bytes for each of its units.
  return 3 * text.length <= maxBytes ? text : utf8Decode(utf8Truncate(text, maxBytes))!;
}
