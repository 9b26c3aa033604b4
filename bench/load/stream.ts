import { randomFillSync } from 'node:crypto';
import { LENGTH_BYTES } from '../../core/base/length-prefix.ts';
import { utf8Encode } from '../../core/base/text.ts';
import { encodeAnnouncement } from '../../core/wire/messages/announce.ts';
import { encodeHeaders } from '../../core/wire/messages/headers.ts';
import { MAX_PDU_BYTES, MessageType, writeMessage } from '../../core/wire/pdu.ts';
import type { Frames } from './frames.ts';
import type { Outlet } from './outlet.ts';

export interface StreamOptions {
  readonly mount: string;
  readonly frames: Frames;
  /** The index of its first one. */
  readonly first: number;
  readonly outlets: readonly Pick<Outlet, 'write'>[];
  readonly startMs: number;
}

/** Something that is to be sent in real time. */
export interface Sender {
  /** Sends what is due, and says how many messages that was. */
  tick(nowMs: number): number;
}

/** Each says what it is so often, as the original does. */
const DESCRIPTION_MS = 1_000;

/** One message with its length, before it is written: all streams of the process use it by turns. */
const framed = new Uint8Array(LENGTH_BYTES + MAX_PDU_BYTES);

/** One encoder: each message to all of its relays. ANNOUNCE, METADATA and HEADERS every second, one DATA for each frame. */
export class RelayStream implements Sender {
  readonly #id: Uint8Array = randomFillSync(new Uint8Array(16));
  readonly #outlets: readonly Pick<Outlet, 'write'>[];
  readonly #frames: readonly Uint8Array[];
  readonly #frameMs: number;
  readonly #description: readonly (readonly [type: number, payload: Uint8Array])[];
  #next: number;
  #sequence = 0;
  #frameDueMs: number;
  #descriptionDueMs: number;

  constructor({ mount, frames: { frames, frameMs, audioType }, first, outlets, startMs }: StreamOptions) {
    this.#outlets = outlets;
    this.#frames = frames;
    this.#frameMs = frameMs;
    this.#description = [
      [MessageType.ANNOUNCE, encodeAnnouncement({ audioType, mountpoint: mount })],
      [MessageType.METADATA, utf8Encode("StreamTitle='A - B';")],
      [MessageType.HEADERS, encodeHeaders([['Icy-Name', mount]])],
    ];
    this.#next = first;
    this.#frameDueMs = startMs + Math.random() * frameMs;
    this.#descriptionDueMs = this.#frameDueMs - Math.random() * DESCRIPTION_MS;
  }

  tick(nowMs: number): number {
    const before = this.#sequence;
    if (this.#descriptionDueMs <= nowMs) {
      this.#descriptionDueMs += DESCRIPTION_MS;
      for (const [type, payload] of this.#description) this.#send(type, payload);
    }
    while (this.#frameDueMs <= nowMs) {
      this.#frameDueMs += this.#frameMs;
      this.#send(MessageType.DATA, this.#frames[this.#next]!);
      this.#next = (this.#next + 1) % this.#frames.length;
    }
    return (this.#sequence - before) * this.#outlets.length;
  }

  #send(type: number, payload: Uint8Array): void {
    const message = { type, replica: 0, streamId: this.#id, sequence: ++this.#sequence, payload };
    for (let replica = 0; replica < this.#outlets.length; replica++) {
      message.replica = replica;
      const end = writeMessage(framed, LENGTH_BYTES, message);
      framed[0] = (end - LENGTH_BYTES) >>> 8;
      framed[1] = end - LENGTH_BYTES;
      this.#outlets[replica]!.write(framed, end);
    }
  }
}

/** One encoder: its frames as they are, as Icecast takes them. */
export class BareStream implements Sender {
  readonly #outlet: Pick<Outlet, 'write'>;
  readonly #frames: Frames;
  #next: number;
  #dueMs: number;

  constructor({ frames, first, outlets, startMs }: StreamOptions) {
    this.#outlet = outlets[0]!;
    this.#frames = frames;
    this.#next = first;
    this.#dueMs = startMs + Math.random() * frames.frameMs;
  }

  tick(nowMs: number): number {
    const { frames, frameMs } = this.#frames;
    let sent = 0;
    for (; this.#dueMs <= nowMs; this.#dueMs += frameMs) {
      const frame = frames[this.#next]!;
      this.#outlet.write(frame, frame.length);
      this.#next = (this.#next + 1) % frames.length;
      sent++;
    }
    return sent;
  }
}

/** How a source client begins, for Icecast and for an encoder that listens. */
export function sourceRequest(mount: string, { contentType }: Frames): string {
  const credentials = Buffer.from('source:x').toString('base64');
  return `SOURCE /${mount} HTTP/1.0\r\nAuthorization: Basic ${credentials}\r\nContent-Type: ${contentType}\r\n\r\n`;
}
