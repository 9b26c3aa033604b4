import type { EncodingName, ProgrammeFrame } from './programme.ts';

/** What a listener has heard, since the beginning or since a mark. */
export interface Figures {
  readonly heardMs: number;
  readonly missingMs: number;
  readonly repeatedMs: number;
  /** The longest time between two arrivals of audio, the one that is going on included. */
  readonly longestStallMs: number;
  /** From one encoding to the other. */
  readonly switches: number;
  readonly disconnects: number;
  /** Frames that nobody had sent. */
  readonly damagedFrames: number;
}

/** A place where the programme does not simply go on. */
export interface Cut {
  readonly from: EncodingName;
  readonly to: EncodingName;
  /** Programme left out there; negative when it was heard twice. */
  readonly missingMs: number;
  /** How long no audio had arrived before it. */
  readonly stallMs: number;
}

/**
 * Follows a listener's frames through the programme, and counts what does not continue.
 *
 *     a a a a|b b b b        the end of the last `a` is where `b` should begin in the programme; the difference is
 *            ^ cut           missing (+) or repeated (-), modulo the loop
 */
export class Continuity {
  readonly #loopUs: number;
  readonly #total: Tally = newTally();
  #sinceMark: Tally = newTally();
  /** Where the next frame should begin; undefined before the first, and after a disconnect. */
  #expectedUs: number | undefined;
  #encoding: EncodingName | undefined;
  #lastArrivalMs: number | undefined;
  /** Frames since the last known one that are not of the programme. */
  #unknown = 0;

  constructor(loopUs: number) {
    this.#loopUs = loopUs;
  }

  /** What the newest frame was encoded by. */
  get encoding(): EncodingName | undefined {
    return this.#encoding;
  }

  /** The next frame, undefined for one that is not of the programme. Returns the cut in front of it, if there is one. */
  take(frame: ProgrammeFrame | undefined, nowMs: number): Cut | undefined {
    const stallMs = nowMs - (this.#lastArrivalMs ?? nowMs);
    this.#lastArrivalMs = nowMs;
    this.#count((tally) => (tally.longestStallMs = Math.max(tally.longestStallMs, stallMs)));
    if (frame === undefined) {
      this.#unknown++;
      return undefined;
    }
    const heard = this.#withMadeAnew(frame);
    this.#count((tally) => (tally.heardUs += heard.durationUs));
    const cut = this.#cutBefore(heard, stallMs);
    this.#expectedUs = (frame.startUs + frame.durationUs) % this.#loopUs;
    this.#encoding = frame.encoding;
    return cut;
  }

  /** The connection is gone; what comes on the next one begins anew. */
  disconnect(): void {
    this.#expectedUs = undefined;
    this.#lastArrivalMs = undefined;
    this.#count((tally) => {
      tally.disconnects++;
      tally.damagedFrames += this.#unknown;
    });
    this.#unknown = 0;
  }

  /** From here on `sinceMark` counts. */
  mark(): void {
    this.#sinceMark = newTally();
  }

  total(nowMs: number): Figures {
    return this.#figures(this.#total, nowMs);
  }

  sinceMark(nowMs: number): Figures {
    return this.#figures(this.#sinceMark, nowMs);
  }

  /** Behind a cut an edge makes the first MP3 frame anew, with what that needs of those before it: no such bytes are in the programme. */
  #withMadeAnew(frame: ProgrammeFrame): ProgrammeFrame {
    const unknown = this.#unknown;
    this.#unknown = 0;
    if (unknown === 1 && this.#encoding !== undefined && frame.encoding !== this.#encoding) {
      return { ...frame, startUs: frame.startUs - frame.durationUs, durationUs: 2 * frame.durationUs };
    }
    this.#count((tally) => (tally.damagedFrames += unknown));
    return frame;
  }

  #cutBefore(frame: ProgrammeFrame, stallMs: number): Cut | undefined {
    const from = this.#encoding;
    if (this.#expectedUs === undefined || from === undefined) return undefined;
    const missingUs = nearest(frame.startUs - this.#expectedUs, this.#loopUs);
    if (from === frame.encoding && Math.abs(missingUs) <= ROUNDING_US) return undefined;
    this.#count((tally) => {
      if (from !== frame.encoding) tally.switches++;
      if (missingUs > 0) tally.missingUs += missingUs;
      else tally.repeatedUs -= missingUs;
    });
    return { from, to: frame.encoding, missingMs: missingUs / 1000, stallMs };
  }

  #count(change: (tally: Tally) => void): void {
    change(this.#total);
    change(this.#sinceMark);
  }

  #figures(tally: Tally, nowMs: number): Figures {
    return {
      heardMs: tally.heardUs / 1000,
      missingMs: tally.missingUs / 1000,
      repeatedMs: tally.repeatedUs / 1000,
      longestStallMs: Math.max(tally.longestStallMs, nowMs - (this.#lastArrivalMs ?? nowMs)),
      switches: tally.switches,
      disconnects: tally.disconnects,
      damagedFrames: tally.damagedFrames,
    };
  }
}

/** Frames of 24 ms begin on whole microseconds only in one of the encodings. */
const ROUNDING_US = 2;

interface Tally {
  heardUs: number;
  missingUs: number;
  repeatedUs: number;
  longestStallMs: number;
  switches: number;
  disconnects: number;
  damagedFrames: number;
}

function newTally(): Tally {
  return { heardUs: 0, missingUs: 0, repeatedUs: 0, longestStallMs: 0, switches: 0, disconnects: 0, damagedFrames: 0 };
}

/** A difference on a circle, the short way round. */
function nearest(differenceUs: number, loopUs: number): number {
  const forward = ((differenceUs % loopUs) + loopUs) % loopUs;
  return forward > loopUs / 2 ? forward - loopUs : forward;
}
