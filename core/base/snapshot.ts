/**
 * Visits the state of a machine, field by field, to write it down or to read it back.
 *
 *     snapshot(a: Snapshot): void {
 *       this.#next = a.number(this.#next);
 *     }
 *
 * Each class that has state has one such method, which serves for both ways: what it saves and what it restores cannot
 * disagree. When loading, the object is new, and what is handed in does not count. Settings, sinks and timers' callbacks
 * are not state: whoever makes the object gives them.
 */
export interface Snapshot {
  readonly isLoading: boolean;
  number<T extends number>(value: T): T;
  flag(value: boolean): boolean;
  /** A whole number from 0 to 255; 0 and 1 as `flag` saves them. */
  byte(value: number): number;
  text<T extends string>(value: T): T;
  maybeNumber<T extends number>(value: T | undefined): T | undefined;
  maybeText(value: string | undefined): string | undefined;
  /** Bytes that are no audio: a copy when loading. */
  bytes(value: Uint8Array): Uint8Array;
  /** Bytes that have yet to be read: where audio is left out, what reading takes is kept. */
  unread(value: Uint8Array, as: Unread): Uint8Array;
  /** So many bytes of `value` that it passes on, and of which it reads the first `read`: where audio is left out, the others are zeros. Returns them when loading. */
  audio(value: Uint8Array, from: number, length: number, read?: number): Uint8Array;
  /** A whole file: left out only where the recording as a whole is one without audio, and then as what has yet to be read. */
  file(value: Uint8Array): Uint8Array;
  /** `each` gets an item when saving, and makes one when loading. */
  list<T>(items: Iterable<T>, each: (item: T | undefined) => T): T[];
}

/** The beginning of a stream of messages with their lengths in front, one message, or a piece of a stream of frames. */
export type Unread = 'stream' | 'message' | 'payload';
