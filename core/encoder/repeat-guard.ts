import type { FrameFormat } from '../codec/format/format.ts';
import { digestOf } from '../base/hash.ts';
import type { Timer } from '../base/timers.ts';
import { later, ms, type Micros } from '../base/units.ts';

/** What is known of a frame besides its bytes. */
export interface FrameKind {
  readonly format: FrameFormat;
  readonly bitrateBps: number;
}

/** Two minutes and more of any codec: a burst of 64 KiB holds 65 s at 8 kbit/s. */
const MEMORY_FRAMES = 8_192;

/** Fingerprints of the newest frames that were given out, whichever connection they came by. */
export class SentFrames {
  readonly #digests = new Int32Array(MEMORY_FRAMES);
  #count = 0;

  /** How many are remembered. */
  get size(): number {
    return Math.min(this.#count, MEMORY_FRAMES);
  }

  add(digest: number): void {
    this.#digests[this.#count % MEMORY_FRAMES] = digest;
    this.#count++;
  }

  /** From the oldest one that is remembered. */
  at(index: number): number {
    return this.#digests[(this.#count - this.size + index) % MEMORY_FRAMES]!;
  }
}

/** So many frames in a row must be those that were sent, */
const LEAST_RUN = 4;
/** and so many of them different ones: silence is like all silence. */
const LEAST_DISTINCT = 3;
/** A run that goes on behind one that was broken, or where bytes were lost, is known by less. */
const LEAST_RUN_AGAIN = 2;
/** What was sent may end so many frames sooner than what comes again: its last ones may have been cut off. */
const CUT_OFF_FRAMES = 4;
/** A connection whose frames gain no more than half of real time in this has no burst, or its burst is over: */
const SETTLED_US = ms(100);
/** when it repeats what was sent, after this: a burst of 64 KiB takes four round trips. */
const SETTLED_IN_RUN_US = ms(500);
/** When the burst has ended short of what was sent last by no more than this, the rest of it is waited for. Beyond that, somebody plays it again. */
const MOST_WAIT_US = 3_000_000;
/** Held until it is known whether they were sent before; 30 s of MP3, and the longest burst that servers are set to. */
const MOST_HELD_FRAMES = 1_200;
const MOST_HELD_BYTES = 1_048_576;

interface HeldFrame {
  readonly bytes: Uint8Array;
  readonly kind: FrameKind;
  readonly durationUs: number;
  readonly digest: number;
}

export interface RepeatGuardOptions {
  readonly sent: SentFrames;
  readonly timer: (fire: (now: Micros) => void) => Timer<string>;
  /** A frame that was not sent before: `bytes` is borrowed. */
  readonly frame: (now: Micros, bytes: Uint8Array, kind: FrameKind, durationUs: number) => void;
  /** So many frames, which were sent before, are passed over. */
  readonly repeated: (frames: number, durationUs: number) => void;
}

/**
 * Passes over what a new connection of a source brings again. A server gives whoever connects a burst of its newest audio: bit for bit what
 * was sent already, when it is we who connect again.
 *
 *     sent         a b c d e f g h i
 *     burst                e f g h i j k | l     then live
 *                          ^^^^^^^^^ passed over
 *
 * The frames of a burst come all at once, so it takes no longer than it lasts. Until that is known frames are held back, of a
 * connection without a burst for `SETTLED_US`. Once it is settled everything goes through: a programme may repeat itself, and a source that plays a file
 * again from its beginning does so in real time.
 */
export class RepeatGuard {
  readonly #options: RepeatGuardOptions;
  readonly #sent: SentFrames;
  readonly #settle: Timer<string>;
  #isOpen: boolean;
  #held: HeldFrame[] = [];
  #heldBytes = 0;
  /** Frames that came, those that are held no more too; and of them all up to the last one that was in a run. */
  #came = 0;
  #inRun = 0;
  /** For each frame that was sent: of how many frames that equal those up to it the newest one is the last. */
  #runs: Int32Array;
  /** The next frame of the run among those that were sent; -1 when there is no run. */
  #at = -1;
  /** Behind the newest run. */
  #reached = 0;
  #mediaUs = 0;
  #beganAt: Micros | undefined;
  #markAt = 0 as Micros;
  #markAheadUs = 0;
  /** The burst is over, and what is left of the run is waited for. */
  #isWaiting = false;

  /** A source's connection is new. */
  constructor(options: RepeatGuardOptions) {
    this.#options = options;
    this.#sent = options.sent;
    this.#isOpen = options.sent.size === 0;
    this.#runs = new Int32Array(options.sent.size);
    this.#settle = options.timer((now) => this.#judge(now));
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** What was passed over, or will be as far as is known. */
  get repeatedUs(): number {
    return this.#came === 0 ? 0 : (this.#mediaUs * this.#inRun) / this.#came;
  }

  /** The next frame of the connection. */
  frame(now: Micros, bytes: Uint8Array, kind: FrameKind, durationUs: number): void {
    const digest = digestOf(bytes);
    if (this.#isOpen) {
      this.#give(now, bytes, kind, durationUs, digest);
      return;
    }
    if (this.#beganAt === undefined) {
      this.#beganAt = now;
      this.#mark(now, 0, SETTLED_US);
    }
    this.#mediaUs += durationUs;
    this.#came++;
    this.#held.push({ bytes: bytes.slice(), kind: { format: kind.format, bitrateBps: kind.bitrateBps }, durationUs, digest });
    this.#heldBytes += bytes.length;
    this.#follow(now, digest);
    if (this.#at === this.#sent.size || (this.#isWaiting && this.#at < 0)) this.#passOver(now);
    else this.#bound(now);
  }

  /** The connection has ended. */
  end(now: Micros): void {
    if (this.#isOpen) return;
    if (this.#at >= 0) this.#passOver(now);
    else this.#decide(now);
  }

  /** Whether this frame goes on with a run of those that were sent, or is the end of one. */
  #follow(now: Micros, digest: number): void {
    if (this.#at >= 0 && this.#sent.at(this.#at) === digest) {
      this.#at++;
    } else {
      if (this.#at >= 0) this.#runs.fill(0);
      const before = this.#at;
      this.#at = this.#search(digest);
      if (this.#at >= 0 && before < 0) this.#mark(now, this.#aheadUs(now), SETTLED_IN_RUN_US);
    }
    if (this.#at < 0) return;
    this.#inRun = this.#came;
    this.#reached = this.#at;
  }

  /** Behind which frame the newest ones have been sent, the latest if they were several times; -1: none. */
  #search(digest: number): number {
    let best = -1;
    let longest = 0;
    for (let at = this.#runs.length - 1; at >= 0; at--) {
      const run = this.#sent.at(at) === digest ? (at === 0 ? 0 : this.#runs[at - 1]!) + 1 : 0;
      this.#runs[at] = run;
      if (run > longest) [best, longest] = [at, run];
    }
    const goesOn = this.#inRun > 0 && best >= this.#reached;
    if (longest < (goesOn ? LEAST_RUN_AGAIN : LEAST_RUN)) return -1;
    const digests = new Set(this.#held.slice(-longest).map((frame) => frame.digest));
    return digests.size >= (goesOn ? LEAST_RUN_AGAIN : LEAST_DISTINCT) ? best + 1 : -1;
  }

  /** It is looked whether the burst goes on. */
  #judge(now: Micros): void {
    if (this.#isOpen) return;
    const aheadUs = this.#aheadUs(now);
    const isBurst = aheadUs - this.#markAheadUs > (now - this.#markAt) / 2;
    if (isBurst) this.#mark(now, aheadUs, this.#at < 0 ? SETTLED_US : SETTLED_IN_RUN_US);
    else if (this.#at >= 0 && this.#leftUs <= MOST_WAIT_US) this.#isWaiting = true;
    else this.#decide(now);
  }

  /** The burst is over, and the frames that were sent last have not come. */
  #decide(now: Micros): void {
    // A run that has ended elsewhere was no burst of what was sent: the same was played again.
    if (this.#at < 0 && this.#inRun > 0 && this.#sent.size - this.#reached <= CUT_OFF_FRAMES) this.#passOver(now);
    else this.#letThrough(now);
  }

  /** All up to the end of the run was sent before; what is behind it is new. */
  #passOver(now: Micros): void {
    const behind = this.#came - this.#inRun;
    this.#held = behind === 0 ? [] : this.#held.slice(-behind);
    this.#options.repeated(this.#inRun, this.repeatedUs);
    this.#open(now);
  }

  /** What was taken for a repetition is new. */
  #letThrough(now: Micros): void {
    this.#inRun = 0;
    this.#open(now);
  }

  #open(now: Micros): void {
    const held = this.#held;
    this.#isOpen = true;
    this.#held = [];
    this.#heldBytes = 0;
    this.#runs = new Int32Array(0);
    this.#settle.cancel();
    for (const { bytes, kind, durationUs, digest } of held) this.#give(now, bytes, kind, durationUs, digest);
  }

  #give(now: Micros, bytes: Uint8Array, kind: FrameKind, durationUs: number, digest: number): void {
    this.#sent.add(digest);
    this.#options.frame(now, bytes, kind, durationUs);
  }

  /** What is in a run need not be held: it was sent. */
  #bound(now: Micros): void {
    while (this.#held.length > MOST_HELD_FRAMES || this.#heldBytes > MOST_HELD_BYTES) {
      if (this.#at < 0) return this.#letThrough(now);
      this.#heldBytes -= this.#held.shift()!.bytes.length;
    }
  }

  get #leftUs(): number {
    return ((this.#sent.size - this.#at) * this.#mediaUs) / this.#came;
  }

  #aheadUs(now: Micros): number {
    return this.#mediaUs - (now - this.#beganAt!);
  }

  #mark(now: Micros, aheadUs: number, spanUs: Micros): void {
    this.#markAt = now;
    this.#markAheadUs = aheadUs;
    this.#settle.set(later(now, spanUs));
  }
}
