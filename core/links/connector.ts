import { assert } from '../base/assert.ts';
import type { Machine } from '../base/machine.ts';
import type { Settings } from '../config/settings.ts';
import { TimerQueue } from '../base/timers.ts';
import { later, ms, type Micros } from '../base/units.ts';

/** The reason for which a connection is closed that is not wanted any more. */
export const STOPPED = 'stopped';
/** Why a connection ended that has carried something, and then nothing for `idleMs`. */
export const IDLE = 'idle';

export interface ConnectorSink {
  /** Open a connection now, and report `opened` or `lost` (not during this call). */
  connect(): void;
  /** Destroy the connection; it is not to be reported as `lost`. */
  disconnect(reason: string): void;
  event(event: ConnectorEvent): void;
}

export type ConnectorEvent =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'connected'; readonly attempt: number }
  | { readonly kind: 'disconnected'; readonly reason: string; readonly retryInMs: number };

export interface ConnectorOptions {
  readonly settings: Settings;
  /** Draws from [0, 1): the core has no randomness of its own. */
  readonly random: () => number;
  /** Close a connection that has carried something and then nothing for `idleMs`: for connections that we read. */
  readonly watchIdle: boolean;
  /** It is to carry audio: its first frame must come in `firstFrameMs`, and its pauses count from then on. */
  readonly watchFrames?: boolean;
}

export type ConnectorState = 'stopped' | 'connecting' | 'open' | 'waiting';

/**
 * Keeps one outgoing connection open: when to try again, when an attempt has failed, when an open one is dead. Each thing that is waited
 * for has its own time, and the reason says which has run out. Not all connections wait for all of them.
 *
 *     connect --connectTimeoutMs--> established --answerTimeoutMs--> opened --firstFrameMs--> found --idleMs--> carried --idleMs-->
 */
export class Connector implements Machine {
  readonly #settings: Settings;
  readonly #random: () => number;
  readonly #watchIdle: boolean;
  readonly #watchFrames: boolean;
  readonly #sink: ConnectorSink;
  readonly #timers = new TimerQueue<'connect-again' | 'connect-timeout' | 'answer-timeout' | 'first-frame-timeout' | 'idle'>();
  readonly #again = this.#timers.timer('connect-again', (now) => this.#connect(now));
  readonly #timeout = this.#timers.timer('connect-timeout', (now) => this.#giveUp(now, 'connect-timeout'));
  readonly #answer = this.#timers.timer('answer-timeout', (now) => this.#giveUp(now, 'answer-timeout'));
  readonly #firstFrame = this.#timers.timer('first-frame-timeout', (now) => this.#giveUp(now, 'first-frame-timeout'));
  readonly #idle = this.#timers.timer('idle', (now) => this.#giveUp(now, IDLE));
  #state: ConnectorState = 'stopped';
  /** Attempts since the last connection that carried something or stayed. */
  #attempt = 0;

  constructor({ settings, random, watchIdle, watchFrames = false }: ConnectorOptions, sink: ConnectorSink) {
    this.#settings = settings;
    this.#random = random;
    this.#watchIdle = watchIdle;
    this.#watchFrames = watchFrames;
    this.#sink = sink;
  }

  get state(): ConnectorState {
    return this.#state;
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  advance(now: Micros): void {
    this.#timers.run(now);
  }

  start(now: Micros): void {
    if (this.#state === 'stopped') this.#connect(now);
  }

  /** The connection is made, and what it was asked for has to be answered before it counts as open. @param answerMs it may take so long. */
  established(now: Micros, answerMs: number = this.#settings.answerTimeoutMs): void {
    if (this.#state !== 'connecting') return;
    this.#timeout.cancel();
    this.#answer.set(later(now, ms(answerMs)));
  }

  /** The answer was to connect to somebody else. */
  redirected(now: Micros): void {
    if (this.#state !== 'connecting') return;
    this.#answer.cancel();
    this.#timeout.set(later(now, ms(this.#settings.connectTimeoutMs)));
  }

  opened(now: Micros): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#timeout.cancel();
    this.#answer.cancel();
    if (this.#watchFrames) this.#firstFrame.set(later(now, ms(this.#settings.firstFrameMs)));
    this.#openedAt = now;
    this.#sink.event({ kind: 'connected', attempt: this.#attempt });
  }

  /** The first frame was found in what it carries. */
  found(now: Micros): void {
    this.#firstFrame.cancel();
    this.carried(now);
  }

  /** We do not read it any more. */
  held(): void {
    this.#idle.cancel();
  }

  /** Bytes came in by the open connection, or it is read again. */
  carried(now: Micros): void {
    if (this.#firstFrame.armed) return;
    if (this.#watchIdle && this.#state === 'open') this.#idle.set(later(now, ms(this.#settings.idleMs)));
  }

  /** The connection, or the attempt at one, has failed or was closed by the other side. @param waitMs it is not tried again much sooner: the other side has refused us, and waits for somebody to change that. */
  lost(now: Micros, reason: string, waitMs = 0): void {
    if (this.#state === 'connecting' || this.#state === 'open') this.#wait(now, reason, waitMs);
  }

  stop(_now: Micros): void {
    const connected = this.#state === 'connecting' || this.#state === 'open';
    this.#state = 'stopped';
    this.#again.cancel();
    this.#disarm();
    if (connected) this.#sink.disconnect(STOPPED);
  }

  #openedAt = 0 as Micros;

  #connect(now: Micros): void {
    this.#state = 'connecting';
    this.#attempt++;
    this.#timeout.set(later(now, ms(this.#settings.connectTimeoutMs)));
    this.#sink.event({ kind: 'connecting', attempt: this.#attempt });
    this.#sink.connect();
  }

  #giveUp(now: Micros, reason: string): void {
    this.#sink.disconnect(reason);
    this.#wait(now, reason);
  }

  #wait(now: Micros, reason: string, waitMs = 0): void {
    const { backoffMinMs, backoffMaxMs } = this.#settings;
    // One that stayed open for a while was a good one: begin anew. One that is closed at once counts as a failure,
    // or a server that accepts and closes would be hammered.
    if (this.#state === 'open' && now - this.#openedAt >= ms(backoffMaxMs)) this.#attempt = 1;
    const ceilingMs = Math.max(waitMs, Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#attempt - 1, 30)));
    const draw = this.#random();
    assert(draw >= 0 && draw < 1, 'a random draw lies outside [0, 1)');
    const retryInMs = Math.max(backoffMinMs / 2, ceilingMs * (0.5 + draw / 2));
    this.#state = 'waiting';
    this.#disarm();
    this.#again.set(later(now, ms(retryInMs)));
    this.#sink.event({ kind: 'disconnected', reason, retryInMs: Math.round(retryInMs) });
  }

  #disarm(): void {
    for (const timer of [this.#timeout, this.#answer, this.#firstFrame, this.#idle]) timer.cancel();
  }
}
