import type { EdgeStream } from '../stream/stream.ts';
import type { FormatRefusal, FrameFormat } from '../../codec/format/format.ts';
import { canFollow, cannotFollow } from '../../codec/formats.ts';
import type { Match } from '../content/matcher.ts';
import { isFrom } from '../switching/operator/command.ts';
import type { CurrentPolicy } from '../../config/policies.ts';
import type { Settings } from '../../config/settings.ts';
import { contentFaultOf, hasContentFaultBeside, type ContentFault } from '../switching/triggers/content-fault.ts';
import type { Switcher } from '../switching/switcher.ts';
import { toMs, type Micros } from '../../base/units.ts';

/** One of a mountpoint's streams, as operators see it. */
export interface StreamInfo {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** What its encoder announces itself as, and the address that a relay takes it from, where they say so. */
  readonly origin: string | undefined;
  readonly source: string | undefined;
  /** Of its newest frame. */
  readonly format: FrameFormat | undefined;
  readonly isOnAir: boolean;
  /** It is the one that the mountpoint's policy prefers. */
  readonly isPreferred: boolean;
  /** An operator has chosen it. */
  readonly isChosen: boolean;
  /** Its frames come, by an open path, in its usual cadence, and no faster than real time. */
  readonly isHealthy: boolean;
  /** What it has though its frames come: for longer than its mountpoint allows; or they come faster than real time. */
  readonly contentFault: ContentFault | 'unpaced' | undefined;
  /** Programme that it has beyond the point where the listeners are; less than 0: it is behind that. Undefined where the two cannot be compared. */
  readonly aheadMs: number | undefined;
  /** What that point was found by; undefined for the one on air. */
  readonly matchedBy: Match['by'] | undefined;
  /** Why it could not go on air now; undefined when it could, or is. */
  readonly whyNot: Hindrance | undefined;
}

/** Why a stream could not go on air. */
export type Hindrance =
  | FormatRefusal
  /** No frame has come yet; no path to it is open; it comes faster than real time; or it cannot be compared with the one on air. */
  | { readonly code: 'no-frame-yet' | 'no-path' | 'unpaced' | 'not-comparable' }
  /** It carries no programme, and the one on air does: it is taken when no other one is left. */
  | { readonly code: 'last-resort' }
  /** No frame for so long. */
  | { readonly code: 'silent'; readonly forMs: number };

/** What the streams of a mountpoint are told by. */
export interface Mountpoint {
  readonly switcher: Switcher;
  readonly wanted: CurrentPolicy;
}

export function streamInfo(now: Micros, stream: EdgeStream, { switcher, wanted }: Mountpoint): StreamInfo {
  const { policy, settings } = wanted;
  const { name, origin, source, format } = stream;
  const aheadUs = switcher.lineup.aheadUs(stream);
  const isOnAir = switcher.live === stream && !switcher.isOnFallback;
  return {
    id: name,
    origin,
    source,
    format,
    isOnAir,
    isPreferred: policy.prefer !== undefined && isFrom(stream, policy.prefer),
    isChosen: switcher.isChosen(stream),
    isHealthy: stream.isHealthy(now),
    contentFault: stream.health.pace.isUnpaced ? 'unpaced' : contentFaultOf(stream, settings),
    aheadMs: aheadUs === undefined ? undefined : toMs(aheadUs as Micros),
    matchedBy: switcher.lineup.matchOf(stream)?.by,
    whyNot: isOnAir ? undefined : (hindrance(now, stream, switcher.format, aheadUs) ?? lastResort(stream, switcher.live, settings)),
  };
}

function hindrance(now: Micros, stream: EdgeStream, onAir: FrameFormat | undefined, aheadUs: number | undefined): Hindrance | undefined {
  const { format, messages, health } = stream;
  if (format === undefined) return { code: 'no-frame-yet' };
  if (onAir !== undefined && !canFollow(format, onAir)) return cannotFollow(format, onAir);
  if (!messages.hasPath) return { code: 'no-path' };
  if (health.pace.isUnpaced) return { code: 'unpaced' };
  if (!stream.isHealthy(now)) return { code: 'silent', forMs: toMs((now - health.frameAt) as Micros) };
  return aheadUs === undefined ? { code: 'not-comparable' } : undefined;
}

function lastResort(stream: EdgeStream, live: EdgeStream | undefined, settings: Settings): Hindrance | undefined {
  return live !== undefined && hasContentFaultBeside(stream, live, settings) ? { code: 'last-resort' } : undefined;
}
