import type { Archive } from '../base/archive.ts';
import type { PathId, SubscriberId } from '../base/machine.ts';
import type { Peer } from '../links/peer.ts';
import type { Transport } from '../links/transport.ts';
import { Relay, type RelayOptions, type RelaySink } from '../relay/relay.ts';
import type { Micros } from '../base/units.ts';
import { CallKind } from './format.ts';
import type { Recorder } from './recorder.ts';
import { Output } from './told.ts';

/** What a driver of a relay calls. */
export type RelayMachine = Pick<
  Relay,
  'advance' | 'deadline' | 'deadlineReason' | 'openPath' | 'closePath' | 'receive' | 'subscribe' | 'unsubscribe' | 'heldBytes' | 'stats' | 'paths' | 'archive'
>;

/** A relay whose every call is recorded. */
export class RecordedRelay implements RelayMachine {
  readonly #relay: Relay;
  readonly #recorder: Recorder;

  constructor(options: RelayOptions, sink: RelaySink, recorder: Recorder) {
    this.#relay = new Relay(options, recordedSink(sink, recorder));
    this.#recorder = recorder;
    recorder.start(this.#relay);
  }

  get deadline(): Micros {
    return this.#relay.deadline;
  }

  get deadlineReason(): string {
    return this.#relay.deadlineReason;
  }

  get heldBytes(): number {
    return this.#relay.heldBytes;
  }

  get stats(): Relay['stats'] {
    return this.#relay.stats;
  }

  get paths(): Relay['paths'] {
    return this.#relay.paths;
  }

  /** When it is restored, its recording begins with the state that it has then. */
  archive(a: Archive): void {
    this.#relay.archive(a);
    if (a.isLoading) this.#recorder.resume();
  }

  advance(now: Micros): void {
    this.#recorder.begin(CallKind.advance, now);
    this.#relay.advance(now);
    this.#recorder.end();
  }

  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined {
    this.#recorder.opens(now, transport, peer.name, peer.role === 'relay');
    const path = this.#relay.openPath(now, transport, peer);
    this.#recorder.opened(path, transport);
    return path;
  }

  closePath(now: Micros, path: PathId, reason: string): void {
    this.#recorder.closes(now, path, reason);
    this.#relay.closePath(now, path, reason);
    this.#recorder.end();
  }

  receive(now: Micros, path: PathId, bytes: Uint8Array): void {
    this.#recorder.receives(now, path, bytes);
    this.#relay.receive(now, path, bytes);
    this.#recorder.end();
  }

  subscribe(now: Micros, peer: Peer): SubscriberId | undefined {
    this.#recorder.begin(CallKind.subscribe, now)?.text(peer.name);
    const subscriber = this.#relay.subscribe(now, peer);
    this.#recorder.answered(subscriber);
    return subscriber;
  }

  unsubscribe(now: Micros, subscriber: SubscriberId, reason: string): void {
    const call = this.#recorder.begin(CallKind.unsubscribe, now);
    if (call !== undefined) {
      call.varint(subscriber);
      call.text(reason);
    }
    this.#relay.unsubscribe(now, subscriber, reason);
    this.#recorder.end();
  }
}

function recordedSink(sink: RelaySink, recorder: Recorder): RelaySink {
  return {
    send: (subscriber, bytes) => {
      recorder.sent(subscriber, bytes);
      sink.send(subscriber, bytes);
    },
    backlogBytes: (subscriber) => recorder.backlog(sink.backlogBytes(subscriber)),
    cut: (subscriber, reason) => {
      recorder.told(Output.cut, subscriber);
      sink.cut(subscriber, reason);
    },
    acknowledge: (path, bytes) => {
      recorder.told(Output.acknowledge, path);
      recorder.sent(path, bytes);
      sink.acknowledge?.(path, bytes);
    },
    drop: (path, reason) => {
      recorder.dropped(path);
      sink.drop(path, reason);
    },
    event: (event) => {
      recorder.event(event);
      sink.event(event);
    },
  };
}
