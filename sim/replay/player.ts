import { Edge, type EdgeSink } from '../../core/edge/edge.ts';
import type { Answers, CallAt } from '../../core/recording/calls.ts';
import type { Head } from '../../core/recording/format.ts';
import type { Generation } from '../../core/recording/read.ts';
import { RecordedEdge, type EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { RecordedRelay, type RelayMachine } from '../../core/recording/recorded-relay.ts';
import type { Recorder } from '../../core/recording/recorder.ts';
import { OutputHash } from '../../core/recording/output-hash.ts';
import { StateReader, StateWriter } from '../../core/recording/saved-state.ts';
import { Output, type Answer, type MachineEvent } from '../../core/recording/told.ts';
import { ByteReader, ByteWriter } from '../../core/recording/wire.ts';
import { Relay, type RelaySink } from '../../core/relay/relay.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Micros } from '../../core/base/units.ts';

export interface There {
  readonly mounts: readonly { readonly mount: string; readonly stream: string }[];
  /** By their labels. */
  readonly paths: readonly string[];
}

/** What a machine says of itself during a replay. */
export interface Watcher {
  /** It begins: with these on air, and these open. */
  begins(now: Micros, there: There): void;
  event(now: Micros, event: { readonly kind: string }): void;
  /** A frame of a mountpoint was given out, of this length. */
  onAir(now: Micros, mount: string, durationUs: number): void;
}

/** What a machine is told when it is made. */
type Wanted = Pick<Head, 'settings' | 'policies'>;

export interface PlayerOptions {
  /** Instead of what was recorded. */
  readonly wanted?: Wanted;
  /** Records it anew. */
  readonly recorder?: Recorder;
}

type Machine = { readonly kind: 'edge'; readonly edge: EdgeMachine } | { readonly kind: 'relay'; readonly relay: RelayMachine };

const answered: ReadonlySet<CallAt['kind']> = new Set<CallAt['kind']>(['openPath', 'join', 'subscribe', 'command', 'provideFallback']);

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

  constructor({ head, state }: Generation, watcher: Watcher, { wanted = head, recorder }: PlayerOptions = {}) {
    this.#watcher = watcher;
    this.#machine = head.role === 'edge' ? { kind: 'edge', edge: this.#edge(wanted, recorder) } : { kind: 'relay', relay: this.#relay(wanted.settings, recorder) };
    if (state.length > 0) this.machine.archive(new StateReader(new ByteReader(state), head.stateAudio, head.audio));
    watcher.begins(head.atUs as Micros, this.#there());
  }

  get machine(): EdgeMachine | RelayMachine {
    return this.#machine.kind === 'edge' ? this.#machine.edge : this.#machine.relay;
  }

  /** Makes one call. Its sink answers as it did, or by `backlogOf` when `answers` is not given. */
  play(call: CallAt & { readonly answers?: Answers }): Answer {
    this.#now = call.now;
    this.#answers = call.answers;
    this.#asked = 0;
    const answer = this.#call(call);
    if (answered.has(call.kind)) this.hash.answer(this.#now, answer);
    return answer;
  }

  /** Its state, as it would be saved now. */
  state({ stateAudio, audio }: Pick<Head, 'stateAudio' | 'audio'>): Uint8Array {
    const writer = new ByteWriter();
    this.machine.archive(new StateWriter(writer, stateAudio, audio));
    return writer.written;
  }

  #openPath({ now, transport, peer }: CallAt & { readonly kind: 'openPath' }): Answer {
    if (this.#machine.kind === 'edge') return this.#machine.edge.openPath(now, transport, { ...peer, role: 'relay' });
    return this.#machine.relay.openPath(now, transport, peer);
  }

  #there(): There {
    const mounts = this.#machine.kind === 'edge' ? this.#machine.edge.mounts() : [];
    const paths = this.machine.stats.paths.map(({ label }) => label);
    return { mounts: mounts.map(({ name, liveStream, fallback }) => ({ mount: name, stream: fallback ?? liveStream })), paths };
  }

  #call(call: CallAt): Answer {
    const { machine } = this;
    switch (call.kind) {
      case 'advance': return void machine.advance(call.now);
      case 'openPath': return this.#openPath(call);
      case 'closePath': return void machine.closePath(call.now, call.path, call.reason);
      case 'receive': return void machine.receive(call.now, call.path, call.bytes);
      default: break;
    }
    if (this.#machine.kind === 'edge') {
      const { edge } = this.#machine;
      if (call.kind === 'leave') return void edge.leave(call.now, call.listener, call.reason);
      if (call.kind === 'provideFallback') return edge.provideFallback(call.now, call.name, call.title, call.bytes) === undefined ? undefined : 'refused';
      if (call.kind === 'command') return edge.command(call.now, call.name, call.command);
      if (call.kind !== 'join') throw new RangeError(`an edge has no ${call.kind}`);
      const { name, icy, label, burstMs } = call;
      return edge.join(call.now, name, { icy, label, ...(burstMs !== undefined && { burstMs }) });
    }
    const { relay } = this.#machine;
    if (call.kind === 'subscribe') return relay.subscribe(call.now, call.peer);
    if (call.kind === 'unsubscribe') return void relay.unsubscribe(call.now, call.subscriber, call.reason);
    throw new RangeError(`a relay has no ${call.kind}`);
  }

  #edge({ settings, policies }: Wanted, recorder: Recorder | undefined): EdgeMachine {
    const onAir = (now: Micros, mount: string, durationUs: number): void => this.#watcher.onAir(now, mount, durationUs);
    const sink: EdgeSink = { ...this.#sink(), end: (listener) => this.hash.told(this.#now, Output.end, listener) };
    const options = { settings, onAir, ...(policies && { policies }) };
    return recorder === undefined ? new Edge(options, sink) : new RecordedEdge(options, sink, recorder);
  }

  #relay(settings: Settings, recorder: Recorder | undefined): RelayMachine {
    const sink: RelaySink = {
      ...this.#sink(),
      cut: (subscriber) => this.hash.told(this.#now, Output.cut, subscriber),
      acknowledge: (path, bytes) => {
        this.hash.told(this.#now, Output.acknowledge, path);
        this.hash.sent(this.#now, path, bytes);
      },
      drop: (path) => this.hash.told(this.#now, Output.drop, path),
    };
    return recorder === undefined ? new Relay({ settings }, sink) : new RecordedRelay({ settings }, sink, recorder);
  }

  #sink(): { send(to: number, bytes: Uint8Array): void; backlogBytes(of: number): number; event(event: MachineEvent): void } {
    return {
      send: (to, bytes) => this.hash.sent(this.#now, to, bytes),
      backlogBytes: (of) => this.#backlog(of),
      event: (event) => {
        this.hash.event(this.#now, event);
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
