/** What a Content-Type names that is not supported, for the client and the operator; undefined where the bytes have to say. */
export function unsupportedContentType(contentType: string | undefined): string | undefined {
  const type = (contentType ?? '').split(';')[0]!.trim();
  return unsupported.test(type) ? type.slice(0, MOST_SHOWN) : undefined;
}

const MOST_SHOWN = 60;
const unsupported = /ogg|opus|vorbis|speex|flac|webm|matroska|wav|aiff|mp4|m4a|latm|mp2t|mpegurl|scpls|^text\//i;
