import { decodeWindows1252 } from '../../../core/base/text.ts';

/**
 * Text from outside. UTF-8 stays UTF-8; what is not well-formed is taken as Windows-1252, which is what those who
 * write "Latin-1" into stream titles mean. A charset that the sender names is tried first.
 */
export function decodeText(bytes: Uint8Array, charset?: string): string {
  return tryDecode(bytes, charset ?? 'utf-8') ?? tryDecode(bytes, 'utf-8') ?? decodeWindows1252(bytes);
}

/** `%41` and the like as the bytes they stand for, all else a byte for each character; undefined when a percent sign is followed by something else. */
export function percentDecode(text: string): Uint8Array | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined;
  const parts = text.split(/%([0-9a-f]{2})/i);
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 1 ? 'hex' : 'latin1')));
}

/** A mountpoint's name as it stands in an address; any name will do. */
export function percentEncodePath(name: string): string {
  // A lone surrogate, which a configuration can have, is nothing that encodeURI takes.
  return encodeURI(wellFormed(name)).replace(/[?#]/g, encodeURIComponent);
}

/** As it is once it has been UTF-8: a lone surrogate becomes U+FFFD. */
export function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** The text that stands percent-encoded in a part of an address; as it is when it does not. */
export function percentDecodeText(text: string): string {
  const bytes = percentDecode(text);
  return bytes === undefined ? text : decodeText(bytes);
}

/** For HTML and XML, in text and in quoted attributes. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return allowedInXml(text).replace(/[&<>"']/g, (character) => entities[character]!);
}

/** XML 1.0 (section 2.2) has no way to say most control characters, nor lone surrogates: a reader refuses the whole document. */
function allowedInXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return wellFormed(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}

/** Undefined: they are not well-formed, or nobody knows the charset. */
export function tryDecode(bytes: Uint8Array, charset: string): string | undefined {
  try {
    const decoder = new TextDecoder(charset, { fatal: true });
    return decoder.encoding === 'windows-1252' ? decodeWindows1252(bytes) : decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
