import type { Settings } from '../../../core/config/settings.ts';
import { ms, toMs, type Micros } from '../../../core/base/units.ts';
import type { EdgeEvent } from '../../../core/edge/events.ts';
import type { Oracle } from '../oracle.ts';
import { BELIEVED_WITHIN_US, type ModelPathRecord } from '../model/paths.ts';
import type { StreamModel } from '../model/stream-model.ts';

export type GapEvent = Extract<EdgeEvent, { readonly kind: 'gap' }>;

/** A machine is called when its deadline has come, a little later at most. */
const LATE_US = 300_000;
/** Of more path records than that an edge forgets some. */
const MOST_PATH_RECORDS = 16;
/** So long a forger is believed at most, from one signature to the next, and what waits for what is missing behind it. */
const FORGED_US = 3_000_000;
/** What was just decided need not be told in the same microsecond. */
const AT_ONCE_US = 30_000;

/** What an edge may give up of a stream, and when it has to. Each is asked in the direction in which there is no doubt. */
export class GapRules {
  readonly #oracle: Oracle;
  readonly #settings: Settings;

  constructor(oracle: Oracle, settings: Settings) {
    this.#oracle = oracle;
    this.#settings = settings;
  }

  /** The edge gives messages up, by what it says. */
  check(now: number, stream: StreamModel, { sequence, messages, verdict, waitedMs }: GapEvent): void {
    if (verdict === 'jump') return;
    const last = sequence + messages - 1;
    const mayBeDropped = stream.mayHaveDropped(now);
    for (let each = sequence; each <= last; each++) {
      // What came with what made the edge decide came after it; and what came with what made the stream known may lie before its first message.
      const cameAt = stream.arrivedAt(each);
      const surelyAt = stream.surelyCameAt(each);
      if (surelyAt < now) return this.#broken(`${stream.name} message ${each} is given up, and came where the stream was ${toMs((now - surelyAt) as Micros)} ms ago`);
      const mayBeGone = mayBeDropped || stream.mayHaveLetGo(now, each) || stream.mayHaveBeenLate(each);
      if (cameAt < now && cameAt > stream.knownAt && !mayBeGone) return this.#broken(`${stream.name} message ${each} is given up, and came ${toMs((now - cameAt) as Micros)} ms ago`);
    }
    if (stream.paths.records.length >= MOST_PATH_RECORDS || stream.isAhead(now) || stream.hasJustGone(now)) return;
    // Audio of a forger is none to the reference: how far the edge had to look for what is missing it does not know.
    if (now - stream.forgedAt < FORGED_US) return;
    const what = `${stream.name} messages ${sequence} to ${last} are given up: ${verdict}`;
    const decided = stream.lastMissingFrom(last);
    // One that has just spoken may have done so after it.
    const known = stream.paths.records.filter(({ knownAt }) => knownAt < now);
    const waiting = known.filter(({ highest }) => highest <= decided);
    if (verdict === 'no-path' && known.length > 0) this.#broken(`${what}, and a path is open`);
    if (verdict === 'disproved' && waiting.length > 0) this.#broken(`${what}, but ${waiting.length} of ${stream.paths.records.length} paths have not come to it`);
    // Where the edge is at another place than the reference, nobody knows what was far from there.
    const isThere = stream.next === sequence;
    if (verdict === 'silent-paths' && isThere && !stream.paths.isDoubted(now) && !stream.paths.records.some((pathRecord) => this.#mayBeSilent(now, pathRecord, decided))) this.#broken(`${what}, and no open path is silent`);
    if (verdict === 'hard-limit' && waitedMs < this.#settings.gapMaxMs) this.#broken(`${what}, after ${waitedMs} ms`);
  }

  /** Whether a gap has been waited for longer than anything explains. */
  checkWaiting(now: number, stream: StreamModel): void {
    if (stream.mount === undefined || now < stream.syncedAt) return;
    const first = stream.firstWaiting();
    if (first === undefined) {
      stream.passedAt = undefined;
      return;
    }
    const what = (): string => `${stream.name} message ${stream.next} is waited for`;
    const believedUs = stream.paths.isDoubted(first.at) || stream.paths.isDoubted(now) ? BELIEVED_WITHIN_US : 0;
    // While something still comes where the stream is, it goes nowhere else.
    const waitedUs = now - (believedUs > 0 ? Math.max(first.at, stream.frameAt) : first.at);
    if (waitedUs > Math.max(ms(this.#settings.gapMaxMs), believedUs) + LATE_US) this.#late(stream, `${what()} for ${toMs(waitedUs as Micros)} ms`);
    const isPast = stream.paths.records.length < MOST_PATH_RECORDS && stream.paths.records.every(({ highest, reorder }) => highest - (first.sequence - 1) > reorder);
    stream.passedAt = isPast ? (stream.passedAt ?? now) : undefined;
    if (stream.passedAt !== undefined && now - stream.passedAt > AT_ONCE_US + believedUs) this.#late(stream, `${what()}, though all ${stream.paths.records.length} paths have passed it over`);
  }

  #mayBeSilent(now: number, { highest, lastAt, beforeAt, spokeAt, reorder }: ModelPathRecord, last: number): boolean {
    const silentUs = now - (highest < 0 ? spokeAt : lastAt < now ? lastAt : beforeAt);
    return lastAt === now || highest - last <= Math.max(reorder, this.#settings.udpReorderMessages) && silentUs >= ms(this.#settings.pathIdleMinMs) - 1;
  }

  #broken(what: string): void {
    this.#oracle.violated('what may still come is not given up', what);
  }

  /** Once is enough. */
  #late(stream: StreamModel, what: string): void {
    stream.syncedAt = Infinity;
    this.#oracle.violated('a gap is decided in time', what);
  }
}

