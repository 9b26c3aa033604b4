import type { Codec } from './codec/format/format.ts';
import type { ConnectorEvent } from './links/connector.ts';
import type { PlannedReason } from './edge/switching/prospects.ts';
import type { ListenerId, PathId, SubscriberId, TargetId, Transport } from './base/machine.ts';

/**
 * What the machines report: rare, each with the figures an operator needs to see why. Streams are named by the 32 hex
 * digits of their id, mountpoints without their leading slash, paths and targets by the label they were opened with.
 */
export type EncoderEvent =
  | {
      readonly kind: 'encoder-format';
      readonly codec: Codec;
      readonly sampleRateHz: number;
      readonly channels: number;
      readonly bitrateBps: number;
      readonly audioType: number;
    }
  | { readonly kind: 'encoder-title'; readonly title: string }
  /** The source's first bytes are something else than can be carried: nothing will come of it. */
  | { readonly kind: 'source-unsupported'; readonly format: string }
  /** Bytes have come for so long, and no frame was in them; `skipped` has how many were left out, by reason. Told again while that lasts. */
  | { readonly kind: 'source-without-frames'; readonly forMs: number; readonly bytes: number; readonly skipped: Readonly<Record<string, number>> }
  /** What its source brought again, as a server does to whoever connects anew, was passed over. */
  | { readonly kind: 'source-repeats'; readonly frames: number; readonly programmeMs: number }
  | { readonly kind: 'target-up'; readonly target: TargetId; readonly label: string; readonly keptMessages: number }
  | { readonly kind: 'target-down'; readonly target: TargetId; readonly label: string }
  /** Dropped for good, since the start, because the target was away or slow for longer than is kept. */
  | { readonly kind: 'target-lost'; readonly target: TargetId; readonly label: string; readonly messages: number }
  | { readonly kind: 'target-stuck'; readonly target: TargetId; readonly label: string; readonly stuckMs: number };

/** What came in by one path while it was open; `dropped` by reason. */
export interface PathFigures {
  readonly messages: number;
  readonly bytes: number;
  readonly dropped: Readonly<Record<string, number>>;
}

export type PathEvent =
  | { readonly kind: 'path-opened'; readonly path: PathId; readonly label: string; readonly transport: Transport }
  | ({ readonly kind: 'path-closed'; readonly path: PathId; readonly label: string; readonly reason: string } & PathFigures)
  /** A named bound was reached; `count` since the start, `holders` the addresses that hold most of what there is. Reported at powers of two. */
  | { readonly kind: 'bound-hit'; readonly bound: string; readonly count: number; readonly holders?: string };

export type RelayEvent =
  | PathEvent
  | { readonly kind: 'stream-new'; readonly stream: string; readonly label: string }
  | { readonly kind: 'stream-announced'; readonly stream: string; readonly mount: string }
  | { readonly kind: 'stream-forgotten'; readonly stream: string; readonly mount: string; readonly silentMs: number }
  /** Somebody else than its owner sends it; `messages` have been refused so far. `owner` is '' where another relay brings it. */
  | {
      readonly kind: 'stream-contested';
      readonly stream: string;
      readonly mount: string;
      readonly owner: string;
      readonly label: string;
      readonly messages: number;
    }
  | { readonly kind: 'subscriber-joined'; readonly subscriber: SubscriberId; readonly label: string; readonly historyMessages: number }
  | { readonly kind: 'subscriber-left'; readonly subscriber: SubscriberId; readonly label: string; readonly reason: string; readonly lostMessages: number }
  | { readonly kind: 'subscriber-behind'; readonly subscriber: SubscriberId; readonly label: string; readonly lostMessages: number }
  | { readonly kind: 'subscriber-cut'; readonly subscriber: SubscriberId; readonly label: string; readonly behindMs: number; readonly lostMessages: number };

/** Why the edge gave a message up. */
export type GapVerdict =
  /** Every live path has delivered later ones. */
  | 'disproved'
  /** What still might have it fell silent, and the rest disproves it. */
  | 'silent-paths'
  /** Nobody that might have it is connected any more. */
  | 'no-path'
  | 'hard-limit'
  | 'window-full'
  | 'jump';

export type SwitchReason = 'stalled' | 'behind' | 'lost' | 'paths-closed' | 'forgotten' | PlannedReason;

export type EdgeEvent =
  | PathEvent
  | { readonly kind: 'stream-new'; readonly stream: string; readonly label: string }
  | { readonly kind: 'stream-forgotten'; readonly stream: string; readonly mount: string; readonly silentMs: number }
  | {
      readonly kind: 'mount-started';
      readonly mount: string;
      /** '' when there is none yet, but a fallback. */
      readonly stream: string;
      readonly codec: Codec;
      readonly sampleRateHz: number;
      readonly channels: number;
    }
  | { readonly kind: 'mount-ended'; readonly mount: string; readonly silentMs: number; readonly listeners: number }
  /** It brings programme faster than time passes, for longer than a burst: it is no candidate until it comes at its pace. */
  | { readonly kind: 'stream-unpaced'; readonly mount: string; readonly stream: string; readonly origin: string; readonly programmeMs: number; readonly withinMs: number }
  | { readonly kind: 'stream-paced'; readonly mount: string; readonly stream: string; readonly origin: string }
  | { readonly kind: 'backup-added'; readonly mount: string; readonly stream: string; readonly backups: number }
  /** No stream could be heard any more: listeners hear the fallback, a mountpoint or a file by its name. */
  | { readonly kind: 'fallback-entered'; readonly mount: string; readonly what: string; readonly silentMs: number }
  | { readonly kind: 'fallback-left'; readonly mount: string; readonly what: string; readonly to: string; readonly forMs: number }
  /** Two streams of one name do not carry the same programme, or within seconds of each other; and when they do after all. */
  | {
      readonly kind: 'programmes-differ' | 'programmes-agree';
      readonly mount: string;
      readonly stream: string;
      readonly origin: string;
      readonly source: string;
      readonly other: string;
      readonly otherOrigin: string;
      readonly otherSource: string;
    }
  /** Two encoders at two addresses have one name. */
  | {
      readonly kind: 'origin-contested';
      readonly mount: string;
      readonly origin: string;
      readonly stream: string;
      readonly source: string;
      readonly other: string;
      readonly otherSource: string;
    }
  /** Its frames cannot follow those that were on air. */
  | { readonly kind: 'fallback-refused'; readonly mount: string; readonly what: string; readonly why: string }
  /** What a mountpoint gives out has another format from here on, which players follow. */
  | { readonly kind: 'new-format'; readonly mount: string; readonly format: string; readonly before: string; readonly listeners: number }
  /** Only a stream of another codec is back: the mountpoint ends, and begins anew with that. */
  | { readonly kind: 'format-changed'; readonly mount: string; readonly stream: string; readonly why: string; readonly listeners: number }
  /** A stream of the same name whose frames cannot follow those on air. */
  | { readonly kind: 'backup-refused'; readonly mount: string; readonly stream: string; readonly why: string }
  /** The live stream is tardy, and no backup can take over yet (one that can is a 'switch' at once). */
  | {
      readonly kind: 'stalled';
      readonly mount: string;
      readonly stream: string;
      readonly silentMs: number;
      readonly thresholdMs: number;
      readonly backups: number;
    }
  /** The live stream is back before anything else took over. */
  | { readonly kind: 'resumed'; readonly mount: string; readonly stream: string; readonly silentMs: number }
  | {
      readonly kind: 'switch';
      readonly mount: string;
      readonly from: string;
      readonly to: string;
      readonly reason: SwitchReason;
      /** How long the listeners had been given nothing. */
      readonly silentMs: number;
      /** Programme of the new stream that followed at once. */
      readonly catchUpMs: number;
      /** Programme that the new stream does not have either: it began later, or lost it. */
      readonly missingMs: number;
      /** Where the cut lies against where it should: less than 0 repeats, more than 0 leaves out. At most half a frame. */
      readonly offByMs: number;
      /** Programme of the new stream that had to come yet before it was where the listeners were. */
      readonly waitMs: number;
      /** Programme that they hear again, because that would have been too long. */
      readonly repeatedMs: number;
      /** What the matcher says: the new stream's media time less the old one's, at the same point of the programme. */
      readonly lagMs: number;
      /** What that was found by: the same frames are in both streams, what is in them, or when they came. */
      readonly matchedBy: 'frames' | 'content' | 'arrival';
      readonly candidates: number;
    }
  | {
      readonly kind: 'gap';
      readonly mount: string;
      readonly stream: string;
      readonly sequence: number;
      readonly messages: number;
      readonly waitedMs: number;
      readonly verdict: GapVerdict;
      /** 'none': the stream is a backup. */
      readonly action: 'skipped' | 'switched' | 'none';
    }
  | { readonly kind: 'title'; readonly mount: string; readonly title: string }
  | { readonly kind: 'listener-joined'; readonly listener: ListenerId; readonly mount: string; readonly label: string; readonly burstMs: number }
  | {
      readonly kind: 'listener-left';
      readonly listener: ListenerId;
      readonly mount: string;
      readonly label: string;
      readonly reason: string;
      readonly connectedMs: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'listener-dropped';
      readonly listener: ListenerId;
      readonly mount: string;
      readonly label: string;
      readonly lagBytes: number;
      readonly connectedMs: number;
      readonly bytes: number;
    };

export type AnyEvent = EncoderEvent | RelayEvent | EdgeEvent | ConnectorEvent;
