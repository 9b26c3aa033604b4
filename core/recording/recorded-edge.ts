import type { Archive } from '../base/archive.ts';
import type { EndReason, JoinOptions } from '../edge/output/broadcast.ts';
import { Edge, type EdgeOptions, type EdgeSink, type MountInfo } from '../edge/edge.ts';
import type { ListenerId, PathId } from '../base/machine.ts';
import type { Peer } from '../links/peer.ts';
import type { Transport } from '../links/transport.ts';
import type { Micros } from '../base/units.ts';
import type { CommandResult, MountCommand } from '../edge/switching/command.ts';
import { writeCommand } from './calls.ts';
import { CallKind } from './format.ts';
import type { FallbackProblem } from '../edge/fallback/problem.ts';
import type { Recorder } from './recorder.ts';
import { Output } from './told.ts';

/** What a driver of an edge calls. */
export type EdgeMachine = Pick<
  Edge,
  | 'advance'
  | 'deadline'
  | 'deadlineReason'
  | 'openPath'
  | 'closePath'
  | 'receive'
  | 'mount'
  | 'mounts'
  | 'join'
  | 'leave'
  | 'command'
  | 'streamsOf'
  | 'provideFallback'
  | 'heldBytes'
  | 'stats'
  | 'buffers'
  | 'behindBytes'
  | 'paths'
  | 'archive'
>;

/** An edge whose every call is recorded. */
export class RecordedEdge implements EdgeMachine {
  readonly #edge: Edge;
  readonly #recorder: Recorder;

  constructor(options: EdgeOptions, sink: EdgeSink, recorder: Recorder) {
    this.#edge = new Edge(options, recordedSink(sink, recorder));
    this.#recorder = recorder;
    recorder.start(this.#edge, options.policies);
  }

  get deadline(): Micros {
    return this.#edge.deadline;
  }

  get deadlineReason(): string {
    return this.#edge.deadlineReason;
  }

  get heldBytes(): number {
    return this.#edge.heldBytes;
  }

  get stats(): Edge['stats'] {
    return this.#edge.stats;
  }

  get buffers(): Edge['buffers'] {
    return this.#edge.buffers;
  }

  behindBytes(listener: ListenerId): number {
    return this.#edge.behindBytes(listener);
  }

  mount(name: string): MountInfo | undefined {
    return this.#edge.mount(name);
  }

  mounts(): readonly MountInfo[] {
    return this.#edge.mounts();
  }

  streamsOf(now: Micros, name: string): ReturnType<Edge['streamsOf']> {
    return this.#edge.streamsOf(now, name);
  }

  get paths(): Edge['paths'] {
    return this.#edge.paths;
  }

  /** When it is restored, its recording begins with the state that it has then. */
  archive(a: Archive): void {
    this.#edge.archive(a);
    if (a.isLoading) this.#recorder.resume();
  }

  advance(now: Micros): void {
    this.#recorder.begin(CallKind.advance, now);
    this.#edge.advance(now);
    this.#recorder.end();
  }

  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined {
    // An edge has no paths but to relays.
    this.#recorder.opens(now, transport, peer.name, false);
    const path = this.#edge.openPath(now, transport, peer);
    this.#recorder.opened(path, transport);
    return path;
  }

  closePath(now: Micros, path: PathId, reason: string): void {
    this.#recorder.closes(now, path, reason);
    this.#edge.closePath(now, path, reason);
    this.#recorder.end();
  }

  receive(now: Micros, path: PathId, bytes: Uint8Array): void {
    this.#recorder.receives(now, path, bytes);
    this.#edge.receive(now, path, bytes);
    this.#recorder.end();
  }

  join(now: Micros, name: string, options: JoinOptions): ListenerId | 'no-such-mount' | 'full' {
    const call = this.#recorder.begin(CallKind.join, now);
    if (call !== undefined) {
      call.text(name);
      call.byte(options.icy ? 1 : 0);
      call.text(options.label);
      call.varint(options.burstMs === undefined ? 0 : options.burstMs + 1);
    }
    const joined = this.#edge.join(now, name, options);
    this.#recorder.answered(joined);
    return joined;
  }

  leave(now: Micros, listener: ListenerId, reason: string): void {
    const call = this.#recorder.begin(CallKind.leave, now);
    if (call !== undefined) {
      call.varint(listener);
      call.text(reason);
    }
    this.#edge.leave(now, listener, reason);
    this.#recorder.end();
  }

  provideFallback(now: Micros, mount: string, title: string, file: Uint8Array): FallbackProblem | undefined {
    this.#recorder.provides(now, mount, title, file);
    const problem = this.#edge.provideFallback(now, mount, title, file);
    this.#recorder.answered(problem === undefined ? undefined : 'refused');
    return problem;
  }

  command(now: Micros, name: string, command: MountCommand): CommandResult {
    const call = this.#recorder.begin(CallKind.command, now);
    if (call !== undefined) {
      call.text(name);
      writeCommand(call, command);
    }
    const result = this.#edge.command(now, name, command);
    this.#recorder.answered(result);
    return result;
  }
}

function recordedSink(sink: EdgeSink, recorder: Recorder): EdgeSink {
  return {
    send: (listener, bytes) => {
      recorder.sent(listener, bytes);
      sink.send(listener, bytes);
    },
    backlogBytes: (listener) => recorder.backlog(sink.backlogBytes(listener)),
    end: (listener, reason: EndReason) => {
      recorder.told(Output.end, listener);
      sink.end(listener, reason);
    },
    event: (event) => {
      recorder.event(event);
      sink.event(event);
    },
  };
}
