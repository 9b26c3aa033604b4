import type { Carried } from '../../programme/feed.ts';
import type { LaneDraft, State } from '../builder.ts';

export interface HostOptions {
  readonly lane: LaneDraft;
  readonly startsAtMs: number;
  /** What it is called in its nth start. */
  readonly label?: (start: number) => string;
  readonly hue?: number;
}

/** Follows whether a host's process runs, by what is done to it. It stops and starts as `Host` does. */
export class HostFollower {
  readonly #options: HostOptions;
  #starts = 0;
  #isRunning = false;
  #isPaused = false;
  #isOn = true;
  #carries: Carried = 'programme';

  constructor(options: HostOptions) {
    this.#options = options;
    this.#show(0);
  }

  /** Nothing else has been done to it until then. */
  until(atMs: number): void {
    if (this.#starts === 0 && this.#options.startsAtMs <= atMs) this.#start(this.#options.startsAtMs);
  }

  fault(atMs: number, kind: string): void {
    this.until(atMs);
    if (kind === 'restart') return this.#start(atMs);
    if (kind === 'kill' || kind === 'vanish') {
      this.#isRunning = false;
      this.#isPaused = false;
      if (kind === 'vanish') this.#isOn = false;
    } else if (kind === 'freeze') this.#isPaused = this.#isRunning;
    else if (kind === 'thaw') this.#isPaused = false;
    else if (kind === 'silence' || kind === 'loop' || kind === 'programme') this.#carries = kind;
    this.#show(atMs);
  }

  #start(atMs: number): void {
    this.#isOn = true;
    if (!this.#isRunning) {
      this.#starts++;
      if (this.#carries === 'loop') this.#carries = 'programme';
    }
    this.#isRunning = true;
    this.#show(atMs);
  }

  #show(atMs: number): void {
    this.#options.lane.enter(atMs, this.#state());
  }

  #state(): State {
    const { label = () => '', hue } = this.#options;
    if (!this.#isRunning) {
      if (this.#starts === 0) return { state: 'not started', tone: 'off' };
      return this.#isOn ? { state: 'down', tone: 'bad', label: 'down' } : { state: 'vanished', tone: 'bad', label: 'vanished' };
    }
    if (this.#isPaused) return { state: 'frozen', tone: 'warn', label: 'frozen' };
    if (this.#carries === 'silence') return { state: 'up, carries digital silence', tone: 'warn', label: 'digital silence' };
    if (this.#carries === 'loop') return { state: 'up, repeats its last second', tone: 'warn', label: 'loop' };
    return { state: 'up', tone: 'good', label: label(this.#starts), ...(hue !== undefined && { hue }) };
  }
}
