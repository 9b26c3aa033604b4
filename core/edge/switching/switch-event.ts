import type { SwitchingEvent, SwitchReason } from './events.ts';
import type { Takeover } from '../playout/takeover.ts';

/** How it was for the listeners that a takeover takes along. */
export interface Departure {
  readonly mount: string;
  readonly from: string;
  readonly reason: SwitchReason;
  readonly silentMs: number;
  /** Media time of the stream that is left. */
  readonly playheadUs: number;
  readonly candidates: number;
}

/** What is told of a switch. */
export function switchEvent(takeover: Takeover, { mount, from, reason, silentMs, playheadUs, candidates }: Departure): SwitchingEvent {
  const { stream, pointUs, matchedBy, missingUs, aheadUs, offByUs, waitUs, repeatedUs } = takeover;
  return {
    kind: 'switch',
    mount,
    from,
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
