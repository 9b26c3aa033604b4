import { Relay, type RelayOptions, type RelaySink } from '../relay/relay.ts';
import { relayCalls } from './calls/calls.ts';
import type { Outputs } from './output-hash.ts';
import { recorded, type Public } from './recorded.ts';
import type { Recorder } from './recorder.ts';
import { Output } from './told.ts';

/** What a driver of a relay calls. */
export type RelayMachine = Public<Relay>;

/** A relay whose every call is recorded. */
export function recordedRelay(options: RelayOptions, sink: RelaySink, recorder: Recorder): RelayMachine {
  const relay = new Relay(options, notedRelaySink(sink, recorder));
  const { mounts, refusesTitles = false } = options;
  recorder.start(relay, { ...(mounts && { mounts }), ...(refusesTitles && { refusesTitles }) });
  return recorded(relay, relayCalls, recorder);
}

/** A sink of which everything is noted that goes into it. */
export function notedRelaySink(sink: RelaySink, outputs: Outputs): RelaySink {
  return {
    send: (subscriber, bytes) => {
      outputs.sent(subscriber, bytes);
      sink.send(subscriber, bytes);
    },
    backlogBytes: (subscriber) => outputs.backlog(sink.backlogBytes(subscriber)),
    // What the relay does by it cannot be told from outside.
    ...(sink.hasLetGo && { hasLetGo: sink.hasLetGo }),
    cut: (subscriber, reason) => {
      outputs.told(Output.cut, subscriber);
      sink.cut(subscriber, reason);
    },
    acknowledge: (path, bytes) => {
      outputs.told(Output.acknowledge, path);
      outputs.sent(path, bytes);
      sink.acknowledge?.(path, bytes);
    },
    drop: (path, reason) => {
      outputs.dropped(path);
      sink.drop(path, reason);
    },
    event: (event) => {
      outputs.event(event);
      sink.event(event);
    },
  };
}
