import { prefixed } from '../../wire/framing.ts';
import type { RelayStream } from './stream.ts';

/**
 * What new subscribers need to know of mountpoints, as messages with their lengths: each belongs to the first stream of its mountpoint. What is known of
 * a mountpoint without a stream is left out.
 *
 * @param known all that is to be told, by mountpoint.
 * @param streams all that the relay knows; looked at once.
 */
export function mountOpenings<Known>(
  known: readonly (readonly [mount: string, known: Known])[],
  streams: Iterable<RelayStream>,
  messageOf: (stream: RelayStream, known: Known) => Uint8Array | undefined,
): readonly Uint8Array[] {
  if (known.length === 0) return [];
  const firstOf = new Map<string, RelayStream>();
  for (const stream of streams) if (!firstOf.has(stream.mount)) firstOf.set(stream.mount, stream);
  return known.flatMap(([mount, one]) => {
    const stream = firstOf.get(mount);
    const message = stream && messageOf(stream, one);
    return message === undefined ? [] : [prefixed(message)];
  });
}
