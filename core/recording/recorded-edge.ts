import { Edge } from '../edge/edge.ts';
import type { EdgeOptions, EdgeSink } from '../edge/options.ts';
import { edgeCalls } from './calls/calls.ts';
import type { ProofChecks } from '../edge/intake/proof/checks.ts';
import type { Outputs } from './output-hash.ts';
import { recorded, type Public } from './recorded.ts';
import type { Recorder } from './recorder.ts';
import { Output } from './told.ts';

/** What a driver of an edge calls. */
export type EdgeMachine = Public<Edge>;

/** An edge whose every call is recorded. */
export function recordedEdge(options: EdgeOptions, sink: EdgeSink, recorder: Recorder): EdgeMachine {
  const edge = new Edge(options, notedEdgeSink(sink, recorder));
  const { policies, wish } = options;
  recorder.start(edge, { ...(policies && { policies }), ...(wish && { wish }), ...(sink.proof && { verifies: true as const }) });
  return recorded(edge, edgeCalls, recorder);
}

/** All answers are numbers, and the usual ones are not written down. */
function notedChecks(checks: ProofChecks, outputs: Outputs): ProofChecks {
  return {
    covers: (mountpoint) => outputs.backlog(checks.covers(mountpoint)),
    faultOf: (signed) => outputs.backlog(checks.faultOf(signed)),
    differs: (message, digests, at) => outputs.backlog(checks.differs(message, digests, at)),
    isOther: (message, bytes, start, end) => outputs.backlog(checks.isOther(message, bytes, start, end)),
  };
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
    segment: (mount, segment) => {
      outputs.sent(segment.number, segment.bytes);
      sink.segment?.(mount, segment);
    },
    segmentsEnded: (mount) => sink.segmentsEnded?.(mount),
    part: (mount, part) => {
      outputs.sent(part.number, part.bytes);
      sink.part?.(mount, part);
    },
    partsEnded: (mount) => sink.partsEnded?.(mount),
    ...(sink.proof && { proof: notedChecks(sink.proof, outputs) }),
    event: (event) => {
      outputs.event(event);
      sink.event(event);
    },
  };
}
