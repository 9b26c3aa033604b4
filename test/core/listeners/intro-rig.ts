import { MemoryBudget } from '../../../core/base/memory/budget.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { emptyFrameHeader, type FrameFormat } from '../../../core/codec/format/format.ts';
import { readHeader } from '../../../core/codec/header.ts';
import { withSettings, type Settings } from '../../../core/config/settings.ts';
import type { ListenersEvent } from '../../../core/listeners/events.ts';
import { Intro } from '../../../core/listeners/intros/intro.ts';
import { Listeners } from '../../../core/listeners/listeners.ts';
import { join } from '../codec/build.ts';
import { FRAME_BYTES, FRAME_US, makersIn, numbered, numbersIn, range } from '../support/frames.ts';

export const MOUNT = 1 as MountId;
export const NAME = 'radio';
/** Who makes the frames of the intro, and of the stream. */
export const INTRO = 7;
export const STREAM = 1;

export function formatOf(frame: Uint8Array): FrameFormat {
  const header = emptyFrameHeader();
  if (readHeader(frame, 0, header) !== undefined) throw new Error('no frame');
  return header.format;
}

export function introOf(count: number, text: string = '', frame: (number: number) => Uint8Array = (number) => numbered(number, INTRO)): Intro {
  return new Intro(formatOf(frame(0)), text, range(0, count - 1).map((number) => ({ bytes: frame(number), durationUs: FRAME_US })));
}

/** A stream of 26 ms frames for listeners, in virtual time, and what each of them is sent. */
export class IntroRig {
  now = 0 as Micros;
  readonly settings: Settings;
  readonly listeners: Listeners;
  readonly events: ListenersEvent[] = [];
  readonly ended: Map<ListenerId, string> = new Map();
  readonly heard: Map<ListenerId, { readonly at: number; readonly bytes: Uint8Array }[]> = new Map();
  /** The same array for all who are sent the same. */
  readonly pieces: Uint8Array[] = [];
  readonly backlog: Map<ListenerId, number> = new Map();
  readonly stuck: Set<ListenerId> = new Set();
  #number = 0;

  constructor(settings: Partial<Settings> = {}) {
    this.settings = withSettings({ burstMs: 2_000, listenerFlushMs: 100, ...settings });
    this.listeners = new Listeners({ settings: this.settings, budget: new MemoryBudget(1e9) }, {
      send: (listener, bytes) => {
        this.pieces.push(bytes);
        this.heard.set(listener, [...(this.heard.get(listener) ?? []), { at: this.now, bytes: bytes.slice() }]);
        if (this.stuck.has(listener)) this.backlog.set(listener, (this.backlog.get(listener) ?? 0) + bytes.length);
      },
      backlogBytes: (listener) => this.backlog.get(listener) ?? 0,
      end: (listener, reason) => void this.ended.set(listener, reason),
      event: (event) => this.events.push(event),
    });
    this.listeners.opened(this.now, MOUNT, NAME);
    this.listeners.format(this.now, MOUNT, formatOf(numbered(0)));
  }

  /** The frames of the stream that have been given out. */
  get frames(): number {
    return this.#number;
  }

  /** Time passes; the stream goes on with it, unless it is silent. */
  until(atMs: number, isSilent: boolean = false): void {
    const at = Math.round(atMs * 1_000);
    for (;;) {
      const frameAt = isSilent ? Infinity : Math.ceil((this.#number + 1) * FRAME_US);
      const next = Math.min(this.listeners.deadline, frameAt);
      if (next > at) break;
      this.now = Math.max(this.now, next) as Micros;
      if (this.listeners.deadline <= this.now) this.listeners.advance(this.now);
      else this.listeners.frame(this.now, MOUNT, this.frame(this.#number++), FRAME_US);
    }
    this.now = Math.max(this.now, at) as Micros;
  }

  frame(number: number): Uint8Array {
    return numbered(number, STREAM);
  }

  join(options: { readonly icy?: boolean; readonly burstMs?: number } = {}): ListenerId {
    const id = this.listeners.join(this.now, NAME, { icy: false, label: 'listener', ...options });
    if (typeof id === 'string') throw new Error(id);
    this.heard.set(id, []);
    return id;
  }

  audio(listener: ListenerId): Uint8Array {
    return join(...this.heard.get(listener)!.map(({ bytes }) => bytes));
  }

  /** Frames that a listener has been sent until a time. */
  sent(listener: ListenerId, atUs: number = Infinity): number {
    return this.heard.get(listener)!.filter(({ at }) => at <= atUs).reduce((sum, { bytes }) => sum + bytes.length, 0) / FRAME_BYTES;
  }

  /** The numbers of the intro's frames, and of the stream's behind them. */
  numbers(listener: ListenerId): { readonly intro: readonly number[]; readonly stream: readonly number[] } {
    const audio = this.audio(listener);
    const [numbers, makers] = [numbersIn(audio), makersIn(audio)];
    const cut = makers.filter((maker) => maker === INTRO).length;
    if (makers.lastIndexOf(INTRO) >= cut) throw new Error('the intro goes on behind the stream');
    return { intro: numbers.slice(0, cut), stream: numbers.slice(cut) };
  }
}
