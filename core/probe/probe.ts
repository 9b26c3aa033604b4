import { icyTitleOf } from '../wire/icy.ts';
import { BufferMargin } from './buffer-margin.ts';
import type { Machine } from '../base/machine.ts';
import { Player } from './player.ts';
import { TimerQueue } from '../base/timers.ts';
import { later, micros, ms, type Micros } from '../base/units.ts';
import type { ProbeEvent } from './events.ts';
import type { ProbeFigures } from './figures.ts';
import { FrameWatch } from './frame-watch.ts';
import { Pace } from './pace.ts';
import { Stalls } from './stalls.ts';
import { Tally } from './tally.ts';

export interface ProbeOptions {
  /** Of the player that is assumed. */
  readonly bufferMs: number;
  /** A longer time without a byte is a stall. */
  readonly stallMs: number;
}

export interface ProbeSink {
  event(now: Micros, event: ProbeEvent): void;
}

const SECOND: Micros = ms(1_000);
/** Of metadata that is none: enough to recognise it. */
const SHOWN_CHARACTERS = 40;

/** Listens to one mountpoint as a player does, and says how it was: what comes in is told with its time. */
export class Probe implements Machine {
  readonly #sink: ProbeSink;
  readonly #stallUs: Micros;
  readonly #timers = new TimerQueue<'second' | 'stall'>();
  readonly #second = this.#timers.timer('second', (now) => this.#secondOver(now));
  readonly #stall = this.#timers.timer('stall', (now) => this.#stalled(now));
  readonly #stalls: Stalls;
  readonly #player: Player<undefined>;
  readonly #frames: FrameWatch;
  readonly #lead = new BufferMargin();
  readonly #pace: Pace;
  readonly #disconnectReasons = new Tally();
  readonly #failures = new Tally();
  #now: Micros = 0 as Micros;
  #startedAt: Micros = 0 as Micros;
  #firstAudioAt: Micros | undefined;
  #connects = 0;
  #isConnected = false;
  #hasCarried = false;
  #lastFailure = '';
  #audioBytes = 0;
  #title: string | undefined;
  #titles = 0;
  #badMetadata = 0;
  /** When the second began. */
  #before = { frames: 0, frameBytes: 0, programmeMs: 0, audioBytes: 0 };

  constructor({ bufferMs, stallMs }: ProbeOptions, sink: ProbeSink) {
    this.#sink = sink;
    this.#stallUs = ms(stallMs);
    this.#stalls = new Stalls(this.#stallUs);
    this.#player = new Player(ms(bufferMs), {
      plays: () => undefined,
      silence: (fromUs, untilUs) => this.#tell({ kind: 'silence', silentMs: (untilUs - fromUs) / 1000 }),
    });
    this.#pace = new Pace((us) => this.#tell({ kind: 'missing', missingMs: us / 1000 }));
    this.#frames = new FrameWatch({
      frame: (durationUs) => this.#frame(durationUs),
      event: (event) => this.#tell(event),
    });
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  advance(now: Micros): void {
    this.#now = now;
    this.#timers.run(now);
  }

  /** The first connection is attempted. */
  start(now: Micros): void {
    this.#now = now;
    this.#startedAt = now;
    this.#second.set(later(now, SECOND));
  }

  /** The server has begun to answer with a stream. */
  connected(now: Micros): void {
    this.#now = now;
    this.#connects++;
    this.#isConnected = true;
    this.#hasCarried = false;
    this.#lastFailure = '';
    this.#player.connected();
    this.#pace.restart();
    this.#tell({ kind: 'connected', connects: this.#connects });
  }

  /** The connection is gone, or the attempt at one has failed. */
  disconnected(now: Micros, reason: string): void {
    this.#now = now;
    if (this.#isConnected) this.#frames.restart();
    if (this.#hasCarried) {
      this.#disconnectReasons.add(reason);
      this.#tell({ kind: 'disconnected', reason });
    } else {
      this.#failures.add(reason);
      if (reason !== this.#lastFailure) this.#tell({ kind: 'not-connected', reason });
      this.#lastFailure = reason;
    }
    this.#isConnected = false;
    this.#hasCarried = false;
  }

  /** Audio as it comes, without metadata; borrowed for the call. */
  receive(now: Micros, bytes: Uint8Array): void {
    this.#now = now;
    if (bytes.length === 0) return;
    const stall = this.#stalls.arrival(now);
    if (stall !== undefined) this.#tell({ kind: 'stall-over', silentMs: stall.us / 1000 });
    this.#stall.set(later(now, micros(this.#stallUs + 1)));
    this.#hasCarried = true;
    this.#audioBytes += bytes.length;
    this.#frames.push(now, bytes);
  }

  /** A whole metadata text: `StreamTitle='…';`. */
  metadata(now: Micros, text: string): void {
    this.#now = now;
    if (text === '') return;
    if (!/^\s*\w+\s*=/.test(text)) {
      this.#badMetadata++;
      this.#tell({ kind: 'bad-metadata', text: text.slice(0, SHOWN_CHARACTERS) });
      return;
    }
    if (!text.includes('StreamTitle=')) return;
    const title = icyTitleOf(text);
    if (title === this.#title) return;
    this.#title = title;
    this.#titles++;
    this.#tell({ kind: 'title', title });
  }

  figures(now: Micros): ProbeFigures {
    const frames = this.#frames.figures;
    const { overlap, foreign, overrun } = frames.garbled;
    const { missingUs, driftPpm } = this.#pace;
    this.#lead.look(now);
    return {
      ...frames,
      listenedMs: this.#sinceStart(now),
      connects: this.#connects,
      disconnects: this.#disconnectReasons.total,
      disconnectReasons: this.#disconnectReasons.toRecord(),
      failures: this.#failures.toRecord(),
      firstAudioMs: this.#firstAudioAt === undefined ? undefined : this.#sinceStart(this.#firstAudioAt),
      longestStallMs: this.#stalls.longestUs(now) / 1000,
      stalls: this.#stalls.count(now),
      stallTimes: this.#stalls.all(now).map(({ from, us }) => ({ atMs: this.#sinceStart(from), silentMs: us / 1000 })),
      silenceMs: this.#player.silentUs(now) / 1000,
      bufferNeededMs: this.#lead.deepestFall / 1000,
      heldMs: this.#player.heldUs(now) / 1000,
      audioBytes: this.#audioBytes,
      kbps: kbpsOf(frames.frameBytes, frames.programmeMs),
      missingMs: missingUs === undefined ? undefined : missingUs / 1000,
      driftPpm,
      garbledPlaces: overlap + foreign + overrun + frames.strayPlaces,
      title: this.#title,
      titles: this.#titles,
      badMetadata: this.#badMetadata,
    };
  }

  #frame(durationUs: number): void {
    const now = this.#now;
    if (this.#firstAudioAt === undefined) {
      this.#firstAudioAt = now;
      this.#tell({ kind: 'first-audio', afterMs: this.#sinceStart(now) });
    }
    this.#lead.take(now, durationUs);
    this.#pace.frame(now, durationUs);
    this.#player.take(now, undefined, durationUs);
  }

  #stalled(now: Micros): void {
    this.#tell({ kind: 'stalled', silentMs: this.#silentMs(now) });
  }

  #secondOver(now: Micros): void {
    this.#second.set(later(now, SECOND));
    this.#frames.look();
    const { frames, frameBytes, programmeMs } = this.#frames.figures;
    const before = this.#before;
    this.#before = { frames, frameBytes, programmeMs, audioBytes: this.#audioBytes };
    this.#tell({
      kind: 'second',
      isConnected: this.#isConnected,
      frames: frames - before.frames,
      bytes: this.#audioBytes - before.audioBytes,
      kbps: kbpsOf(frameBytes - before.frameBytes, programmeMs - before.programmeMs),
      silentMs: this.#silentMs(now),
      heldMs: this.#player.heldUs(now) / 1000,
    });
  }

  #silentMs(now: Micros): number {
    const lastAt = this.#stalls.lastAt;
    return lastAt === undefined ? 0 : (now - lastAt) / 1000;
  }

  #sinceStart(at: Micros): number {
    return (at - this.#startedAt) / 1000;
  }

  #tell(event: ProbeEvent): void {
    this.#sink.event(this.#now, event);
  }
}

function kbpsOf(bytes: number, spanMs: number): number {
  return spanMs === 0 ? 0 : (8 * bytes) / spanMs;
}
