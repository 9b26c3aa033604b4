import type { CommandResult } from '../../../core/edge/switching/operator/command.ts';
import type { Hindrance, StreamInfo } from '../../../core/edge/mountpoint/stream-info.ts';
import type { EndedMount } from '../../../core/edge/edge.ts';
import type { EndedStream } from '../../../core/edge/mountpoint/ended-mounts.ts';
import type { EndReason } from '../../../core/edge/mountpoint/events.ts';
import { toMs, type Micros } from '../../../core/base/units.ts';
import { endTexts, lastSeenText } from '../../log/text/sentence.ts';
import { formatRefusalText } from '../../log/text/words.ts';

/** What an edge answers to a command. */
export interface Answer {
  readonly result: CommandResult;
  /** The same for people. */
  readonly message: string;
  readonly mount: string;
  /** The id of the stream that is on air now. */
  readonly onAir: string | null;
}

/** Status and words for each result; what is below 400 counts as done. */
export const answers: Readonly<Record<CommandResult, { readonly status: number; readonly message: string }>> = {
  'switched': { status: 200, message: 'switched' },
  'waits': { status: 202, message: 'will switch as soon as that stream is ready at the point where the listeners are' },
  'on-air': { status: 200, message: 'already on air' },
  'automatic': { status: 200, message: 'automatic selection is on' },
  'no-such-mount': { status: 404, message: 'no such mountpoint' },
  'no-such-stream': { status: 404, message: 'no other stream of that name' },
  'ambiguous': { status: 409, message: 'several streams have that name: use the first digits of a stream id' },
  'cannot-follow': { status: 409, message: 'its codec differs from the one on air' },
};

/** What an edge answers to who asks for its sources. */
export interface Sources {
  readonly mount: string;
  /** What is on air instead of all of them. */
  readonly fallback: string | null;
  readonly sources: readonly SourceJson[];
  /** Where the mountpoint is not on air any more: since when, and why; `sources` are what they were then. */
  readonly ended: EndedJson | null;
}

export interface EndedJson {
  /** In UTC, as ISO 8601 has it. */
  readonly at: string;
  readonly why: EndReason;
  /** The same for people. */
  readonly message: string;
  readonly silentMs: number;
  readonly onAirMs: number;
  /** Who were disconnected. */
  readonly listeners: number;
}

/** One of a mountpoint's streams, in JSON; what is not known is null. */
export interface SourceJson {
  readonly id: string;
  readonly origin: string | null;
  readonly source: string | null;
  readonly codec: string | null;
  readonly sampleRateHz: number | null;
  readonly channels: number | null;
  readonly onAir: boolean;
  readonly preferred: boolean;
  readonly chosen: boolean;
  readonly healthy: boolean;
  readonly sickness: string | null;
  readonly aheadMs: number | null;
  readonly matchedBy: string | null;
  readonly whyNot: string | null;
}

/** A mountpoint that has ended. @param at by the clock on the wall. */
export function endedOf({ name, startedAt, endedAt, why, silentMs, listeners, streams }: EndedMount, at: Date): Sources {
  const onAirMs = Math.round(toMs((endedAt - startedAt) as Micros));
  const ended = { at: at.toISOString(), why, message: endTexts[why], silentMs: Math.round(silentMs), onAirMs, listeners };
  return { mount: name, fallback: null, sources: streams.map(endedSource), ended };
}

function endedSource(stream: EndedStream): SourceJson {
  const { stream: id, origin, source, format } = stream;
  return {
    ...identityOf({ id, origin: origin === '' ? undefined : origin, source: source === '' ? undefined : source, format }),
    onAir: false,
    preferred: false,
    chosen: false,
    healthy: false,
    sickness: null,
    aheadMs: null,
    matchedBy: null,
    whyNot: lastSeenText(stream),
  };
}

export function sourceOf(stream: StreamInfo): SourceJson {
  const { isOnAir, isPreferred, isChosen, isHealthy, contentFault, aheadMs, matchedBy, whyNot } = stream;
  return {
    ...identityOf(stream),
    onAir: isOnAir,
    preferred: isPreferred,
    chosen: isChosen,
    healthy: isHealthy,
    sickness: contentFault ?? null,
    aheadMs: aheadMs === undefined ? null : Math.round(aheadMs * 1_000) / 1_000,
    matchedBy: matchedBy ?? null,
    whyNot: whyNot === undefined ? null : hindranceText(whyNot),
  };
}

/** What a stream is, whether it still comes or not. */
function identityOf({ id, origin, source, format }: Pick<StreamInfo, 'id' | 'origin' | 'source' | 'format'>): Pick<SourceJson, 'id' | 'origin' | 'source' | 'codec' | 'sampleRateHz' | 'channels'> {
  return {
    id,
    origin: origin ?? null,
    source: source ?? null,
    codec: format?.codec ?? null,
    sampleRateHz: format?.sampleRateHz ?? null,
    channels: format?.channels ?? null,
  };
}

function hindranceText(hindrance: Hindrance): string {
  switch (hindrance.code) {
    case 'no-frame-yet': return 'no frame received yet';
    case 'no-path': return 'no open path';
    case 'unpaced': return 'faster than real time';
    case 'not-comparable': return 'not matched with the stream on air yet';
    case 'last-resort': return 'taken only if no other stream is left';
    case 'silent': return `no frame for ${Math.round(hindrance.forMs)} ms`;
    default: return formatRefusalText(hindrance);
  }
}
