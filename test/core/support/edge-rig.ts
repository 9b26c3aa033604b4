import type { JoinOptions } from '../../../core/listeners/listener.ts';
import { Edge } from '../../../core/edge/edge.ts';
import type { EdgeOptions } from '../../../core/edge/options.ts';
import type { ProofChecks } from '../../../core/edge/intake/proof/checks.ts';
import type { EdgeEvent } from '../../../core/edge/events.ts';
import type { ListenerId, PathId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports, type TransportName } from '../../../core/links/transport.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import type { Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';
import { framed } from './messages.ts';

export type EventOf<Event extends { readonly kind: string }, Kind extends Event['kind']> = Extract<Event, { readonly kind: Kind }>;

export interface Heard {
  at: number;
  bytes: Uint8Array;
}

/** An edge with everything it says written down, and a clock that serves each deadline when it comes. Listeners show when something was given out: to within 50 ms. */
export class EdgeRig {
  now = 0;
  readonly events: EdgeEvent[] = [];
  readonly eventTimes: number[] = [];
  readonly heard: Map<ListenerId, Heard[]> = new Map();
  readonly ended: Map<ListenerId, string> = new Map();
  /** What a listener's connection has not taken. */
  readonly backlog: Map<ListenerId, number> = new Map();
  readonly stuck: Set<ListenerId> = new Set();
  /** Where it goes what is said back by a path. */
  readonly answers: Map<PathId, (bytes: Uint8Array) => void> = new Map();
  readonly edge: Edge;

  constructor(settings: Partial<Settings> = {}, { proof, ...options }: Omit<EdgeOptions, 'settings'> & { readonly proof?: ProofChecks } = {}) {
    this.edge = new Edge({ settings: { ...defaultSettings, listenerFlushMs: 50, ...settings }, ...options }, {
      send: (listener, bytes) => {
        const list = this.heard.get(listener) ?? [];
        list.push({ at: this.now, bytes: bytes.slice() });
        this.heard.set(listener, list);
        if (this.stuck.has(listener)) this.backlog.set(listener, (this.backlog.get(listener) ?? 0) + bytes.length);
      },
      backlogBytes: (listener) => this.backlog.get(listener) ?? 0,
      end: (listener, reason) => this.ended.set(listener, reason),
      ...(proof && { proof }),
      answer: (path, bytes) => this.answers.get(path)?.(bytes.slice()),
      event: (event) => {
        this.events.push(event);
        this.eventTimes.push(this.now);
      },
    });
  }

  of<Kind extends EdgeEvent['kind']>(kind: Kind): EventOf<EdgeEvent, Kind>[] {
    return this.events.filter((event): event is EventOf<EdgeEvent, Kind> => event.kind === kind);
  }

  /** Serves deadlines until `at` milliseconds. */
  until(atMs: number): void {
    const at = Math.round(atMs * 1000);
    for (let turns = 0; this.edge.deadline <= at; turns++) {
      if (turns > 200_000) throw new Error(`the deadline ${this.edge.deadlineReason} never passes`);
      this.now = Math.max(this.now, this.edge.deadline);
      this.edge.advance(this.now as Micros);
    }
    this.now = Math.max(this.now, at);
  }

  open(transport: TransportName = 'tcp', label = 'relay'): PathId {
    const path = this.edge.openPath(this.now as Micros, transports[transport], anonymous('relay', label));
    if (path === undefined) throw new Error('no path');
    return path;
  }

  close(path: PathId): void {
    this.edge.closePath(this.now as Micros, path, 'closed');
  }

  tcp(path: PathId, ...messages: Uint8Array[]): void {
    this.edge.receive(this.now as Micros, path, framed(...messages));
  }

  udp(path: PathId, ...messages: Uint8Array[]): void {
    for (const message of messages) this.edge.receive(this.now as Micros, path, message);
  }

  /** A listener from the live point on, unless told otherwise. */
  join(mount: string, options: Partial<JoinOptions> = {}): ListenerId {
    const id = this.edge.join(this.now as Micros, mount, { icy: false, label: 'listener', burstMs: 0, ...options });
    if (typeof id === 'string') throw new Error(id);
    this.heard.set(id, []);
    return id;
  }

  audio(listener: ListenerId): Uint8Array {
    return join(...(this.heard.get(listener) ?? []).map(({ bytes }) => bytes));
  }

  /** The longest time between two arrivals at a listener, in ms, up to now. */
  longestPauseMs(listener: ListenerId, fromMs = 0): number {
    const times = [...(this.heard.get(listener) ?? []).map(({ at }) => at / 1000).filter((at) => at >= fromMs), this.now / 1000];
    let longest = 0;
    for (let i = 1; i < times.length; i++) longest = Math.max(longest, times[i]! - times[i - 1]!);
    return longest;
  }
}
