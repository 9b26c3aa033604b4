import type { Codec } from './format/format.ts';

/** The media type a listener is told. ADTS AAC is audio/aac; all layers of MPEG audio are audio/mpeg (RFC 3003). */
export function contentTypeOf(codec: Codec): string {
  return codec === 'aac' ? 'audio/aac' : 'audio/mpeg';
}
