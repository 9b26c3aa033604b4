import { Edge } from '../../core/edge.ts';
import type { ListenerId, SubscriberId } from '../../core/machine.ts';
import type { Answers, CallAt } from '../../core/recording/calls.ts';
import type { Generation } from '../../core/recording/read.ts';
import { OutputHash } from '../../core/recording/output-hash.ts';
import { StateReader } from '../../core/recording/saved-state.ts';
import { ByteReader } from '../../core/recording/wire.ts';
import { Relay } from '../../core/relay.ts';
import type { Settings } from '../../core/settings.ts';
import type { Micros } from '../../core/units.ts';

/** What a machine says of itself during a replay. */
export interface Watcher {
  event(now: Micros, event: { readonly kind: string }): void;
  /** A frame of a mountpoint was given out, of this length. */
  onAir(now: Micros, mount: string, durationUs: number): void;
}

/** What a call gave its caller. */
export type Answer = number | string | undefined;

type Machine = { readonly kind: 'edge'; readonly edge: Edge } | { readonly kind: 'relay'; readonly relay: Relay };

/** The machine of a recording, which does what is recorded. */
export class Player {
  readonly hash: OutputHash = new OutputHash();
  /** What was last said of each listener's or subscriber's backlog. */
  readonly backlogs: Map<number, number> = new Map();
  /** Says what a listener's or subscriber's connection has not taken, where that was not recorded. */
  backlogOf: (of: number) => number = () => 0;
  readonly #machine: Machine;
  readonly #watcher: Watcher;
  #now = 0 as Micros;
  #answers: Answers | undefined;
  #asked = 0;

  /** @param settings instead of those that were recorded. */
  constructor({ head, state }: Generation, watcher: Watcher, settings: Settings = head.settings) {
    this.#watcher = watcher;
    this.#machine = head.role === 'edge' ? { kind: 'edge', edge: this.#edge(settings) } : { kind: 'relay', relay: this.#relay(settings) };
    if (state.length > 0) this.machine.archive(new StateReader(new ByteReader(state), head.stateAudio));
  }

  get machine(): Edge | Relay {
    return this.#machine.kind === 'edge' ? this.#machine.edge : this.#machine.relay;
  }

  /** Makes one call. Its sink answers as it did, or by `backlogOf` when `answers` is not given. */
  play(call: CallAt & { readonly answers?: Answers }): Answer {
    this.#now = call.now;
    this.#answers = call.answers;
    this.#asked = 0;
    const answer = this.#call(call);
    const hasAnswer = call.kind === 'openPath' || call.kind === 'join' || call.kind === 'subscribe';
    if (hasAnswer) this.hash.told(this.#now, `answer ${answer}`);
    return answer;
  }

  #call(call: CallAt): Answer {
    const { machine } = this;
    switch (call.kind) {
      case 'advance': return void machine.advance(call.now);
      case 'openPath': return machine.openPath(call.now, call.transport, call.label);
      case 'closePath': return void machine.closePath(call.now, call.path, call.reason);
      case 'receive': return void machine.receive(call.now, call.path, call.bytes);
      default: break;
    }
    if (this.#machine.kind === 'edge') {
      const { edge } = this.#machine;
      if (call.kind === 'leave') return void edge.leave(call.now, call.listener, call.reason);
      if (call.kind !== 'join') throw new RangeError(`an edge has no ${call.kind}`);
      const { name, icy, label, burstMs } = call;
      return edge.join(call.now, name, { icy, label, ...(burstMs !== undefined && { burstMs }) });
    }
    const { relay } = this.#machine;
    if (call.kind === 'subscribe') return relay.subscribe(call.now, call.label);
    if (call.kind === 'unsubscribe') return void relay.unsubscribe(call.now, call.subscriber, call.reason);
    throw new RangeError(`a relay has no ${call.kind}`);
  }

  #edge(settings: Settings): Edge {
    const onAir = (now: Micros, mount: string, durationUs: number): void => this.#watcher.onAir(now, mount, durationUs);
    return new Edge({ settings, onAir }, {
      ...this.#sink(),
      end: (listener: ListenerId, reason: string) => this.hash.told(this.#now, `end ${listener} ${reason}`),
    });
  }

  #relay(settings: Settings): Relay {
    return new Relay({ settings }, {
      ...this.#sink(),
      cut: (subscriber: SubscriberId, reason: string) => this.hash.told(this.#now, `cut ${subscriber} ${reason}`),
    });
  }

  #sink(): { send(to: number, bytes: Uint8Array): void; backlogBytes(of: number): number; event(event: { readonly kind: string }): void } {
    return {
      send: (to, bytes) => this.hash.sent(this.#now, to, bytes),
      backlogBytes: (of) => this.#backlog(of),
      event: (event) => {
        this.hash.told(this.#now, JSON.stringify(event));
        this.#watcher.event(this.#now, event);
      },
    };
  }

  #backlog(of: number): number {
    if (this.#answers === undefined) return this.backlogOf(of);
    const bytes = this.#answers.get(this.#asked) ?? 0;
    this.#asked++;
    this.backlogs.set(of, bytes);
    return bytes;
  }
}
