import type { Machine } from '../../base/machine.ts';
import { TimerQueue } from '../../base/timers.ts';
import { later, ms, type Micros } from '../../base/units.ts';
import type { Settings } from '../../config/settings.ts';
import { FirstBytes, HELLO_MESSAGE_BYTES, type Introduction, type LookedFor } from './first-bytes.ts';
import { problemOf, type WiringProblem } from './problem.ts';

export interface LinkWatchSink {
  /** Ask the peer `questionFor` what we look for, by a connection of its own, and report `answered` (not during this call). */
  ask(): void;
  problem(problem: WiringProblem): void;
  /** It is a relay, and has no stream. */
  noStreamYet(): void;
  /** Which process is at the other end; undefined when the connection is closed. */
  leadsTo(processId: string | undefined): void;
}

export interface LinkWatchOptions {
  readonly settings: Settings;
  readonly expected: LookedFor;
}

/** A peer is asked no more often. */
const ASK_EVERY_US = 60_000_000;

/**
 * Whether a connection that we make leads to a relay, and to the right port of it.
 *
 *     opened -> first bytes: a relay's? -> leadsTo, problem
 *            -> `silentPeerMs` after a HELLO and nothing else: noStreamYet;  after nothing at all: ask -> answered: problem
 *     closed without a byte from the other side: ask -> answered: problem
 *
 * An original relay without a stream says nothing either: so silence is told for what it is, with what may be the reason.
 */
export class LinkWatch implements Machine {
  readonly #settings: Settings;
  readonly #expected: LookedFor;
  readonly #sink: LinkWatchSink;
  readonly #timers = new TimerQueue<'silent-peer'>();
  readonly #silence = this.#timers.timer('silent-peer', (now) => this.#silent(now));
  #first: FirstBytes | undefined;
  #localPort = 0;
  #isOpen = false;
  #heardBytes = 0;
  #saidHello = false;
  #metTls = false;
  #askedAt: Micros | undefined;

  constructor({ settings, expected }: LinkWatchOptions, sink: LinkWatchSink) {
    this.#settings = settings;
    this.#expected = expected;
    this.#sink = sink;
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

  /** @param localPort of our end. */
  opened(now: Micros, localPort: number): void {
    this.#isOpen = true;
    this.#localPort = localPort;
    this.#first = new FirstBytes();
    this.#heardBytes = 0;
    this.#saidHello = false;
    this.#metTls = false;
    if (this.#expected === 'relay') this.#silence.set(later(now, ms(this.#settings.silentPeerMs)));
  }

  /** What comes by it, in any chunking, borrowed. */
  heard(chunk: Uint8Array): void {
    this.#heardBytes += chunk.length;
    const introduction = this.#first?.push(chunk);
    if (introduction !== undefined) {
      this.#first = undefined;
      this.#introduced(introduction);
    }
    if (this.hasCarried) this.#silence.cancel();
  }

  /** Whether anything has come by it but the HELLO of a relay, which says that also without a stream. */
  get hasCarried(): boolean {
    return this.#first === undefined && this.#heardBytes > (this.#saidHello ? HELLO_MESSAGE_BYTES : 0);
  }

  /** What came first is TLS, and we speak none. */
  get metTls(): boolean {
    return this.#metTls;
  }

  /** The other side has closed it. */
  closed(now: Micros): void {
    if (!this.#isOpen) return;
    this.dropped();
    if (this.#heardBytes === 0) this.#ask(now);
  }

  /** We have closed it. */
  dropped(): void {
    this.#isOpen = false;
    this.#first = undefined;
    this.#silence.cancel();
    this.#sink.leadsTo(undefined);
  }

  /** How the peer began its answer to the question; undefined: not at all. */
  answered(introduction: Introduction | undefined): void {
    const problem = introduction === undefined ? undefined : problemOf(this.#expected, introduction);
    if (problem !== undefined) this.#sink.problem(problem);
    else if (introduction === undefined && this.#expected === 'relay' && this.#heardBytes === 0) this.#sink.problem('relay-is-silent');
  }

  #introduced(introduction: Introduction): void {
    const problem = problemOf(this.#expected, introduction);
    if (problem !== undefined) this.#sink.problem(problem);
    this.#metTls = introduction.kind === 'tls';
    if (introduction.kind !== 'hello') return;
    this.#saidHello = true;
    // A relay of the original passes on what one of ours has said to it: that names another port than ours.
    if (introduction.hello.peerPort === this.#localPort) this.#sink.leadsTo(introduction.processId);
  }

  #silent(now: Micros): void {
    if (this.#saidHello) this.#sink.noStreamYet();
    else if (this.#heardBytes === 0) this.#ask(now);
  }

  #ask(now: Micros): void {
    if (this.#askedAt !== undefined && now - this.#askedAt < ASK_EVERY_US) return;
    this.#askedAt = now;
    this.#sink.ask();
  }
}
