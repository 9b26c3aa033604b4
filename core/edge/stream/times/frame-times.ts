import type { Snapshot } from '../../../base/snapshot.ts';
import { samplesIn } from '../../../base/units.ts';
import { goesBefore, type Moment } from '../../../wire/messages/moment-message.ts';
import type { StreamTime } from '../../../wire/messages/timeline-message.ts';
import { StreamMoments, type Point } from './moments.ts';
import type { FrameRing } from '../ring.ts';

/** What a stream has said of the time of one of its frames. */
interface Mark extends StreamTime {
  /** Of that frame, counted since the beginning of the ring. */
  readonly number: number;
  /** Media time at which it begins here. */
  readonly mediaUs: number;
  /** Something was lost where the frame should have been: all that this says is of those before it. */
  isEnd: boolean;
  /** Of that frame. */
  sampleRateHz: number;
}

/** Where this edge itself has put a stream: Unix time less media time, from a frame on. */
interface OwnMark {
  readonly number: number;
  readonly offsetUs: number;
}

/** More than a stream says while its frames are in a ring: four in a second at most. */
const MAX_MARKS = 64;

/** The times of the frames of a ring: filled again and again, so that asking makes no garbage. */
export class FrameTimeTable {
  count = 0;
  /** Unix time at which each frame begins, in microseconds. */
  beginsUs: Float64Array = new Float64Array(0);
  /** 1: nothing is missing between this frame and the one before it. */
  follows: Uint8Array = new Uint8Array(0);
  /** Unix time at which the stream began, by its own counter of what it has sent; undefined where it has not said so. */
  startedUs: number | undefined;

  reserve(count: number): void {
    this.count = count;
    if (this.beginsUs.length >= count) return;
    this.beginsUs = new Float64Array(2 * count);
    this.follows = new Uint8Array(2 * count);
  }
}

/**
 * When the frames of a stream were recorded: by what its encoder says (TIMELINE), exactly and alike at every edge; for a stream that says nothing, as edges have put it together (MOMENT); or
 * else as this edge has put it by the arrivals.
 *
 *     ring       | f | f | f | f |  lost  | f | f | f | f |
 *     TIMELINE       ^ mark               :       ^ mark         frames behind a loss are counted back from the next one
 */
export class FrameTimes {
  #marks: Mark[] = [];
  /** What edges have come to, of a stream that says nothing. */
  #agreed: Mark[] = [];
  readonly moments: StreamMoments = new StreamMoments();
  #own: OwnMark[] = [];
  /** The frames that something was lost before, and from which on nothing was lost up to the oldest one of the ring. */
  #losses: number[] = [];
  #runFrom = 0;
  /** The first frame that has a text which came in its place. */
  #textFrom: number | undefined;

  /** Whether the stream says when its frames were recorded. */
  get isSaid(): boolean {
    return this.#marks.length > 0;
  }

  /** Whether edges have said so instead. */
  get isAgreed(): boolean {
    return this.#agreed.length > 0;
  }

  /** A TIMELINE stands before the frame that comes next. @param number of that frame. @param mediaUs at which it will begin. @param sampleRateHz of the one before. */
  say({ anchorUs, sinceSamples, onAirUs }: StreamTime, number: number, mediaUs: number, sampleRateHz: number): void {
    // One after the other: an object that is made of another one takes three times as much.
    this.#marks.push({ anchorUs, sinceSamples, onAirUs, number, mediaUs, isEnd: false, sampleRateHz });
    if (this.#marks.length > MAX_MARKS) this.#marks.shift();
  }

  /** What comes next is lost, before the frame of this number. */
  lost(number: number): void {
    for (const mark of this.#marks) if (mark.number === number) mark.isEnd = true;
    this.moments.lost(number);
    if (this.#losses.at(-1) !== number) this.#losses.push(number);
    if (this.#losses.length > MAX_MARKS) this.#beginAt(this.#losses.shift()!);
  }

  /** A text has come in its place: it is that of the next frame. */
  saysText(number: number): void {
    this.#textFrom ??= number;
  }

  /**
   * The frame of a ring whose text is that of this one. A relay opens a stream with the newest text, and then sends what it has kept: frames before the first text in that
   * have the one that comes there, which is said again every two seconds.
   */
  textIndex(ring: FrameRing, index: number): number {
    const from = (this.#textFrom ?? 0) - ring.firstNumber;
    return from > index && from < ring.count ? from : index;
  }

  /** A frame has come. */
  frame(number: number, sampleRateHz: number): void {
    const newest = this.#marks.at(-1);
    if (newest?.number === number) newest.sampleRateHz = sampleRateHz;
  }

  /** From this frame on the stream lies there. */
  putAt(number: number, offsetUs: number): void {
    this.#own.push({ number, offsetUs });
    if (this.#own.length > MAX_MARKS) this.#own.shift();
  }

  /** The audio behind this message was recorded then, as an edge says. @param frameUs the length of a frame. */
  agree({ anchorUs, sinceSamples, onAirUs }: Pick<Moment, 'anchorUs' | 'sinceSamples' | 'onAirUs'>, { number, mediaUs, runFrom, sampleRateHz }: Point, frameUs: number): void {
    const frames = Math.round((sinceSamples * 1_000_000) / sampleRateHz / frameUs);
    const mark: Mark = { anchorUs, sinceSamples, onAirUs, number: Math.max(runFrom, number - frames), mediaUs, isEnd: false, sampleRateHz };
    let at = this.#agreed.length;
    while (at > 0 && this.#agreed[at - 1]!.number > mark.number) at--;
    const there = this.#agreed[at - 1];
    if (there?.number !== mark.number) this.#agreed.splice(at, 0, mark);
    else if (goesBefore(mark, there)) this.#agreed[at - 1] = mark;
    if (this.#agreed.length > MAX_MARKS) this.#agreed.shift();
  }

  /** When the frame at this media time was recorded, by what was agreed of frames before it, also where something was lost since, and the stream began; undefined: nothing was. */
  agreedBefore(mediaUs: number): { readonly atUs: number; readonly startedUs: number } | undefined {
    const mark = this.#agreed.findLast((one) => one.mediaUs <= mediaUs);
    return mark && { atUs: timeAt(mark, mediaUs), startedUs: mark.anchorUs - mark.onAirUs };
  }

  /** What there is to say of the audio behind a message; undefined: nothing is known since something was lost. */
  momentOf({ sequence, number, mediaUs, runFrom, sampleRateHz }: Point): Moment | undefined {
    const mark = this.#agreed.findLast((one) => one.number <= number);
    if (mark === undefined || mark.number < runFrom || mark.sampleRateHz !== sampleRateHz) return undefined;
    const sinceSamples = mark.sinceSamples + samplesIn(mediaUs - mark.mediaUs, sampleRateHz);
    return sinceSamples < 0 ? undefined : { sequence, anchorUs: mark.anchorUs, sinceSamples, onAirUs: mark.onAirUs };
  }

  /** Where the newest frame was put; undefined if nothing was. */
  get ownOffsetUs(): number | undefined {
    return this.#own.at(-1)?.offsetUs;
  }

  /** Lets go of what no frame of the ring needs. */
  trim(ring: FrameRing): void {
    const oldest = ring.firstNumber;
    while (this.#losses.length > 0 && this.#losses[0]! <= oldest) this.#beginAt(this.#losses.shift()!);
    for (const marks of [this.#marks, this.#agreed]) while (marks.length > 1 && marks[1]!.number <= oldest) marks.shift();
    while (this.#own.length > 1 && this.#own[1]!.number <= oldest) this.#own.shift();
  }

  /** Fills in when each frame of the ring was recorded, as its encoder says. */
  readSaid(ring: FrameRing, into: FrameTimeTable): void {
    this.#read(this.#marks, ring, into);
  }

  /** The same as edges have put them. */
  readAgreed(ring: FrameRing, into: FrameTimeTable): void {
    this.#read(this.#agreed, ring, into);
  }

  #read(marks: readonly Mark[], ring: FrameRing, into: FrameTimeTable): void {
    into.reserve(ring.count);
    into.startedUs = undefined;
    let endUs = NaN;
    let endOnAirUs = NaN;
    let at = 0;
    for (let from = 0; from < ring.count;) {
      const to = endOfRun(ring, from);
      at = firstMarkOf(marks, from === 0 ? this.#runFrom : ring.firstNumber + from, at);
      if (at === marks.length || !isOfRunBefore(marks[at]!, ring.firstNumber + to)) {
        readUnknown(ring, from, to, endUs, into);
        endOnAirUs = NaN;
      } else {
        const first = markFor(marks, ring.firstNumber + from, at);
        const last = readRun(marks, ring, from, to, at, into);
        const onAirUs = first.onAirUs + into.beginsUs[from]! - first.anchorUs;
        into.follows[from] = Math.abs(onAirUs - endOnAirUs) < ring.durationUs(from) / 2 ? 1 : 0;
        into.startedUs = last.anchorUs - last.onAirUs;
        endOnAirUs = into.beginsUs[to - 1]! + ring.durationUs(to - 1) - into.startedUs;
      }
      endUs = into.beginsUs[to - 1]! + ring.durationUs(to - 1);
      from = to;
    }
  }

  /** The same as this edge has put them. */
  readOwn(ring: FrameRing, into: FrameTimeTable): void {
    into.reserve(ring.count);
    into.startedUs = undefined;
    let at = 0;
    for (let i = 0; i < ring.count; i++) {
      while (at + 1 < this.#own.length && this.#own[at + 1]!.number <= ring.firstNumber + i) at++;
      into.beginsUs[i] = ring.mediaUs(i) + (this.#own[at]?.offsetUs ?? NaN);
      const isNext = i > 0 && ring.mediaUs(i) - ring.mediaUs(i - 1) < 1.5 * ring.durationUs(i - 1);
      into.follows[i] = i > 0 && (!ring.isBehindLoss(i) || isNext) ? 1 : 0;
    }
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#marks = a.list(this.#marks, (mark) => snapshotMark(a, mark));
    this.#agreed = a.list(this.#agreed, (mark) => snapshotMark(a, mark));
    this.moments.snapshot(a);
    this.#losses = a.list(this.#losses, (number) => a.number(number ?? 0));
    this.#runFrom = a.number(this.#runFrom);
    this.#textFrom = a.maybeNumber(this.#textFrom);
    this.#own = a.list(this.#own, (mark) => ({ number: a.number(mark?.number ?? 0), offsetUs: a.number(mark?.offsetUs ?? 0) }));
  }

  /** Something was lost before this frame, and nothing from there to the oldest one: what was said before says nothing of that. */
  #beginAt(number: number): void {
    this.#runFrom = number;
    for (const marks of [this.#marks, this.#agreed]) while (marks.length > 0 && isOfRunBefore(marks[0]!, number)) marks.shift();
  }
}

/** The first mark of the run that begins with a frame, or of a later one. @param at where to look from. */
function firstMarkOf(marks: readonly Mark[], number: number, at: number): number {
  let found = at;
  while (found < marks.length && isOfRunBefore(marks[found]!, number)) found++;
  return found;
}

/** The mark that the time of a frame is counted from: the last one before it, or else the first. @param first of its run. */
function markFor(marks: readonly Mark[], number: number, first: number): Mark {
  let at = first;
  while (at + 1 < marks.length && marks[at + 1]!.number <= number) at++;
  return marks[at]!;
}

/** Returns the mark of its last frame. */
function readRun(marks: readonly Mark[], ring: FrameRing, from: number, to: number, first: number, into: FrameTimeTable): Mark {
  let at = first;
  for (let i = from; i < to; i++) {
    while (at + 1 < marks.length && marks[at + 1]!.number <= ring.firstNumber + i) at++;
    into.beginsUs[i] = timeAt(marks[at]!, ring.mediaUs(i));
    into.follows[i] = 1;
  }
  return marks[at]!;
}

/** A mark at the end of a run belongs to that, and not to the one behind the loss. */
function isOfRunBefore(mark: Mark, number: number): boolean {
  return mark.isEnd ? mark.number <= number : mark.number < number;
}

/** Whole samples from the anchor: so the result is the same whichever mark it is counted from. */
function timeAt({ anchorUs, sinceSamples, mediaUs, sampleRateHz }: Mark, atUs: number): number {
  if (sampleRateHz === 0) return anchorUs + Math.round(atUs - mediaUs);
  const samples = sinceSamples + samplesIn(atUs - mediaUs, sampleRateHz);
  return anchorUs + Math.round((samples * 1_000_000) / sampleRateHz);
}

function snapshotMark(a: Snapshot, mark: Mark | undefined): Mark {
  return {
    anchorUs: a.number(mark?.anchorUs ?? 0),
    sinceSamples: a.number(mark?.sinceSamples ?? 0),
    onAirUs: a.number(mark?.onAirUs ?? 0),
    number: a.number(mark?.number ?? 0),
    mediaUs: a.number(mark?.mediaUs ?? 0),
    isEnd: a.flag(mark?.isEnd ?? false),
    sampleRateHz: a.number(mark?.sampleRateHz ?? 0),
  };
}

/** The index behind the last frame that nothing was lost before. */
function endOfRun(ring: FrameRing, from: number): number {
  let to = from + 1;
  while (to < ring.count && !ring.isBehindLoss(to)) to++;
  return to;
}

/** Frames between two losses, of which nothing says when they were: as the media clock of this edge has them. */
function readUnknown(ring: FrameRing, from: number, to: number, endUs: number, into: FrameTimeTable): void {
  const offsetUs = from === 0 ? NaN : endUs - ring.mediaUs(from - 1) - ring.durationUs(from - 1);
  for (let i = from; i < to; i++) {
    into.beginsUs[i] = Math.round(ring.mediaUs(i) + offsetUs);
    into.follows[i] = i > from ? 1 : 0;
  }
}
