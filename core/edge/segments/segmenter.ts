import { digestOfText } from '../../base/hash.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, type Micros } from '../../base/units.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { isSameFormat, snapshotFormat } from '../../codec/formats.ts';
import type { Segment, SegmentTitle } from './segment.ts';
import type { SegmentTiming } from './timing.ts';
import type { Breaks } from '../../wire/messages/breaks-message.ts';
import { icyTitleText } from '../../wire/icy.ts';
import { FrameTimeTable } from '../stream/times/frame-times.ts';
import type { EdgeStream } from '../stream/stream.ts';
import { chooseShare, type Merits } from './choice.ts';
import { FrameGatherer } from './frames.ts';
import { CATCHING_UP_US } from './moments.ts';
import { addOfFile, HoleFiller, type SegmentFallback } from './holes.ts';
import { slotAt, type Slot, type SlotShare } from './slot.ts';
import { SlotReader } from './slot-reader.ts';

/** What the segments of all mountpoints of an edge have in common. */
export interface SegmentTools extends SegmentTiming {
  /** Unix time less the time of this machine; undefined while nobody has told what the clock shows: then there are no segments. */
  readonly unixLessOursUs: () => number | undefined;
  /** Whether there are to be segments of a mountpoint of this format; undefined before its first frame. */
  readonly takes: (format: FrameFormat | undefined) => boolean;
  readonly times: FrameTimeTable;
  /** Of the streams that fill holes. */
  readonly fillers: FrameTimeTable;
  readonly gatherer: FrameGatherer;
  readonly segment: (mount: string, segment: Segment) => void;
  readonly ended: (mount: string) => void;
  /** The most discontinuities that anybody has counted of a mountpoint, in segments of this length. */
  readonly breaks: (mount: string) => Breaks | undefined;
  /** So many were counted here. */
  readonly counted: (mount: string, breaks: Breaks) => void;
}

export function segmentTools(timing: SegmentTiming, given: Pick<SegmentTools, 'unixLessOursUs' | 'takes' | 'segment' | 'ended' | 'breaks' | 'counted'>): SegmentTools {
  return { ...timing, times: new FrameTimeTable(), fillers: new FrameTimeTable(), gatherer: new FrameGatherer(), ...given };
}

/** What there is of a slot besides the streams of the mountpoint. */
interface Substitute {
  readonly shares: readonly SlotShare[];
  readonly file: SegmentFallback['file'];
}

const NO_SUBSTITUTE: Substitute = { shares: [], file: undefined };

/** What is known of a segment besides its audio; `endUs` is where the next one begins. */
type Made = Pick<Segment, 'startUs' | 'mediaUs' | 'format' | 'isDiscontinuity' | 'titles'> & { readonly endUs: number };

export interface SegmenterOptions {
  readonly mount: string;
  readonly tools: SegmentTools;
  /** Those of the mountpoint. */
  readonly streams: Iterable<EdgeStream>;
  /** It has been seen to carry another programme than the one on air. */
  readonly isStranger: (stream: EdgeStream) => boolean;
  /** Of the mountpoint; undefined before its first frame. */
  readonly format: () => FrameFormat | undefined;
  /** What it says of how long it has been on air is believed. */
  readonly isBelieved: (stream: EdgeStream) => boolean;
  readonly isPreferred: (stream: EdgeStream) => boolean;
  /** Silence of a stream is programme. */
  readonly mayBeSilent: () => boolean;
  /** What is heard instead of the mountpoint, the first first. */
  readonly fallbacks: () => Iterable<SegmentFallback>;
  /** Media time of `to` at the same point of the programme, by what is in the two. */
  readonly samePointUs: (from: EdgeStream, mediaUs: number, to: EdgeStream) => number | undefined;
  /** A metadata text that is in force instead of that of the stream. */
  readonly setText: (stream: EdgeStream) => string | undefined;
  readonly timer: (fire: (now: Micros) => void) => Timer<string>;
}

/** Discontinuities of which it is remembered where they were: what others say of earlier ones they have said by then. */
const MOST_BREAKS = 16;
/** Relays are told again of their number every so many segments. */
const TELL_EVERY = 8;
/** What is not there yet is looked for again so much later. */
const AGAIN_US = ms(1_000);
const LOOK_AGAIN_US = ms(200);
/** So far what is in a segment can be longer than its slot: of a stream that comes faster than it plays, the rest is left out. */
const MOST_OVER_US = 1_000_000;
/** Two segments whose times differ by more do not continue each other. */
const STEP_US = 100_000;
/** As far the same point of the programme can lie elsewhere in another stream: further off, a segment would be much shorter or longer than it says. */
const MOST_SHIFT_US = 1_000_000;
/** Time stamps of a stream that is entered elsewhere go on, as long as they are off by less, in frames. */
const SHIFT_FRAMES = 1.5;
/** The first frames of a segment of MP3 are made anew with what they need of those before: 511 bytes, in the shortest frames that are common. */
const FRAMES_BEFORE = 10;
/** Of slots of a second there are no more in a ring. */
const MOST_EARLIER = 16;
/** If the time has moved by more than this, as a clock that is set does, the segments begin anew, instead of as many gaps, or none for long. */
const MOST_BEHIND_US = 60_000_000;

/**
 * Makes the segments of one mountpoint: one when its slot is over and all that belongs to it has come.
 *
 *     time of the streams  |  slot k     |  slot k+1   |
 *                                           ^ settled: of the streams that are complete for k one is chosen, by what they say themselves
 *
 * It decides nothing by what it has made before: another edge, and this one after a restart, makes the same of the same streams.
 */
export class Segmenter implements Merits {
  readonly #options: SegmenterOptions;
  readonly #reader: SlotReader;
  readonly #filler: HoleFiller;
  readonly #due: Timer<string>;
  /** By how much later than its slot a segment is made: the same at every edge. */
  readonly #settleUs: number;
  /** The slot that comes next; undefined before the first. */
  #next: number | undefined;
  #waitsUntil: Micros | undefined;
  /** Unix time at which there were streams first. */
  #beganUs: number | undefined;
  /** There was a segment: from then on there is one of every slot. */
  #goesOn = false;
  #format: FrameFormat | undefined;
  #endUs = 0;
  /** The name of the stream that the last one is of; '' of a gap. */
  #last = '';
  #discontinuities = 0;
  /** The segments at which the last of them were. */
  #breaks: number[] = [];

  constructor(options: SegmenterOptions) {
    this.#options = options;
    const { settleUs, spreadUs, gatherer, times, fillers } = options.tools;
    this.#reader = new SlotReader(options.tools);
    this.#filler = new HoleFiller({ gatherer, reader: this.#reader, times, fillers, merits: this });
    this.#settleUs = settleUs + ((digestOfText(options.mount) >>> 0) % spreadUs);
    this.#due = options.timer((now) => this.#fire(now));
  }

  /** Its mountpoint has begun. */
  begin(now: Micros): void {
    this.#due.set(later(now, AGAIN_US));
  }

  /** Its mountpoint has ended. */
  dispose(): void {
    this.#due.cancel();
    if (this.#next !== undefined) this.#options.tools.ended(this.#options.mount);
  }

  startedUs({ stream, startedUs }: SlotShare): number {
    const offsetUs = this.#options.tools.unixLessOursUs() ?? 0;
    const saidUs = startedUs ?? stream.health.frameAt + offsetUs - stream.onAirUs;
    return this.#options.isBelieved(stream) ? saidUs : Math.max(saidUs, stream.health.framesSince + offsetUs);
  }

  isPreferred({ stream }: SlotShare): boolean {
    return this.#options.isPreferred(stream);
  }

  get mayBeSilent(): boolean {
    return this.#options.mayBeSilent();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#due.snapshot(a);
    this.#next = a.maybeNumber(this.#next);
    this.#waitsUntil = a.maybeNumber(this.#waitsUntil);
    this.#beganUs = a.maybeNumber(this.#beganUs);
    this.#goesOn = a.flag(this.#goesOn);
    this.#format = snapshotFormat(a, this.#format);
    this.#endUs = a.number(this.#endUs);
    this.#last = a.text(this.#last);
    this.#discontinuities = a.number(this.#discontinuities);
    this.#breaks = a.list(this.#breaks, (number) => a.number(number ?? 0));
  }

  #fire(now: Micros): void {
    const { tools: { slotUs, takes }, format: formatOf, streams } = this.#options;
    const nowUs = takes(formatOf()) ? this.#reader.unixNow(now, streams) : undefined;
    if (nowUs === undefined) return this.#due.set(later(now, AGAIN_US));
    this.#beganUs ??= nowUs;
    if (this.#next === undefined) {
      // Others would be taken in the place of a stream of which it is not known yet where it lies.
      this.#waitsUntil ??= later(now, CATCHING_UP_US);
      if (now < this.#waitsUntil && this.#reader.isCatchingUp(now, streams)) return this.#due.set(later(now, LOOK_AGAIN_US));
      this.#waitsUntil = undefined;
    }
    this.#keepUp(nowUs);
    this.#next ??= this.#first(now, Math.floor((nowUs - this.#settleUs) / slotUs) - 1);
    const slot = slotAt(this.#next, slotUs);
    const leftUs = slot.endsUs + this.#settleUs - nowUs;
    if (leftUs > 0) return this.#due.set(later(now, Math.ceil(leftUs) as Micros));
    this.#look(now, slot);
  }

  /** The slot to begin with: the newest that is due, or one before it of which there is all. What relays had kept makes a playlist at once. */
  #first(now: Micros, newest: number): number {
    const { streams, isStranger, tools: { slotUs } } = this.#options;
    let first = newest;
    while (newest - first < MOST_EARLIER && this.#isAllThere(this.#reader.shares(now, slotAt(first - 1, slotUs), streams, isStranger))) first--;
    return first;
  }

  /** Whether the stream is complete that other edges take, if they have all: here there may be no more than the end of it, or nothing of what its first frames need. */
  #isAllThere(shares: readonly SlotShare[]): boolean {
    const best = chooseShare(shares.map((share) => ({ ...share, isComplete: true })), this);
    return shares.some(({ stream, isComplete, from }) => isComplete && stream === best!.stream && from >= FRAMES_BEFORE);
  }

  #look(now: Micros, slot: Slot): void {
    const { streams, isStranger } = this.#options;
    const shares = this.#reader.shares(now, slot, streams, isStranger);
    const hasComplete = shares.some(({ isComplete }) => isComplete);
    if (!hasComplete && this.#isPatient(now, shares, slot)) return this.#due.set(later(now, LOOK_AGAIN_US));
    this.#waitsUntil = undefined;
    // Of a slot in which the mountpoint has begun here there may be no more than the end.
    if (this.#goesOn || this.#isAllThere(shares) || slot.beginsUs >= this.#beganUs!) {
      this.#goesOn = true;
      this.#make(slot, shares, hasComplete ? NO_SUBSTITUTE : this.#substitute(now, slot));
    }
    this.#next = slot.number + 1;
    this.#due.set(now);
  }

  /** The first of the fallbacks that has something of the slot. */
  #substitute(now: Micros, slot: Slot): Substitute {
    for (const { streams, file } of this.#options.fallbacks()) {
      const shares = this.#reader.shares(now, slot, streams);
      if (shares.length > 0 || file !== undefined) return { shares, file };
    }
    return NO_SUBSTITUTE;
  }

  /** A clock was set far forward or back: the numbers go on from there. */
  #keepUp(nowUs: number): void {
    if (this.#next === undefined) return;
    const { slotUs, ended } = this.#options.tools;
    const behindUs = nowUs - this.#settleUs - slotAt(this.#next, slotUs).endsUs;
    if (behindUs < MOST_BEHIND_US && behindUs > -MOST_BEHIND_US - slotUs) return;
    this.#next = undefined;
    this.#beganUs = nowUs;
    this.#goesOn = false;
    ended(this.#options.mount);
  }

  /** Nobody has the slot, but somebody may have it soon. */
  #isPatient(now: Micros, shares: readonly SlotShare[], slot: Slot): boolean {
    const { patienceUs } = this.#options.tools;
    this.#waitsUntil ??= later(now, patienceUs);
    if (now >= this.#waitsUntil) return false;
    return shares.some(({ stream, endsUs }) => endsUs < slot.endsUs && now - stream.health.frameAt < patienceUs);
  }

  /** @param substitute what is to be heard where the mountpoint has nothing. */
  #make(slot: Slot, shares: readonly SlotShare[], { shares: fallbacks, file }: Substitute): void {
    const own = chooseShare(shares, this);
    const share = own ?? chooseShare(fallbacks.filter(({ stream }) => this.#mayFollow(stream.format)), this);
    if (share === undefined) return file === undefined ? this.#gap(slot) : this.#makeOfFile(slot, file);
    const { tools: { gatherer, times, slotUs, entersAtPoint } } = this.#options;
    const { stream, to, startUs, endUs } = share;
    const pointUs = own && entersAtPoint ? this.#pointIn(stream) : undefined;
    this.#reader.read(stream);
    gatherer.begin(slotUs + MOST_OVER_US);
    const from = share.isComplete && pointUs !== undefined ? this.#enteredAt(share, pointUs) : share.from;
    let mediaUs = times.beginsUs[from]!;
    if (share.isComplete) gatherer.add(stream.ring, from, to);
    else mediaUs = this.#filler.add(share, slot, { others: [shares, fallbacks], file });
    const format = gatherer.format;
    if (format === undefined) return this.#gap(slot);
    const isShifted = from !== share.from && Math.abs(mediaUs - this.#endUs) > SHIFT_FRAMES * stream.ring.durationUs(from);
    const isDiscontinuity = this.#continues(slot, format, { startUs, endUs, isShifted });
    this.#last = own === undefined ? '' : stream.name;
    this.#give(slot, { startUs, endUs, mediaUs: Math.round(mediaUs), format, isDiscontinuity, titles: this.#titles(stream, from, to, startUs) }, gatherer);
  }

  /** Whether a fallback may be of this format: segments of one codec alone are all called the same, and there are none of MP2. */
  #mayFollow(format: FrameFormat | undefined): boolean {
    return this.#format === undefined || format?.codec === this.#format.codec;
  }

  /** Of a file that plays by the time, if players can go on with it. */
  #makeOfFile(slot: Slot, { title, loop }: NonNullable<SegmentFallback['file']>): void {
    const { format } = loop.frames;
    const part = this.#mayFollow(format) ? loop.part(slot.beginsUs, slot.endsUs) : undefined;
    if (part === undefined) return this.#gap(slot);
    const { beginsUs: startUs, endsUs: endUs } = part;
    const { gatherer, slotUs } = this.#options.tools;
    gatherer.begin(slotUs + MOST_OVER_US);
    addOfFile(gatherer, loop, part);
    const isDiscontinuity = this.#continues(slot, format, { startUs, endUs, isShifted: false });
    this.#last = '';
    this.#give(slot, { startUs, endUs, mediaUs: startUs, format, isDiscontinuity, titles: [{ atUs: 0, text: icyTitleText(title) }] }, gatherer);
  }

  #gap(slot: Slot): void {
    const format = this.#format;
    if (format === undefined) return;
    const { beginsUs: startUs, endsUs: endUs } = slot;
    const isDiscontinuity = this.#continues(slot, format, { startUs, endUs, isShifted: false });
    this.#last = '';
    this.#give(slot, { startUs, endUs, mediaUs: startUs, format, isDiscontinuity, titles: [] }, undefined);
  }

  /** @param audio of the segment; undefined: it is a gap. */
  #give({ number }: Slot, { startUs, endUs, ...others }: Made, audio: Pick<Segment, 'bytes' | 'frames'> | undefined): void {
    const { bytes, frames } = audio ?? { bytes: NOTHING, frames: 0 };
    this.#options.tools.segment(this.#options.mount, { number, startUs, durationUs: endUs - startUs, ...others, bytes, frames, isGap: audio === undefined, discontinuities: this.#discontinuities });
  }

  /**
   * Unix time, by the clock of this stream, of the point of the programme at which the last segment has ended, which was of another stream; undefined where that
   * is not known, or there is none.
   */
  #pointIn(stream: EdgeStream): number | undefined {
    const { tools: { times }, samePointUs, streams } = this.#options;
    if (this.#last === '' || this.#last === stream.name) return undefined;
    for (const last of streams) {
      if (last.name !== this.#last || last.ring.count === 0) continue;
      this.#reader.read(last);
      const mediaUs = samePointUs(last, this.#endUs - offsetUs(last, times), stream);
      this.#reader.read(stream);
      return mediaUs === undefined ? undefined : mediaUs + offsetUs(stream, times);
    }
    return undefined;
  }

  /** The frame to begin with that is nearest to that point, if nothing is missing on the way there; else the first of the slot. */
  #enteredAt({ stream: { ring }, from, to }: SlotShare, pointUs: number): number {
    const { times } = this.#options.tools;
    const half = ring.durationUs(from) / 2;
    const offUs = Math.abs(pointUs - times.beginsUs[from]!);
    // Less is not worth it: two edges do not always find the same frame, and then begin otherwise.
    if (offUs < 2 * half || offUs > MOST_SHIFT_US) return from;
    let at = from;
    while (at + 1 < to && times.beginsUs[at]! < pointUs - half) at++;
    while (at > 0 && times.follows[at] === 1 && times.beginsUs[at - 1]! >= pointUs - half) at--;
    return Math.abs(times.beginsUs[at]! - pointUs) <= 2 * half ? at : from;
  }

  /** Notes where a segment ends; true when it does not continue the one before. */
  #continues({ number }: Slot, format: FrameFormat, { startUs, endUs, isShifted }: { readonly startUs: number; readonly endUs: number; readonly isShifted: boolean }): boolean {
    const isFirst = this.#format === undefined;
    const isDiscontinuity = !isFirst && (isShifted || !isSameFormat(format, this.#format) || Math.abs(startUs - this.#endUs) > STEP_US);
    this.#count(number, isDiscontinuity);
    this.#format = format;
    this.#endUs = endUs;
    return isDiscontinuity;
  }

  /** Counts discontinuities, from the highest count that anybody has come to. */
  #count(number: number, isDiscontinuity: boolean): void {
    const { tools: { slotUs, breaks, counted }, mount } = this.#options;
    const slotMs = slotUs / 1_000;
    if (isDiscontinuity) {
      this.#discontinuities++;
      this.#breaks.push(number);
      if (this.#breaks.length > MOST_BREAKS) this.#breaks.shift();
    }
    const heard = breaks(mount);
    let last = this.#breaks.at(-1) ?? -1;
    if (heard !== undefined && heard.number <= number) {
      const ours = this.#discontinuities - this.#breaks.filter((one) => one > heard.number).length;
      this.#discontinuities += Math.max(0, heard.count - ours);
      last = Math.max(last, heard.number);
    }
    if (this.#discontinuities > 0 && (isDiscontinuity || number % TELL_EVERY === 0)) counted(mount, { number: last < 0 ? number : last, slotMs, count: this.#discontinuities });
  }

  #titles(stream: EdgeStream, from: number, to: number, startUs: number): SegmentTitle[] {
    const set = this.#options.setText(stream);
    if (set !== undefined) return [{ atUs: 0, text: set }];
    const { times } = this.#options.tools;
    const titles: SegmentTitle[] = [];
    const { ring } = stream;
    for (let i = from; i < to; i++) {
      const text = ring.text(stream.times.textIndex(ring, i)) ?? '';
      if (text !== titles.at(-1)?.text) titles.push({ atUs: i === from ? 0 : Math.max(0, Math.round(times.beginsUs[i]! - startUs)), text });
    }
    return titles;
  }
}

const NOTHING = new Uint8Array(0);

/** Unix time less media time of a stream, at its newest frame. */
function offsetUs({ ring }: EdgeStream, times: FrameTimeTable): number {
  return times.beginsUs[times.count - 1]! - ring.mediaUs(times.count - 1);
}
