import { Broadcast, type BroadcastReason, type BroadcastSink } from './broadcast.ts';
import type { EdgeEvent } from './events.ts';
import type { FrameFormat } from './frame/format.ts';
import type { HeaderList } from './headers.ts';
import { icyTitleOf } from './icy.ts';
import type { ListenerId } from './machine.ts';
import type { Matcher } from './matcher.ts';
import { contentTypeOf } from './media.ts';
import type { Settings } from './settings.ts';
import { Switcher, type SwitcherReason } from './switcher.ts';
import type { Timer } from './timers.ts';
import type { Micros } from './units.ts';

/** A mountpoint as listeners and operators see it. */
export interface MountInfo {
  /** Without its leading slash. */
  readonly name: string;
  readonly format: FrameFormat;
  /** Mean of the newest 10 s, rounded to kbit/s. */
  readonly bitrateBps: number;
  readonly contentType: string;
  /** The allowed headers of the stream on air, Icy-Name etc., without Content-Type. */
  readonly headers: HeaderList;
  readonly title: string;
  readonly listeners: number;
  readonly listenerPeak: number;
  readonly slowListeners: number;
  readonly startedAt: Micros;
  /** The id of the stream on air, as 32 hexadecimal digits. */
  readonly liveStream: string;
  readonly streams: number;
  readonly switches: number;
  /** Programme given out, and what all listeners got of it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type MountReason = SwitcherReason | BroadcastReason;

export interface MountOptions {
  readonly name: string;
  readonly now: Micros;
  readonly settings: Settings;
  readonly matcher: Matcher;
  readonly sink: BroadcastSink;
  readonly timer: (reason: MountReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: EdgeEvent) => void;
  readonly listenerGone: (listener: ListenerId) => void;
  readonly ended: (now: Micros, mount: Mount, silentMs: number) => void;
}

/** One mountpoint: its streams' switcher, and its listeners' broadcast. */
export class Mount {
  readonly name: string;
  readonly startedAt: Micros;
  readonly broadcast: Broadcast;
  readonly switcher: Switcher;

  constructor({ name, now, settings, matcher, sink, timer, event, listenerGone, ended }: MountOptions) {
    this.name = name;
    this.startedAt = now;
    this.broadcast = new Broadcast({ mount: name, settings, sink, timer, event, gone: listenerGone });
    this.switcher = new Switcher({
      mount: name,
      settings,
      matcher,
      programme: this.broadcast,
      timer,
      event,
      ended: (at, silentMs) => ended(at, this, silentMs),
    });
  }

  get info(): MountInfo | undefined {
    const { broadcast, switcher } = this;
    const { live, format } = switcher;
    if (live === undefined || format === undefined) return undefined;
    return {
      name: this.name,
      format,
      bitrateBps: Math.round(live.ring.bitrateBps / 1000) * 1000,
      contentType: contentTypeOf(format.codec),
      headers: live.headers.filter(([name]) => name !== 'Content-Type'),
      title: icyTitleOf(broadcast.text),
      listeners: broadcast.listeners,
      listenerPeak: broadcast.listenerPeak,
      slowListeners: broadcast.slowListeners,
      startedAt: this.startedAt,
      liveStream: live.name,
      streams: switcher.streams,
      switches: switcher.switches,
      bytesIn: broadcast.bytesIn,
      bytesOut: broadcast.bytesOut,
    };
  }
}
