import type { Snapshot } from '../../../base/snapshot.ts';
import { snapshotMoment, type Moment } from '../../../wire/messages/moment-message.ts';

/** A message that moments can be of: where the audio behind it lies. */
export interface Point {
  readonly sequence: number;
  /** Of the next frame, counted since the beginning of the ring, and its media time. */
  readonly number: number;
  readonly mediaUs: number;
  /** The first frame from which on nothing was lost up to here. */
  readonly runFrom: number;
  readonly sampleRateHz: number;
}

/** As many as there are in a ring, and in what others are behind. */
const MAX_POINTS = 64;
/** Behind a loss it takes some frames until it is certain where one begins. */
const SURE_FRAMES = 4;

/** Of a stream that does not say when it was recorded: the messages that edges can speak of, and what this one remembers of that. */
export class StreamMoments {
  #points: Point[] = [];
  /** The frame that something was lost before last. */
  #lostAt = 0;
  /** Said of a message that has not come here yet. */
  pending: Moment | undefined;
  /** The stream says itself when it was recorded, if not at this time. */
  isNeedless = false;
  /** Since when nothing has been lost; undefined: no point has come since. */
  runSince: number | undefined;
  /** When this edge has said its moment, or heard one that agrees. */
  agreedAt: number = -Infinity;
  saidAt: number = -Infinity;
  /** Somebody has said something else: he does not know what we know. */
  isInDoubt = false;
  /** The anchor was put by this edge. */
  isOwn = false;
  /** The anchor that `biasUs` is of: by how much this edge itself would have put it later; and Unix time less ours at that time, and when that was. */
  anchorUs = 0;
  biasUs = 0;
  biasUnixUs = 0;
  biasAt: number = -Infinity;

  /** Something is lost, before the frame of this number. */
  lost(number: number): void {
    this.#lostAt = number;
    this.runSince = undefined;
  }

  /** A message has come, in order. Undefined: it is not certain where the next frame is. */
  point(sequence: number, number: number, mediaUs: number, sampleRateHz: number): Point | undefined {
    const runFrom = this.#lostAt;
    if (number - runFrom < SURE_FRAMES) return undefined;
    const point = { sequence, number, mediaUs, runFrom, sampleRateHz };
    this.#points.push(point);
    if (this.#points.length > MAX_POINTS) this.#points.shift();
    return point;
  }

  get newest(): Point | undefined {
    const newest = this.#points.at(-1);
    return newest?.runFrom === this.#lostAt ? newest : undefined;
  }

  /** The first one since something was lost. */
  get firstOfRun(): Point | undefined {
    return this.#points.find(({ runFrom }) => runFrom === this.#lostAt);
  }

  /** The one before the newest one, since something was lost. */
  get lastButOne(): Point | undefined {
    const found = this.#points.at(-2);
    return found?.runFrom === this.#lostAt ? found : undefined;
  }

  find(sequence: number): Point | undefined {
    return this.#points.findLast((point) => point.sequence === sequence);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#points = a.list(this.#points, (point) => ({
      sequence: a.number(point?.sequence ?? 0),
      number: a.number(point?.number ?? 0),
      mediaUs: a.number(point?.mediaUs ?? 0),
      runFrom: a.number(point?.runFrom ?? 0),
      sampleRateHz: a.number(point?.sampleRateHz ?? 0),
    }));
    this.#lostAt = a.number(this.#lostAt);
    this.pending = snapshotMoment(a, this.pending);
    this.isNeedless = a.flag(this.isNeedless);
    this.runSince = a.maybeNumber(this.runSince);
    this.agreedAt = a.number(this.agreedAt);
    this.saidAt = a.number(this.saidAt);
    this.isInDoubt = a.flag(this.isInDoubt);
    this.isOwn = a.flag(this.isOwn);
    this.anchorUs = a.number(this.anchorUs);
    this.biasUs = a.number(this.biasUs);
    this.biasUnixUs = a.number(this.biasUnixUs);
    this.biasAt = a.number(this.biasAt);
  }
}
