import { MemoryBudget } from '../../../core/base/memory/budget.ts';
import type { GapVerdict } from '../../../core/edge/stream/events.ts';
import { Path } from '../../../core/links/paths/path.ts';
import type { PathId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports, type TransportName } from '../../../core/links/transport.ts';
import { emptyMessageView, readMessage } from '../../../core/wire/pdu.ts';
import { Reassembler, type Reception } from '../../../core/edge/stream/reassembler.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { TimerQueue } from '../../../core/base/timers.ts';
import type { Micros } from '../../../core/base/units.ts';
import { hex, message, parts, type Fields } from './messages.ts';

export interface LostMessages {
  sequence: number;
  messages: number;
  waitedMs: number;
  verdict: GapVerdict;
  at: number;
}

/** A payload that tells which message it is of. */
export function payloadOf(sequence: number, length = 8): Uint8Array {
  const payload = new Uint8Array(Math.max(4, length));
  for (let i = 0; i < payload.length; i++) payload[i] = sequence >>> (8 * (i % 4));
  return payload;
}

/** A reassembler with a clock in milliseconds, paths to make, and everything that comes out written down. */
export class ReassemblyRig {
  nowMs = 0;
  readonly released: number[] = [];
  readonly releasedAt: number[] = [];
  readonly types: number[] = [];
  readonly lost: LostMessages[] = [];
  /** No audio of the first message goes out before there is another one. */
  canTakeBack = false;
  readonly reassembler: Reassembler;
  readonly budget: MemoryBudget;
  readonly settings: Settings;
  readonly #timers = new TimerQueue<string>();
  readonly #view = emptyMessageView();
  #paths = 0;
  #isBreakTold = false;

  constructor(settings: Partial<Settings> = {}, budgetBytes = 1e9) {
    this.settings = { ...defaultSettings, ...settings };
    this.budget = new MemoryBudget(budgetBytes);
    const timer = this.#timers.timer('gap-expires', (now) => this.reassembler.judge(now));
    this.reassembler = new Reassembler(this.settings, this.budget, timer, {
      message: (_now, _arrivedAt, bytes, start, end) => {
        const { sequence, type, payload } = parts(bytes.slice(start, end));
        if (hex(payload) !== hex(payloadOf(sequence, payload.length))) throw new Error(`message ${sequence} came out with another payload`);
        const before = this.released.at(-1);
        if (before !== undefined && sequence !== before + 1 && !this.#isBreakTold) throw new Error(`${sequence} came out behind ${before} without a word`);
        this.#isBreakTold = false;
        this.released.push(sequence);
        this.releasedAt.push(this.nowMs);
        this.types.push(type);
      },
      takeBack: (sequence, replica) => {
        if (!this.canTakeBack) return undefined;
        if (this.released.length !== 1 || this.released[0] !== sequence) throw new Error(`${sequence} is not the only message that came out`);
        this.released.pop();
        this.releasedAt.pop();
        this.types.pop();
        return message(0, sequence, payloadOf(sequence), { replica });
      },
      lost: (_now, { sequence, messages, waitedUs, verdict }) => {
        this.#isBreakTold = true;
        this.lost.push({ sequence, messages, waitedMs: waitedUs / 1000, verdict, at: this.nowMs });
      },
    });
  }

  get now(): Micros {
    return Math.round(this.nowMs * 1000) as Micros;
  }

  get deadlineMs(): number {
    return this.#timers.next / 1000;
  }

  path(transport: TransportName): Path {
    return new Path({ id: ++this.#paths as PathId, transport: transports[transport], peer: anonymous('relay', `${transport} ${this.#paths}`), openedAt: 0 as Micros, message: () => undefined });
  }

  close(path: Path): void {
    this.reassembler.forgetPath(this.now, path);
    this.reassembler.judge(this.now);
  }

  accept(path: Path, sequence: number, { type = 0, length, ...fields }: Fields & { type?: number; length?: number } = {}): Reception {
    const bytes = message(type, sequence, payloadOf(sequence, length), fields);
    const problem = readMessage(this.#view, bytes, 0, bytes.length);
    if (problem !== undefined) throw new Error(problem);
    const reception = this.reassembler.accept(this.now, path, this.#view);
    // The bytes were borrowed.
    bytes.fill(0xee);
    return reception;
  }

  all(path: Path, sequences: readonly number[], options?: Fields & { type?: number; length?: number }): Reception[] {
    return sequences.map((sequence) => this.accept(path, sequence, options));
  }

  until(atMs: number): void {
    while (this.deadlineMs <= atMs) {
      this.nowMs = Math.max(this.nowMs, this.deadlineMs);
      this.#timers.run(this.now);
    }
    this.nowMs = Math.max(this.nowMs, atMs);
  }

  after(spanMs: number): void {
    this.until(this.nowMs + spanMs);
  }
}
