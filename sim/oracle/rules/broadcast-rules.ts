import type { ListenerId } from '../../../core/base/machine.ts';
import type { MountInfo } from '../../../core/edge/mountpoint/mountpoint.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { ms, toMs, type Micros } from '../../../core/base/units.ts';
import type { Oracle } from '../oracle.ts';
import type { EdgeModel } from '../model/edge-model.ts';
import { MountLead } from '../model/mount-lead.ts';
import type { MountModel } from '../model/mount-model.ts';
import { MATCHED_US, type StreamModel } from '../model/stream-model.ts';

/** What can be asked of an edge without changing anything. */
export interface AskedEdge {
  mount(name: string): MountInfo | undefined;
  behindBytes(listener: ListenerId): number;
}

interface WatchedListener {
  readonly mount: string;
  /** Where in all that its mountpoint gives out its burst began, and how much that was. */
  readonly from: number;
  readonly burstBytes: number;
  audioBytes: number;
  /** Since when it is further behind than its bound. */
  behindSince: number | undefined;
}

const LOOK_US = 100_000;
/** A listener is looked at when frames are written, several times a second. */
const DROPPED_WITHIN_US = 1_000_000;
/** What a driver, a burst of frames and the edge's own timers may add to a wait. */
const SLACK_US = 1_700_000;

/** Each listener gets all that its mountpoint gives out, and is let go of beyond its bound; and nobody waits for nothing. */
export class BroadcastRules {
  readonly #oracle: Oracle;
  readonly #settings: Settings;
  readonly #model: EdgeModel;
  readonly #edge: AskedEdge;
  readonly #listeners = new Map<ListenerId, WatchedListener>();
  readonly #leads = new Map<string, MountLead>();
  #lookAt = 0;

  constructor(oracle: Oracle, settings: Settings, model: EdgeModel, edge: AskedEdge) {
    this.#oracle = oracle;
    this.#settings = settings;
    this.#model = model;
    this.#edge = edge;
  }

  joined(listener: ListenerId, mount: string): void {
    const burstBytes = this.#edge.behindBytes(listener);
    const from = (this.#edge.mount(mount)?.bytesIn ?? 0) - burstBytes;
    this.#listeners.set(listener, { mount, from, burstBytes, audioBytes: 0, behindSince: undefined });
  }

  left(listener: ListenerId): void {
    this.#listeners.delete(listener);
  }

  audio(listener: ListenerId, bytes: number): void {
    const watched = this.#listeners.get(listener);
    if (watched !== undefined) watched.audioBytes += bytes;
  }

  /** @param waitingBytes what a listener's connection has yet to take. */
  look(now: number, waitingBytes: (listener: ListenerId) => number): void {
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_US;
    for (const mount of this.#model.mounts.keys()) this.#noteLead(now, mount);
    for (const [listener, watched] of this.#listeners) this.#checkListener(now, listener, watched, waitingBytes(listener));
    for (const mount of this.#model.mounts.values()) this.#checkWait(now, mount);
  }

  #checkListener(now: number, listener: ListenerId, watched: WatchedListener, waitingBytes: number): void {
    const behindBytes = this.#edge.behindBytes(listener);
    const given = this.#edge.mount(watched.mount)?.bytesIn;
    if (given !== undefined && watched.from + watched.audioBytes + behindBytes !== given) {
      this.#oracle.violated('a listener gets what is given out', `a listener of ${watched.mount} has had ${watched.audioBytes} bytes and has ${behindBytes} to come, of ${given - watched.from}`);
    }
    const mostBytes = this.#settings.listenerQueueBytes + watched.burstBytes + (this.#leads.get(watched.mount)?.bytes ?? 0);
    const isBehind = behindBytes + waitingBytes > mostBytes;
    watched.behindSince = isBehind ? (watched.behindSince ?? now) : undefined;
    if (watched.behindSince === undefined || now - watched.behindSince <= DROPPED_WITHIN_US) return;
    watched.behindSince = undefined;
    this.#oracle.bound(watched.mount, 'bytes that a listener is behind', behindBytes + waitingBytes, mostBytes);
  }

  #noteLead(now: number, name: string): void {
    const info = this.#edge.mount(name);
    if (info === undefined) {
      this.#leads.delete(name);
      return;
    }
    // All that a mountpoint has given out when it is first looked at has come since the last look.
    const lead = this.#leads.get(name) ?? new MountLead(now, 0);
    this.#leads.set(name, lead);
    lead.look(now, info.bytesIn, info.bitrateBps);
  }

  /** Nothing is given out although a stream that could follow has been well for long. */
  #checkWait(now: number, mount: MountModel): void {
    const { live, settings } = mount;
    if (live === undefined || mount.isOnFallback) {
      mount.givenAt = now;
      return;
    }
    if (now - Math.max(live.frameAt, mount.givenAt) < ms(settings.slowerWaitMs) + SLACK_US) return;
    const given = this.#edge.mount(mount.name)?.bytesIn ?? 0;
    if (given !== mount.givenBytes) {
      mount.givenBytes = given;
      mount.givenAt = now;
      return;
    }
    const waitedUs = now - mount.givenAt;
    const mostUs = live.longestStallTimeoutUs + ms(settings.slowerWaitMs + settings.resumeGraceMs) + SLACK_US;
    if (waitedUs <= mostUs) return;
    const well = this.#model.streams.find((stream) => stream !== live && this.#couldFollow(mount, live, stream));
    if (well === undefined) return;
    mount.givenAt = now;
    this.#oracle.violated('nobody waits while a stream is well', `${mount.name} has given nothing for ${toMs(waitedUs as Micros)} ms, and ${well.name} is well`);
  }

  #couldFollow(mount: MountModel, live: StreamModel, stream: StreamModel): boolean {
    const { givenAt } = mount;
    const isThere = stream.mount === mount.name && stream.paths.records.length > 0 && stream.frames?.format.codec === live.frames?.format.codec;
    const isWell = stream.cadence.runSince < givenAt && stream.frameAt > givenAt && stream.silence.us === 0 && stream.firstFrameAt < givenAt - MATCHED_US;
    const isMatched = live.firstFrameAt < givenAt - MATCHED_US && Math.max(live.doubtfulAt(givenAt), stream.doubtfulAt(givenAt)) < givenAt - MATCHED_US;
    return isThere && isWell && isMatched;
  }
}
