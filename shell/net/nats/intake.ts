import { LENGTH_BYTES, lengthAt } from '../../../core/base/length-prefix.ts';
import { decodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { emptyMessageView, MessageType, PDU_HEADER_BYTES, readMessage, sameStream } from '../../../core/wire/pdu.ts';
import { parseSubject, type Subject } from './subjects.ts';

/** Why a message of NATS is dropped. */
export type NatsRefusal =
  | 'message on a subject that does not parse'
  | 'message that is too large'
  | 'message that is not whole'
  | 'message of another stream than its subject says'
  | 'message of another mountpoint than its subject says'
  | 'message of one stream too many';

/** More than any program of ours puts into one: a piece of a journal is 64 KiB at most, and one message of a stream as much. */
export const MAX_NATS_MESSAGE_BYTES = 131_072;

/** A stream that comes for longer is not forgotten for any number of new ones. */
const PROVEN_MS = 10_000;

interface Known extends Subject {
  readonly sinceMs: number;
  usedAtMs: number;
}

/** Judges what comes by a connection to NATS: whoever may publish can send anything. */
export class NatsIntake {
  readonly #prefix: string;
  readonly #maxSubjects: number;
  /** By their text: a subject is taken apart once. */
  readonly #subjects = new Map<string, Known>();
  /** The mountpoint that a stream has come with first, by its id: nobody else can bring it under the name of another one. */
  readonly #mounts = new Map<string, string>();
  readonly #view = emptyMessageView();

  /** @param maxStreams for how many streams subjects are remembered. */
  constructor(prefix: string, maxStreams: number) {
    this.#prefix = prefix;
    this.#maxSubjects = 2 * maxStreams;
  }

  /** The mountpoint of a stream that has come, and has not been forgotten. */
  mountOf(streamId: Uint8Array): string | undefined {
    return this.#mounts.get(String(streamId));
  }

  /** Why this message is dropped; undefined when its bytes are whole messages, with their lengths, of the stream and mountpoint that its subject says. */
  refuse(nowMs: number, subject: string, bytes: Uint8Array): NatsRefusal | undefined {
    if (bytes.length > MAX_NATS_MESSAGE_BYTES) return 'message that is too large';
    const known = this.#subjects.get(subject) ?? this.#learn(nowMs, subject);
    if (typeof known === 'string') return known;
    known.usedAtMs = nowMs;
    let at = 0;
    while (at < bytes.length) {
      const start = at + LENGTH_BYTES;
      const end = start > bytes.length ? Infinity : start + lengthAt(bytes, at);
      if (end > bytes.length || end === start || readMessage(this.#view, bytes, start, end) !== undefined) return 'message that is not whole';
      if (!sameStream(known.streamId, bytes, start)) return 'message of another stream than its subject says';
      if (this.#view.type === MessageType.ANNOUNCE && this.#isOfOther(bytes.subarray(start + PDU_HEADER_BYTES, end), known)) return 'message of another mountpoint than its subject says';
      at = end;
    }
    return bytes.length === 0 ? 'message that is not whole' : undefined;
  }

  /** One that cannot be read is the machine's to count. */
  #isOfOther(payload: Uint8Array, { mount }: Subject): boolean {
    const announced = decodeAnnouncement(payload);
    return announced !== undefined && announced.mountpoint !== mount;
  }

  #learn(nowMs: number, text: string): Known | NatsRefusal {
    const subject = parseSubject(this.#prefix, text);
    if (subject === undefined) return 'message on a subject that does not parse';
    const id = String(subject.streamId);
    if ((this.#mounts.get(id) ?? subject.mount) !== subject.mount) return 'message of another mountpoint than its subject says';
    if (this.#subjects.size >= this.#maxSubjects) this.#makeRoom(nowMs);
    if (this.#subjects.size >= this.#maxSubjects) return 'message of one stream too many';
    const known = { ...subject, sinceMs: nowMs, usedAtMs: nowMs };
    this.#subjects.set(text, known);
    this.#mounts.set(id, subject.mount);
    return known;
  }

  /** Half of those that are new, which cost nothing but being learned again, and all that do not come any more. */
  #makeRoom(nowMs: number): void {
    const all = [...this.#subjects];
    const young = all.filter(([, { sinceMs }]) => nowMs - sinceMs < PROVEN_MS).sort(([, one], [, other]) => one.usedAtMs - other.usedAtMs);
    const idle = all.filter(([, { sinceMs, usedAtMs }]) => nowMs - sinceMs >= PROVEN_MS && nowMs - usedAtMs >= PROVEN_MS);
    for (const [text, { streamId }] of [...young.slice(0, Math.ceil(young.length / 2)), ...idle]) {
      this.#subjects.delete(text);
      this.#mounts.delete(String(streamId));
    }
  }
}
