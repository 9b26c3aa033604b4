import { Edge, type EdgeOptions, type EdgeSink } from '../edge/edge.ts';
import { edgeCalls } from './calls/calls.ts';
import type { Outputs } from './output-hash.ts';
import { recorded, type Public } from './recorded.ts';
import type { Recorder } from './recorder.ts';
import { Output } from './told.ts';

/** What a driver of an edge calls. */
export type EdgeMachine = Public<Edge>;

/** An edge whose every call is recorded. */
export function recordedEdge(options: EdgeOptions, sink: EdgeSink, recorder: Recorder): EdgeMachine {
  const edge = new Edge(options, notedEdgeSink(sink, recorder));
  recorder.start(edge, options.policies);
  return recorded(edge, edgeCalls, recorder);
}

/** A sink of which everything is noted that goes into it. */
export function notedEdgeSink(sink: EdgeSink, outputs: Outputs): EdgeSink {
  return {
    send: (listener, bytes) => {
      outputs.sent(listener, bytes);
      sink.send(listener, bytes);
    },
    backlogBytes: (listener) => outputs.backlog(sink.backlogBytes(listener)),
    end: (listener, reason) => {
      outputs.told(Output.end, listener);
      sink.end(listener, reason);
    },
    answer: (path, bytes) => {
      outputs.told(Output.acknowledge, path);
      outputs.sent(path, bytes);
      sink.answer?.(path, bytes);
    },
    event: (event) => {
      outputs.event(event);
      sink.event(event);
    },
  };
}
