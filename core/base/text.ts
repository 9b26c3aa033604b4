/** UTF-8 of a string; a lone surrogate becomes U+FFFD. (The core has no TextEncoder: that belongs to a platform.) */
export function utf8Encode(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), continuation(code));
    else if (code >= 0xd800 && code <= 0xdfff) bytes.push(0xef, 0xbf, 0xbd);
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), continuation(code >> 6), continuation(code));
    else bytes.push(0xf0 | (code >> 18), continuation(code >> 12), continuation(code >> 6), continuation(code));
  }
  return Uint8Array.from(bytes);
}

/** How many bytes that would be. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair of surrogates is two units and four bytes; one alone becomes U+FFFD, three bytes.
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) i++;
  }
  return length;
}

/** The text in UTF-8 bytes, or undefined when they are not well-formed UTF-8 (RFC 3629). */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  let text = '';
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    if (count > UNITS - 2) {
      text += unitsText(count);
      count = 0;
    }
    const lead = bytes[at]!;
    if (lead < 0x80) {
      units[count++] = lead;
      at++;
      continue;
    }
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0 || at + length > bytes.length) return undefined;
    let code = lead & (0x7f >> length);
    for (let i = 1; i < length; i++) {
      const next = bytes[at + i]!;
      if ((next & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (next & 0x3f);
    }
    const overlong = (length === 3 && code < 0x800) || (length === 4 && (code < 0x1_0000 || code > 0x10_ffff));
    if (overlong || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    if (code < 0x1_0000) units[count++] = code;
    else {
      units[count++] = 0xd7c0 + (code >> 10);
      units[count++] = 0xdc00 | (code & 0x3ff);
    }
    at += length;
  }
  return text + unitsText(count);
}

/** Old encoders write ISO 8859-1, or what they call so; what is not well-formed UTF-8 is read as Windows-1252. */
export function decodeLoosely(bytes: Uint8Array): string {
  return utf8Decode(bytes) ?? decodeWindows1252(bytes);
}

/**
 * What everybody means who writes "Latin-1" (the Encoding Standard has one decoder for both): ISO 8859-1, with letters, quotes and dashes where
 * that has control characters. The TextDecoder of some versions of Node gives the control characters.
 */
export function decodeWindows1252(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += UNITS) {
    const count = Math.min(UNITS, bytes.length - at);
    for (let i = 0; i < count; i++) {
      const byte = bytes[at + i]!;
      units[i] = byte < 0x80 || byte >= 0xa0 ? byte : windows1252[byte - 0x80]!;
    }
    text += unitsText(count);
  }
  return text;
}

/** As much of `text` as fits into so many bytes of UTF-8, cut between characters. */
export function utf8Truncate(text: string, maxBytes: number): Uint8Array {
  const whole = utf8Encode(text);
  if (whole.length <= maxBytes) return whole;
  let end = maxBytes;
  while (end > 0 && (whole[end]! & 0xc0) === 0x80) end--;
  return whole.subarray(0, end);
}

/** Whether half a character stands in it: a surrogate without the other one, which no encoding can write. */
export function hasLoneSurrogate(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) i++;
    else if (isHighSurrogate(unit) || isLowSurrogate(unit)) return true;
  }
  return false;
}

/** Those of ASCII and, for terminals take them for the same, of ISO 8859-1 (C1). */
export function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/**
 * Marks that set the direction of text (UAX #9: ALM, LRM, RLM, embeddings, overrides, isolates). They are not seen, and show what stands
 * beside them in another order: a name in a log would read as another one.
 */
export function hasDirectionMark(text: string): boolean {
  return /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text);
}

/** From 0x80 to 0x9f; five places are unused. */
const windows1252: readonly number[] = [
  0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
  0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
];

/** Text is put together in pieces of so many units: one by one costs four times as much. */
const UNITS = 1_024;
const units: number[] = Array.from({ length: UNITS }, () => 0);

function unitsText(count: number): string {
  return String.fromCharCode.apply(null, count === UNITS ? units : units.slice(0, count));
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

function continuation(bits: number): number {
  return 0x80 | (bits & 0x3f);
}
