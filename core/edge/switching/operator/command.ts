import { isOfKey } from '../../../links/peers/peer.ts';

/** What an operator tells a mountpoint to do. */
export type MountCommand =
  /** Go over to the stream that is called `to` (see `streamCalled`); without it, to the best of the others. */
  | { readonly kind: 'switch'; readonly to?: string }
  /** Forget what the operator has chosen. */
  | { readonly kind: 'automatic' };

/** What came of it. */
export type CommandResult =
  | 'switched'
  /** It will be done as soon as that stream can go on where the listeners are, and that point of it is known. */
  | 'waits'
  | 'on-air'
  | 'no-such-mount'
  | 'no-such-stream'
  /** Several streams are called so. */
  | 'ambiguous'
  /** Its frames are of another format than those on air. */
  | 'cannot-follow'
  | 'automatic';

/** What operators know a stream by. */
export interface Callable {
  /** Its id, as 32 hexadecimal digits. */
  readonly name: string;
  /** What its encoder announces itself as. */
  readonly origin: string | undefined;
  /** The address that a relay takes it from. */
  readonly source: string | undefined;
}

/** An id is random, so that a few digits tell streams apart. */
const LEAST_ID_DIGITS = 4;

/** Whether a stream comes from there: an origin, or a source's address, or `key:NAME`, which only a relay says and no encoder can say of itself. */
export function isFrom({ origin, source }: Callable, place: string): boolean {
  return source === place || (origin === place && !isOfKey(place));
}

/**
 * The one stream that is called so: by where it comes from, or by the first digits of its id. An encoder that was started
 * again leaves its last stream behind for a while: of several, the only one that is well is meant.
 */
export function streamCalled<Stream extends Callable>(
  streams: Iterable<Stream>,
  called: string,
  isWell: (stream: Stream) => boolean,
): Stream | 'no-such-stream' | 'ambiguous' {
  const all = [...streams];
  const there = all.filter((stream) => isFrom(stream, called));
  const found = there.length > 0 ? there : all.filter(({ name }) => hasId(name, called));
  if (found.length === 0) return 'no-such-stream';
  const meant = found.length === 1 ? found : found.filter(isWell);
  return meant.length === 1 ? meant[0]! : 'ambiguous';
}

function hasId(name: string, digits: string): boolean {
  return digits.length >= LEAST_ID_DIGITS && name.startsWith(digits.toLowerCase());
}
