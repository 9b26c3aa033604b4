import type { SwitchingEvent, SwitchReason } from './events.ts';
import { encoderName } from '../../links/peers/encoder-name.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { Takeover } from '../playout/takeover.ts';

/** How it was for the listeners that a takeover takes along. */
export interface Departure {
  readonly mount: string;
  readonly from: EdgeStream;
  readonly reason: SwitchReason;
  readonly silentMs: number;
  /** Media time of the stream that is left. */
  readonly playheadUs: number;
  readonly candidates: number;
}

/** What is told of a switch. */
export function switchEvent(takeover: Takeover, { mount, from, reason, silentMs, playheadUs, candidates }: Departure): SwitchingEvent {
  const { stream, pointUs, matchedBy, missingUs, aheadUs, offByUs, waitUs, repeatedUs } = takeover;
  const [left, entered] = [encoderName(from), encoderName(stream)];
  return {
    kind: 'switch',
    mount,
    fromOrigin: left.origin,
    fromSource: left.source,
    from: from.name,
    toOrigin: entered.origin,
    toSource: entered.source,
    to: stream.name,
    reason,
    silentMs,
    catchUpMs: inMs(aheadUs),
    missingMs: inMs(missingUs),
    offByMs: inMs(offByUs),
    waitMs: inMs(waitUs),
    repeatedMs: inMs(repeatedUs),
    lagMs: inMs(pointUs + repeatedUs - playheadUs),
    matchedBy,
    candidates,
  };
}

/** To the microsecond. */
function inMs(us: number): number {
  return Math.round(us) / 1000;
}
