import type { FallbackSink } from '../../../../core/edge/fallback/source.ts';
import { TimerQueue, type Timer } from '../../../../core/base/timers.ts';
import type { Micros } from '../../../../core/base/units.ts';

/** Virtual time for one machine's timers. */
export class Clock {
  readonly queue: TimerQueue<string> = new TimerQueue();
  now = 0 as Micros;

  readonly timer = (reason: string, fire: (now: Micros) => void): Timer<string> => this.queue.timer(reason, fire);

  /** Serves timers until `atMs`, each when it is due. */
  until(atMs: number): void {
    const at = Math.round(atMs * 1000) as Micros;
    while (this.queue.next <= at) {
      this.now = Math.max(this.now, this.queue.next) as Micros;
      this.queue.run(this.now);
    }
    this.now = at;
  }

  /** Nobody looks at the timers until then. */
  late(atMs: number): void {
    this.now = Math.round(atMs * 1000) as Micros;
    this.queue.run(this.now);
  }
}

export interface Given {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The frames before it that were known, nearest first. */
  readonly before: readonly Uint8Array[];
}

/** Writes down what a fallback gives; 'cut' where it says so. */
export class Taken implements FallbackSink {
  readonly all: (Given | 'cut')[] = [];

  get frames(): Given[] {
    return this.all.filter((one) => one !== 'cut');
  }

  cut(): void {
    this.all.push('cut');
  }

  frame(now: Micros, bytes: Uint8Array, _durationUs: number, text: string, before: (back: number) => Uint8Array | undefined): void {
    const known: Uint8Array[] = [];
    for (let frame = before(1); frame !== undefined && known.length < 20; frame = before(known.length + 1)) known.push(frame.slice());
    this.all.push({ atMs: now / 1000, bytes: bytes.slice(), text, before: known });
  }
}
