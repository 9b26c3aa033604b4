/** Who sends a stream, as far as that is known; '' where nobody says so. */
export interface EncoderName {
  /** What its encoder announces itself as. */
  readonly origin: string;
  /** The address, without a port, from which the relay nearest to the encoder takes the stream. */
  readonly source: string;
}

export function encoderName({ origin, source }: { readonly origin: string | undefined; readonly source: string | undefined }): EncoderName {
  return { origin: origin ?? '', source: source ?? '' };
}
