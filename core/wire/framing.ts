import { LENGTH_BYTES, writeLength } from '../base/length-prefix.ts';

/** A copy of `bytes[start, end)` with its length in front. */
export function prefixed(bytes: Uint8Array, start: number = 0, end: number = bytes.length): Uint8Array {
  const length = end - start;
  const message = new Uint8Array(LENGTH_BYTES + length);
  writeLength(message, 0, length);
  message.set(bytes.subarray(start, end), LENGTH_BYTES);
  return message;
}

/** The same messages in as few pieces as there are of `pieceBytes`, each of whole ones: a write costs more than what it writes. */
export function packed(messages: readonly Uint8Array[], pieceBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let left = messages.reduce((sum, { length }) => sum + length, 0);
  let piece = NOTHING;
  let used = 0;
  for (const message of messages) {
    if (used + message.length > piece.length) {
      if (used > 0) pieces.push(piece.subarray(0, used));
      piece = new Uint8Array(Math.max(message.length, Math.min(pieceBytes, left)));
      used = 0;
    }
    piece.set(message, used);
    used += message.length;
    left -= message.length;
  }
  if (used > 0) pieces.push(piece.subarray(0, used));
  return pieces;
}

const NOTHING = new Uint8Array(0);
