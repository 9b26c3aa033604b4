import { digestOfText } from '../../base/hash.ts';
import { later, ms, samplesIn, type Micros } from '../../base/units.ts';
import { encodeMoment, MOMENT_EVERY, type Moment } from '../../wire/messages/moment-message.ts';
import { MessageType } from '../../wire/pdu.ts';
import type { Point } from '../stream/times/moments.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { SegmentRelays } from './relays.ts';
import { MOST_AGREED_OFF_US } from './times.ts';

export interface MomentsOptions {
  /** Unix time less the time of this machine; undefined while nobody has told. */
  readonly unixLessOursUs: () => number | undefined;
  readonly relays: SegmentRelays;
}

/** A stream that is new here, or has lost something: so long it is waited for others who know when it was recorded. They say so every two seconds at most, and a segment is made three seconds later. */
const WAIT_US = ms(2_300);
/** One that has begun is known by nobody for longer: as soon as some frames have shown how fast it comes. */
const WAIT_FIRST_US = ms(700);
/** What relays have kept of a stream comes within this. */
export const CATCHING_UP_US: Micros = ms(10_000);
/** So often one of the edges says it: each waits a little longer than others, by its clocks, which are nobody else's. */
const SAY_EVERY_US = ms(1_200);
const SAY_SPREAD_US = ms(800);
/** Somebody has said something else: he is answered no sooner than this. */
const ANSWER_US = ms(250);
/** So long behind an anchor of another edge it is seen where a stream would be put by this edge alone: as much as its timeline looks back, and a little more. */
const SETTLE_US = ms(15_000);
/** When that moves by more, there is a new anchor. It is less than what makes a segment incomplete. */
const MOVED_US = 80_000;
/** An edge puts a new anchor no sooner than this after its last one. */
const AGAIN_US = ms(1_000);
/** A clock that moves by more against that of the machine was set: that says nothing of the stream. */
const SET_US = 200_000;
/** Frames between an anchor and the first message that it is told of: so it lies before all that can be lost behind that message. */
const FRAMES_AHEAD = 4;

/**
 * When streams were recorded that do not say so themselves: all edges that are told of by common relays come to one anchor for each, and then count samples from it.
 *
 *     stream      --+--8--+--16-+--24-+--32-+-- …      messages of which a moment can be said
 *                   a                       ^ said: number 32, anchor a, samples from a to here
 *
 * An anchor holds from its frame on, and the latest one counts; of two at one frame the earlier time. So it does not matter in which order an edge hears of several, and who has lost
 * something knows again with the next moment.
 */
export class Moments {
  readonly #options: MomentsOptions;

  constructor(options: MomentsOptions) {
    this.#options = options;
  }

  /** A message has come, in order, that moments can be of. */
  point(now: Micros, stream: EdgeStream, point: Point): void {
    const { moments } = stream.times;
    moments.runSince ??= now;
    const { pending } = moments;
    if (pending !== undefined && pending.sequence <= point.sequence) {
      moments.pending = undefined;
      this.#came(now, stream, pending);
    }
    if (!this.#options.relays.isRead || this.#options.unixLessOursUs() === undefined) return;
    if (stream.times.momentOf(point) === undefined) this.#begin(now, stream, point);
    else this.#follow(now, stream, point);
    this.#say(now, stream, point);
  }

  /** A MOMENT has come from a relay. */
  came(now: Micros, stream: EdgeStream | undefined, moment: Moment): void {
    if (stream === undefined) return;
    const { moments } = stream.times;
    if (moments.isNeedless) return;
    if (moment.sequence > (moments.newest?.sequence ?? -1)) moments.pending = moment;
    else this.#came(now, stream, moment);
  }

  #came(now: Micros, { times, ring, timeline }: EdgeStream, moment: Moment): void {
    const point = times.moments.find(moment.sequence);
    if (point === undefined || ring.count === 0) return;
    const frameUs = ring.durationUs(ring.count - 1);
    // The clock of that edge's machine is wrong, or ours: what it says is not taken, nor said again.
    const isFarOff = this.#options.unixLessOursUs() !== undefined && Math.abs(timeOf(moment, point) - this.#ownUs(timeline.originUs, frameUs, point.mediaUs)) > MOST_AGREED_OFF_US;
    if (isFarOff) return;
    times.agree(moment, point, frameUs);
    const ours = times.momentOf(point);
    const isSame = ours !== undefined && ours.anchorUs === moment.anchorUs && ours.sinceSamples === moment.sinceSamples;
    if (isSame) times.moments.agreedAt = now;
    else times.moments.isInDoubt = true;
  }

  /** Nobody has said anything: where this edge puts it. */
  #begin(now: Micros, { times, ring, timeline, onAirUs }: EdgeStream, newest: Point): void {
    const { moments } = times;
    const first = moments.firstOfRun;
    if (first === undefined || first.sampleRateHz !== newest.sampleRateHz) return;
    // Others have said where it lies, by a message that has yet to come: what comes now is what a relay has kept, and faster than it was recorded.
    if (moments.pending !== undefined && now < later(moments.runSince as Micros, CATCHING_UP_US)) return;
    const hasBegun = first.sequence <= 2 * MOMENT_EVERY;
    if (now < later(moments.runSince as Micros, hasBegun ? WAIT_FIRST_US : WAIT_US)) return;
    const frameUs = ring.durationUs(ring.count - 1);
    const mediaUs = first.mediaUs - FRAMES_AHEAD * frameUs;
    const ownUs = this.#ownUs(timeline.originUs, frameUs, mediaUs);
    // What lies behind a loss goes on where it should, by about how much was lost.
    const before = times.agreedBefore(mediaUs);
    const anchorUs = before !== undefined && Math.abs(before.atUs - ownUs) <= MOVED_US ? before.atUs : ownUs;
    const startedUs = before?.startedUs ?? anchorUs - (onAirUs - timeline.mediaUs + mediaUs);
    times.agree({ anchorUs, sinceSamples: samplesIn(FRAMES_AHEAD * frameUs, first.sampleRateHz), onAirUs: Math.max(0, Math.round(anchorUs - startedUs)) }, first, frameUs);
    moments.isInDoubt = true;
    // It is this edge's own: as soon as frames come faster than those before, they show that it is wrong.
    moments.anchorUs = anchorUs;
    moments.biasUs = ownUs - anchorUs;
    moments.biasUnixUs = this.#options.unixLessOursUs()!;
    moments.biasAt = now;
    moments.isOwn = true;
  }

  /** The stream has moved against the time since it was put there: its clock is another one than ours, or it has paused. */
  #follow(now: Micros, { times, ring, timeline }: EdgeStream, newest: Point): void {
    const { moments } = times;
    const ours = times.momentOf(newest)!;
    const frameUs = ring.durationUs(ring.count - 1);
    const unixUs = this.#options.unixLessOursUs()!;
    const biasUs = this.#ownUs(timeline.originUs, frameUs, newest.mediaUs) - timeOf(ours, newest);
    if (moments.anchorUs !== ours.anchorUs || Math.abs(unixUs - moments.biasUnixUs) > SET_US) {
      moments.anchorUs = ours.anchorUs;
      moments.biasUnixUs = unixUs;
      moments.biasAt = now;
      moments.isOwn = false;
    }
    if (!moments.isOwn && now - moments.biasAt < SETTLE_US) moments.biasUs = biasUs;
    const movedUs = biasUs - moments.biasUs;
    const point = moments.lastButOne;
    if (Math.abs(movedUs) <= MOVED_US || now - moments.biasAt < AGAIN_US || point === undefined) return;
    const before = times.momentOf(point);
    if (before === undefined) return;
    const aheadUs = FRAMES_AHEAD * frameUs;
    const sinceSamples = before.sinceSamples - samplesIn(aheadUs, point.sampleRateHz);
    if (sinceSamples <= 0) return;
    const sinceUs = (sinceSamples * 1_000_000) / point.sampleRateHz;
    const anchorUs = Math.round(before.anchorUs + sinceUs + movedUs);
    times.agree({ anchorUs, sinceSamples: samplesIn(aheadUs, point.sampleRateHz), onAirUs: Math.max(0, Math.round(before.onAirUs + sinceUs + movedUs)) }, point, frameUs);
    moments.anchorUs = anchorUs;
    moments.biasAt = now;
    moments.isOwn = true;
    moments.isInDoubt = true;
  }

  #say(now: Micros, { times, id }: EdgeStream, point: Point): void {
    const { moments } = times;
    const since = Math.max(moments.saidAt, moments.isInDoubt ? -Infinity : moments.agreedAt);
    const everyUs = SAY_EVERY_US + (digestOfText(String(this.#options.unixLessOursUs())) >>> 0) % SAY_SPREAD_US;
    if (now - since < (moments.isInDoubt ? ANSWER_US : everyUs)) return;
    const moment = times.momentOf(point);
    const payload = moment && encodeMoment(moment);
    if (payload === undefined) return;
    moments.saidAt = now;
    moments.isInDoubt = false;
    this.#options.relays.tell(MessageType.MOMENT, () => id, payload);
  }

  /** When the frame at this media time was recorded, by the fastest arrivals. */
  #ownUs(originUs: number, frameUs: number, mediaUs: number): number {
    return Math.round(mediaUs + originUs + this.#options.unixLessOursUs()! - frameUs);
  }
}

/** Unix time of the audio behind a message, by what is said of it. */
function timeOf({ anchorUs, sinceSamples }: Moment, { sampleRateHz }: Point): number {
  return anchorUs + (sinceSamples * 1_000_000) / sampleRateHz;
}
