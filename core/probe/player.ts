/** What the player's buffer did, in µs. */
export interface PlayerFigures {
  readonly silenceUs: number;
  readonly longestStallUs: number;
  /** Whether it has something left to play. */
  readonly isPlaying: boolean;
}

export interface PlayerSink<T> {
  /** This will be heard, behind all that was given before. */
  plays(item: T): void;
  /** It was silent from then until now. */
  silence(fromUs: number, untilUs: number): void;
}

/** A burst comes in several pieces: the player begins when its first rush is over. */
const RUSH_US = 40_000;

/**
 * A player with a buffer of a fixed length, by which it lags behind what it gets.
 *
 *     connected -> buffering, until there is enough: older audio than that is thrown away -> playing
 *
 * When it runs dry it is silent until something comes, and plays that at once. So the silence is exactly how much
 * longer than its buffer an outage was.
 */
export class Player<T> {
  readonly #bufferUs: number;
  readonly #sink: PlayerSink<T>;
  #buffering: { readonly item: T; readonly us: number }[] | undefined = [];
  #bufferedUs = 0;
  #firstDataAt = -1;
  #lastDataAt = -1;
  /** When what it has will have been played; -1 before it ever began. */
  #playsUntil = -1;
  #silenceUs = 0;
  #longestStallUs = 0;

  constructor(bufferUs: number, sink: PlayerSink<T>) {
    this.#bufferUs = bufferUs;
    this.#sink = sink;
  }

  /** Connected anew: what it still has plays on until it begins again. */
  connected(): void {
    this.#buffering = [];
    this.#bufferedUs = 0;
    this.#firstDataAt = -1;
  }

  /** Something has arrived that plays for so long. */
  take(now: number, item: T, us: number): void {
    this.#noteStall(now);
    if (this.#firstDataAt < 0) this.#firstDataAt = now;
    if (this.#buffering === undefined) {
      this.#wake(now);
      this.#playsUntil += us;
      this.#sink.plays(item);
      return;
    }
    this.#buffering.push({ item, us });
    this.#bufferedUs += us;
    if (this.#bufferedUs >= this.#bufferUs && now >= this.#firstDataAt + RUSH_US) this.#begin(now, this.#buffering);
  }

  /** What it has yet to play. */
  heldUs(now: number): number {
    return Math.max(0, this.#playsUntil - now, this.#buffering === undefined ? 0 : this.#bufferedUs);
  }

  /** The run is over. */
  finish(now: number): PlayerFigures {
    if (this.#lastDataAt >= 0) this.#noteStall(now);
    const isPlaying = this.#playsUntil > now;
    if (this.#playsUntil >= 0) this.#wake(now);
    return { silenceUs: this.#silenceUs, longestStallUs: this.#longestStallUs, isPlaying };
  }

  /** How long it has been silent since it first played, a silence that goes on included. */
  silentUs(now: number): number {
    return this.#silenceUs + (this.#playsUntil < 0 ? 0 : Math.max(0, now - this.#playsUntil));
  }

  #begin(now: number, buffered: readonly { readonly item: T; readonly us: number }[]): void {
    let from = 0;
    let keptUs = this.#bufferedUs;
    while (keptUs - buffered[from]!.us >= this.#bufferUs) keptUs -= buffered[from++]!.us;
    this.#buffering = undefined;
    if (this.#playsUntil >= 0) this.#wake(now);
    // It begins in the middle of the oldest frame that it keeps: exactly its buffer's length from the end.
    this.#playsUntil = now + this.#bufferUs;
    for (const { item } of buffered.slice(from)) this.#sink.plays(item);
  }

  #noteStall(now: number): void {
    if (this.#lastDataAt >= 0) this.#longestStallUs = Math.max(this.#longestStallUs, now - this.#lastDataAt);
    this.#lastDataAt = now;
  }

  #wake(now: number): void {
    if (now <= this.#playsUntil) return;
    this.#silenceUs += now - this.#playsUntil;
    this.#sink.silence(this.#playsUntil, now);
    this.#playsUntil = now;
  }
}
