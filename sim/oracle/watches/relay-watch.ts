import type { SubscriberId } from '../../../core/base/machine.ts';
import { MessageType, PDU_HEADER_BYTES, sequenceOf, streamHash } from '../../../core/wire/pdu.ts';
import type { Oracle } from '../oracle.ts';

/** So many numbers behind the newest one a message is no copy any more, but hopelessly late. */
const REMEMBERED = 4_096;

/** Which messages of one stream a subscriber has been sent: a naive set of numbers, the newest ones. */
class SentNumbers {
  readonly #slots = new Float64Array(REMEMBERED).fill(-1);
  #highest = -1;

  /** False when it is there already. What lies further back than a window of so many is no copy: the relay has begun anew there. */
  add(sequence: number, window: number): boolean {
    if (this.#highest - sequence >= window) {
      this.#slots.fill(-1);
      this.#highest = -1;
    }
    this.#highest = Math.max(this.#highest, sequence);
    const slot = sequence % REMEMBERED;
    if (this.#slots[slot] === sequence) return false;
    this.#slots[slot] = sequence;
    return true;
  }
}

/** What a relay sends to each subscriber: every message of audio once, whatever comes by how many ways. */
export class RelayWatch {
  readonly #who: string;
  readonly #oracle: Oracle;
  readonly #window: number;
  readonly #subscribers = new Map<SubscriberId, Map<number, SentNumbers>>();
  /** Streams that are not remembered are forwarded as they come. */
  #hasTooMany = false;

  /** @param window in messages: what the relay tells from a copy. */
  constructor(who: string, oracle: Oracle, window: number) {
    this.#who = who;
    this.#oracle = oracle;
    this.#window = window;
  }

  event(event: { readonly kind: string; readonly bound?: string; readonly stream?: string }): void {
    if (event.kind === 'bound-hit' && event.bound === 'maxStreams') this.#hasTooMany = true;
    // What comes of it again is new to the relay.
    if (event.kind === 'stream-forgotten') for (const streams of this.#subscribers.values()) streams.clear();
  }

  left(subscriber: SubscriberId): void {
    this.#subscribers.delete(subscriber);
  }

  /** Whole messages with their length prefixes. */
  sent(subscriber: SubscriberId, bytes: Uint8Array): void {
    let streams = this.#subscribers.get(subscriber);
    if (streams === undefined) this.#subscribers.set(subscriber, (streams = new Map<number, SentNumbers>()));
    for (let at = 0; at + 2 <= bytes.length; ) {
      const start = at + 2;
      const end = start + ((bytes[at]! << 8) | bytes[at + 1]!);
      if (end > bytes.length) return this.#violated('ends in the middle of a message');
      if (end - start >= PDU_HEADER_BYTES && bytes[start] === MessageType.DATA) this.#data(streams, bytes, start);
      // What it wants again comes from its history.
      if (bytes[start] === MessageType.WANTS) streams.clear();
      at = end;
    }
  }

  #data(streams: Map<number, SentNumbers>, bytes: Uint8Array, start: number): void {
    if (this.#hasTooMany) return;
    const key = streamHash(bytes, start);
    let numbers = streams.get(key);
    if (numbers === undefined) streams.set(key, (numbers = new SentNumbers()));
    const sequence = sequenceOf(bytes, start);
    if (!numbers.add(sequence, this.#window)) this.#violated(`sends message ${sequence} of a stream again`);
  }

  #violated(what: string): void {
    this.#oracle.violated('a subscriber gets each message once', `${this.#who} ${what}`);
  }
}
