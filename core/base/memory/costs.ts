/**
 * What objects cost besides the bytes of audio in them, for budgets: measured in V8 (`npm run bench -- memory`), and rounded up.
 * Somebody who invents streams makes us pay for these alone.
 */

/** A stream at an edge: all that is there before its first frame, with four path records and two early messages. */
export const EDGE_STREAM_BYTES = 12_288;
/** And from its first frame on: its loudness envelope, what tells of its health, texts. */
export const HEARD_STREAM_BYTES = 16_384;
/** And where segments are made of it: all that anybody can say of its time, 64 times each: its encoder, other edges, and this one. */
export const FRAME_TIMES_BYTES = 32_768;
/** The place of a frame in a ring, without its audio. */
export const RING_ENTRY_BYTES = 24;
/** A mountpoint: switcher, broadcast, what finds the same point in two streams. */
export const MOUNT_BYTES = 8_192;
/** An early message that is held, with its place in the window. */
export const HELD_MESSAGE_BYTES = 320;
/** A listener, with its connection; what it has not taken comes besides. */
export const LISTENER_BYTES = 8_192;
/** A stream at a relay, without the messages that open it. */
export const RELAY_STREAM_BYTES = 2_048;
/** A connection to a relay, on either side. */
export const CONNECTION_BYTES = 12_288;
