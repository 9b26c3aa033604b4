import type { TargetId } from '../../../core/base/machine.ts';
import { MessageType, PDU_HEADER_BYTES } from '../../../core/wire/pdu.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { ms, toMs, type Micros } from '../../../core/base/units.ts';
import type { Oracle } from '../oracle.ts';
import type { Programme } from '../../programme/programme.ts';

interface Made {
  readonly index: number;
  readonly at: number;
  readonly bytes: number;
}

interface WatchedTarget {
  /** What must come first of each stream on its new connection, by the number of the stream: this frame or one before it. Gone once that has been seen. */
  readonly oldest: Map<number, number>;
  /** What has been sent on this connection in all, the most of it that was ever confirmed, and when that grew last. */
  sentBytes: number;
  confirmedBytes: number;
  progressAt: number;
  /** Its relay has acknowledged something on this connection: before that nobody can tell one that is frozen from one that does not acknowledge. */
  hasSaid: boolean;
}

/** Frames that are remembered: more than is ever kept for a target. */
const REMEMBERED = 2_048;
/** A journal lets go of its oldest by whole marks and chunks, and a message has a header. */
const SLACK_MS = 300;
const SURE_SHARE = 0.6;
/** A target is looked at with every frame. */
const LATE_MS = 1_500;

/** What an encoder sends to its TCP targets: whenever one is back, all that is kept for it; and one that confirms nothing is let go of. */
export class EncoderWatch {
  readonly #who: string;
  readonly #oracle: Oracle;
  readonly #programme: Programme;
  readonly #settings: Settings;
  /** By the number of the stream. */
  readonly #made = new Map<number, Made[]>();
  readonly #targets = new Map<TargetId, WatchedTarget>();

  constructor(who: string, oracle: Oracle, programme: Programme, settings: Settings) {
    this.#who = who;
    this.#oracle = oracle;
    this.#programme = programme;
    this.#settings = settings;
  }

  made(now: number, stream: number, index: number, bytes: number): void {
    const made = this.#made.get(stream) ?? [];
    this.#made.set(stream, made);
    made.push({ index, at: now, bytes });
    if (made.length > REMEMBERED) made.shift();
  }

  up(now: number, target: TargetId): void {
    const oldest = new Map([...this.#made].flatMap(([stream, made]) => this.#oldestKept(now, stream, made)));
    this.#targets.set(target, { oldest, sentBytes: 0, confirmedBytes: 0, progressAt: now, hasSaid: false });
  }

  down(target: TargetId): void {
    this.#targets.delete(target);
  }

  /** Something has come back from it: it may confirm what the connection has taken long before. */
  said(now: number, target: TargetId): void {
    const watched = this.#targets.get(target);
    if (watched === undefined) return;
    watched.hasSaid = true;
    watched.progressAt = now;
  }

  /** Messages with their length prefixes, to a TCP target. */
  sent(target: TargetId, bytes: Uint8Array): void {
    const watched = this.#targets.get(target);
    if (watched === undefined) return;
    watched.sentBytes += bytes.length;
    if (watched.oldest.size === 0) return;
    for (let at = 0; at + 2 + PDU_HEADER_BYTES <= bytes.length; at += 2 + ((bytes[at]! << 8) | bytes[at + 1]!)) {
      if (bytes[at + 2] !== MessageType.DATA) continue;
      const frame = this.#programme.glance(bytes, at + 2 + PDU_HEADER_BYTES);
      const oldest = frame === undefined ? undefined : watched.oldest.get(frame.stream.instance);
      if (frame === undefined || oldest === undefined) continue;
      if (frame.index > oldest) {
        this.#oracle.violated('what is kept is sent again', `${this.#who} begins with frame ${frame.index} on a new connection, and has frame ${oldest}`);
      }
      watched.oldest.delete(frame.stream.instance);
    }
  }

  /** What a target has not confirmed. */
  unacknowledged(now: number, target: TargetId, bytes: number): void {
    const watched = this.#targets.get(target);
    if (watched === undefined) return;
    const confirmed = watched.sentBytes - bytes;
    if (confirmed > watched.confirmedBytes || bytes === 0) watched.progressAt = now;
    watched.confirmedBytes = Math.max(watched.confirmedBytes, confirmed);
    const stuckUs = now - watched.progressAt;
    if (!watched.hasSaid || stuckUs <= ms(this.#settings.targetStuckMs + LATE_MS)) return;
    watched.progressAt = now;
    this.#oracle.violated('a dead connection is let go of', `${this.#who} goes on with a target that has confirmed nothing for ${toMs(stuckUs as Micros)} ms`);
  }

  /** The oldest frame of a stream that is kept for certain, by time and by bytes; nothing when there is none. */
  #oldestKept(now: number, stream: number, made: readonly Made[]): [number, number][] {
    const { targetKeepMs, targetKeepBytes } = this.#settings;
    let oldest: number | undefined;
    let bytes = 0;
    for (const { index, at, bytes: own } of made.toReversed()) {
      bytes += own + PDU_HEADER_BYTES + 2;
      if (now - at > ms(targetKeepMs - SLACK_MS) || bytes > SURE_SHARE * targetKeepBytes) break;
      oldest = index;
    }
    return oldest === undefined ? [] : [[stream, oldest]];
  }
}
