import { Edge } from '../../core/edge/edge.ts';
import type { EdgeSink } from '../../core/edge/options.ts';
import { apply, callsOf, type CallAt, type CallDefinition } from '../../core/recording/calls/calls.ts';
import type { Answers } from '../../core/recording/calls/read.ts';
import type { Head, MadeWith } from '../../core/recording/file/format.ts';
import type { Generation } from '../../core/recording/file/read.ts';
import { notedEdgeSink, recordedEdge, type EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { framesOnly, type MountOutput, type OutputOf } from '../../core/edge/output/output.ts';
import { notedRelaySink, recordedRelay, type RelayMachine } from '../../core/recording/recorded-relay.ts';
import type { Recorder } from '../../core/recording/recorder.ts';
import { OutputHash, type Outputs } from '../../core/recording/output-hash.ts';
import { StateReader, StateWriter } from '../../core/recording/saved-state.ts';
import { Output, type Answer, type MachineEvent } from '../../core/recording/told.ts';
import { ByteReader, ByteWriter } from '../../core/recording/file/wire.ts';
import { Relay, type RelaySink } from '../../core/relay/relay.ts';
import type { Micros } from '../../core/base/units.ts';

export interface There {
  readonly mounts: readonly { readonly mount: string; readonly stream: string; readonly origin: string; readonly source: string }[];
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

/** What may be another than was recorded of what a machine is told when it is made. */
type Wanted = Pick<Head, 'settings' | 'policies'>;
/** All that it is told. */
type Made = MadeWith & Pick<Head, 'settings'>;

export interface PlayerOptions {
  /** Instead of what was recorded. */
  readonly wanted?: Wanted;
  /** Records it anew. */
  readonly recorder?: Recorder;
}

type Machine = { readonly kind: 'edge'; readonly edge: EdgeMachine } | { readonly kind: 'relay'; readonly relay: RelayMachine };

/** The machine of a recording, which does what is recorded. */
export class Player implements Outputs {
  readonly hash: OutputHash = new OutputHash();
  /** What was last said of each listener's or subscriber's backlog. */
  readonly backlogs: Map<number, number> = new Map();
  /** Says what a listener's or subscriber's connection has not taken, where that was not recorded. */
  backlogOf: (of: number) => number = () => 0;
  readonly #machine: Machine;
  readonly #calls: Readonly<Record<string, CallDefinition>>;
  readonly #watcher: Watcher;
  #now = 0 as Micros;
  #answers: Answers | undefined;
  #asked = 0;

  constructor({ head, state }: Generation, watcher: Watcher, { wanted = head, recorder }: PlayerOptions = {}) {
    this.#watcher = watcher;
    this.#calls = callsOf(head.role);
    this.#machine = head.role === 'edge' ? { kind: 'edge', edge: this.#edge({ ...head, ...wanted }, recorder) } : { kind: 'relay', relay: this.#relay({ ...head, ...wanted }, recorder) };
    if (state.length > 0) this.machine.snapshot(new StateReader(new ByteReader(state), head.stateAudio, head.audio));
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
    const answer = apply(this.machine, call);
    if (this.#calls[call.kind]?.isAnswered === true) this.hash.answer(this.#now, answer);
    return answer;
  }

  /** Its state, as it would be saved now. */
  state({ stateAudio, audio }: Pick<Head, 'stateAudio' | 'audio'>): Uint8Array {
    const writer = new ByteWriter();
    this.machine.snapshot(new StateWriter(writer, stateAudio, audio));
    return writer.written;
  }

  #there(): There {
    const mounts = this.#machine.kind === 'edge' ? this.#machine.edge.mounts() : [];
    const paths = this.machine.stats.paths.map(({ label }) => label);
    return { mounts: mounts.map(({ name, liveStream, liveOrigin = '', liveSource = '', fallback }) => ({ mount: name, stream: fallback ?? liveStream, origin: liveOrigin, source: liveSource })), paths };
  }

  sent(to: number, bytes: Uint8Array): void {
    this.hash.sent(this.#now, to, bytes);
  }

  told(output: number, of: number): void {
    this.hash.told(this.#now, output, of);
  }

  event(event: MachineEvent): void {
    this.hash.event(this.#now, event);
  }

  dropped(path: number): void {
    this.told(Output.drop, path);
  }

  backlog(bytes: number): number {
    return bytes;
  }

  #edge({ settings, policies, wish, verifies }: Made, recorder: Recorder | undefined): EdgeMachine {
    const outputs = ({ name }: OutputOf): readonly MountOutput[] => [framesOnly((now, _bytes, durationUs) => this.#watcher.onAir(now, name, durationUs))];
    const sink: EdgeSink = notedEdgeSink({ ...this.#sink, ...(verifies === true && { proof: this.#proof }), end: () => {} }, this);
    const options = { settings, outputs, wish, ...(policies && { policies }) };
    return recorder === undefined ? new Edge(options, sink) : recordedEdge(options, sink, recorder);
  }

  #relay({ settings, mounts, refusesTitles }: Made, recorder: Recorder | undefined): RelayMachine {
    const sink: RelaySink = notedRelaySink({ ...this.#sink, cut: () => {}, drop: () => {} }, this);
    const options = { settings, mounts, refusesTitles };
    return recorder === undefined ? new Relay(options, sink) : recordedRelay(options, sink, recorder);
  }

  /** Nobody is there to take what comes out; what was answered then is answered again. */
  readonly #sink = {
    send: (): void => {},
    backlogBytes: (of: number): number => this.#backlog(of),
    event: (event: { readonly kind: string }): void => this.#watcher.event(this.#now, event),
  };

  /** What was found then is found again. Where that is not known, everything is as it was signed. */
  readonly #proof = {
    covers: (): number => this.#answer(1),
    faultOf: (): number => this.#answer(0),
    differs: (): number => this.#answer(0),
    isOther: (): number => this.#answer(0),
  };

  #answer(otherwise: number): number {
    return this.#answers === undefined ? otherwise : (this.#answers.get(this.#asked++) ?? 0);
  }

  #backlog(of: number): number {
    if (this.#answers === undefined) return this.backlogOf(of);
    const bytes = this.#answer(0);
    this.backlogs.set(of, bytes);
    return bytes;
  }
}
