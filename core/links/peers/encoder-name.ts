/** Who sends a stream, as far as that is known; '' where nobody says so. */
export interface EncoderName {
  /** What its encoder announces itself as. */
  readonly origin: string;
  /** The address, without a port, from which the relay nearest to the encoder takes the stream. */
  readonly source: string;
}

/** A stream, and who sends it; all is '' where there is none. */
export interface StreamName extends EncoderName {
  readonly stream: string;
}

const NONE: StreamName = { origin: '', source: '', stream: '' };

export function encoderName({ origin, source }: { readonly origin: string | undefined; readonly source: string | undefined }): EncoderName {
  return { origin: origin ?? '', source: source ?? '' };
}

/** As events have it. */
export function streamName(stream: { readonly name: string; readonly origin: string | undefined; readonly source: string | undefined } | undefined): StreamName {
  return stream === undefined ? NONE : { ...encoderName(stream), stream: stream.name };
}

/** The same, where `known` was it a moment ago: nearly always it still is. */
export function streamNameAgain(stream: Parameters<typeof streamName>[0], known: StreamName): StreamName {
  const isSame = (stream?.name ?? '') === known.stream && (stream?.origin ?? '') === known.origin && (stream?.source ?? '') === known.source;
  return isSame ? known : streamName(stream);
}
