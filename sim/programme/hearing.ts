import { nominalFrameUs, type KnownFrame } from './programme.ts';

/** A place where what is heard does not go on as it should. */
export interface Splice {
  readonly atUs: number;
  readonly reason: string;
  readonly from: string;
  readonly to: string;
  readonly missingUs: number;
  readonly repeatedUs: number;
  garbledUs: number;
}

/** No frame reaches back further than this. */
export const MOST_RESERVOIR_BYTES = 511;

/** Follows the frames that a player plays, and measures where the programme jumps. */
export class Hearing {
  readonly splices: Splice[] = [];
  /** How much of what was heard was digital silence, or had been heard before because its encoder hung in a loop. */
  digitalSilenceUs = 0;
  loopedUs = 0;
  /** And how much was not of the mountpoint that was asked for, but its fallback. */
  fallbackUs = 0;
  readonly #mount: string;
  readonly #why: (before: KnownFrame, after: KnownFrame) => string;
  #last: KnownFrame | undefined;
  /** The newest frame of the stream that was heard last. */
  #newest = -1;
  /** What an MP3 decoder has of the bytes before the next frame. */
  #reservoirBytes = 0;
  #isReconnected = false;

  /** `why` says what made the edge go from one frame to another that does not follow it. */
  constructor(mount: string, why: (before: KnownFrame, after: KnownFrame) => string) {
    this.#mount = mount;
    this.#why = why;
  }

  reconnected(): void {
    this.#isReconnected = this.#last !== undefined;
  }

  frame(atUs: number, frame: KnownFrame): void {
    const last = this.#last;
    const isSame = frame.stream === last?.stream;
    if (last !== undefined && !(isSame && frame.stream.follows(last.index, frame.index))) this.#splice(atUs, last, frame);
    this.#decode(frame);
    if (frame.stream.mount !== this.#mount) this.fallbackUs += nominalFrameUs(frame.stream.format);
    else if (frame.isSilent) this.digitalSilenceUs += nominalFrameUs(frame.stream.format);
    else if (isSame && frame.index <= this.#newest && frame.stream.isLooped(frame.index)) this.loopedUs += nominalFrameUs(frame.stream.format);
    this.#newest = isSame ? Math.max(this.#newest, frame.index) : frame.index;
    this.#last = frame;
    this.#isReconnected = false;
  }

  #splice(atUs: number, before: KnownFrame, after: KnownFrame): void {
    const expectedUs = before.stream.positionUs(before.index + 1);
    const isProgramme = !before.stream.isFile && !after.stream.isFile;
    const jumpUs = isProgramme ? after.stream.positionUs(after.index) - expectedUs : 0;
    this.#reservoirBytes = 0;
    this.splices.push({
      atUs,
      reason: this.#isReconnected ? 'reconnected' : this.#why(before, after),
      from: before.stream.name,
      to: after.stream.name,
      missingUs: Math.max(0, jumpUs),
      repeatedUs: Math.max(0, -jumpUs),
      garbledUs: 0,
    });
  }

  /** A frame whose audio begins before the splice is noise; one that an edge had to make mute is not heard either. */
  #decode(frame: KnownFrame): void {
    const isLost = frame.isMuted || frame.mainDataBegin > this.#reservoirBytes;
    const splice = this.splices.at(-1);
    if (splice !== undefined && isLost) splice.garbledUs += nominalFrameUs(frame.stream.format);
    if (frame.isMadeAnew) this.#reservoirBytes = 0;
    this.#reservoirBytes = Math.min(MOST_RESERVOIR_BYTES, this.#reservoirBytes + frame.mainDataBytes);
  }
}
