import type net from 'node:net';
import { TokenBucket } from '../../../core/base/token-bucket.ts';
import { monotonicNow } from '../../process/time/clock.ts';
import type { KeyEntry, LinkLimits } from './file/entry.ts';

/** An encoder that connects anew sends what it has kept of ten seconds, and that twice when its first connection fails at once. */
const BURST_SECONDS = 20;
/** A connection that is not read is looked at so often. */
const LOOK_MS = 20;

/** How fast one peer is read, by all of its connections together: what is more waits on its own side. Of datagrams, what is more is lost. */
export class Pace {
  readonly #bytes: TokenBucket;
  readonly #messages: TokenBucket;

  constructor({ bytesPerSecond, messagesPerSecond }: Pick<LinkLimits, 'bytesPerSecond' | 'messagesPerSecond'>) {
    this.#bytes = new TokenBucket(BURST_SECONDS * bytesPerSecond, bytesPerSecond);
    this.#messages = new TokenBucket(BURST_SECONDS * messagesPerSecond, messagesPerSecond);
  }

  /** Has come by a connection, which is not read on until there is room; false: that is so. */
  took(socket: net.Socket, bytes: number, messages: number): boolean {
    this.#bytes.spend(bytes);
    this.#messages.spend(messages);
    if (!this.#isSpent) return true;
    socket.pause();
    const look = setInterval(() => {
      if (!socket.destroyed && this.#isSpent) return;
      clearInterval(look);
      if (!socket.destroyed) socket.resume();
    }, LOOK_MS);
    return false;
  }

  /** A datagram has come; false: it is one more than the peer may send. */
  tookDatagram(bytes: number): boolean {
    if (this.#isSpent) return false;
    this.#bytes.spend(bytes);
    this.#messages.spend(1);
    return true;
  }

  get #isSpent(): boolean {
    const now = monotonicNow();
    const [noBytes, noMessages] = [this.#bytes.isEmpty(now), this.#messages.isEmpty(now)];
    return noBytes || noMessages;
  }
}

/** That of each peer, by whichever ports it comes. */
export class Paces {
  readonly #paces = new WeakMap<KeyEntry, Pace>();

  of(entry: KeyEntry): Pace {
    const known = this.#paces.get(entry);
    if (known !== undefined) return known;
    const pace = new Pace(entry.limits);
    this.#paces.set(entry, pace);
    return pace;
  }
}

/** Counts messages by the lengths that stand in front of them. */
export class MessageCount {
  /** Of the message that goes on. */
  #left = 0;
  /** The first byte of a length of which the second one has not come. */
  #high: number | undefined;

  /** Those whose length has come with these bytes. */
  of(bytes: Uint8Array): number {
    let count = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
      } else if (this.#high === undefined) this.#high = bytes[at++]!;
      else {
        this.#left = 256 * this.#high + bytes[at++]!;
        this.#high = undefined;
        count++;
      }
    }
    return count;
  }
}
