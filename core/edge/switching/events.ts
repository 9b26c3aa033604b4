import type { Codec, FormatRefusal } from '../../codec/format/format.ts';
import type { EncoderName, StreamName } from '../../links/peers/encoder-name.ts';
import type { GapVerdict } from '../stream/events.ts';
import type { ContentFault } from './triggers/content-fault.ts';
import type { PlannedReason } from './triggers/switch-triggers.ts';

/** Why a stream was left. */
export type SwitchReason = 'stalled' | 'behind' | 'lost' | 'paths-closed' | 'forgotten' | PlannedReason;

/** Why a stream could not go on in place of the live one. */
export type Unfitness =
  /** No frame for longer than its cadence explains. */
  | 'stalled'
  /** No connection that it came by is open. */
  | 'no-path'
  /** It comes faster than real time. */
  | 'unpaced'
  /** Its frames cannot follow those on air. */
  | 'other-format'
  /** It is silent, or repeats itself, where the live one does not. */
  | ContentFault
  /** Its content is known to differ from that of the live one. */
  | 'stranger'
  /** It is known no more. */
  | 'gone';

/** The same in English, behind the name of a stream: for logs, pages and pictures alike. */
export const unfitnessTexts: Readonly<Record<Unfitness, string>> = {
  'stalled': 'has stalled',
  'no-path': 'comes by no connection any more',
  'unpaced': 'is faster than real time',
  'other-format': 'has another format',
  'silent': 'is silent',
  'frozen': 'repeats itself',
  'stranger': 'carries another programme',
  'gone': 'is gone',
};

/** What a stream of a mountpoint did last, as far as is known. */
export interface LastSeen extends StreamName {
  readonly wasOnAir: boolean;
  /** Undefined: it was well. */
  readonly why: Unfitness | undefined;
  /** Since its last frame. */
  readonly silentMs: number;
}

/** What is reported of the choice among the streams of a mountpoint. */
export type SwitchingEvent =
  | (EncoderName & {
      readonly kind: 'mount-started';
      readonly mount: string;
      /** '' when there is none yet, but a fallback. When that cannot be heard, the first stream starts it once more. */
      readonly stream: string;
      readonly codec: Codec;
      readonly sampleRateHz: number;
      readonly channels: number;
    })
  | ({ readonly kind: 'backup-added'; readonly mount: string; readonly stream: string; readonly backups: number } & EncoderName)
  /** The mountpoint has one encoder, and has had no other for `forMs`. */
  | ({ readonly kind: 'no-backup'; readonly mount: string; readonly stream: string; readonly forMs: number } & EncoderName)
  /**
   * The last backup that stood by is gone, or has been for `forMs`: nothing can take over. Told at once, and every minute. `stream` is the backup, and why it
   * cannot; `onAir` is what is heard, '' where that is no stream.
   */
  | (EncoderName & {
      readonly kind: 'backup-lost';
      readonly mount: string;
      readonly stream: string;
      readonly why: Unfitness;
      readonly onAirOrigin: string;
      readonly onAirSource: string;
      readonly onAir: string;
      readonly forMs: number;
    })
  /** A backup stands by again, after `forMs` without one. */
  | ({ readonly kind: 'redundancy-restored'; readonly mount: string; readonly stream: string; readonly backups: number; readonly forMs: number } & EncoderName)
  /** A stream of the same name whose frames cannot follow those on air. */
  | ({ readonly kind: 'backup-refused'; readonly mount: string; readonly stream: string; readonly why: FormatRefusal } & EncoderName)
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
  /** The live stream is stalled, and no backup can take over yet (one that can is a 'switch' at once). */
  | (EncoderName & {
      readonly kind: 'stalled';
      readonly mount: string;
      readonly stream: string;
      readonly silentMs: number;
      readonly thresholdMs: number;
      readonly backups: number;
    })
  /** The live stream is back before anything else took over. */
  | ({ readonly kind: 'resumed'; readonly mount: string; readonly stream: string; readonly silentMs: number } & EncoderName)
  | {
      readonly kind: 'switch';
      readonly mount: string;
      /** Streams, and the names of their encoders. */
      readonly from: string;
      readonly fromOrigin: string;
      readonly fromSource: string;
      readonly to: string;
      readonly toOrigin: string;
      readonly toSource: string;
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
  | (EncoderName & {
      readonly kind: 'gap';
      readonly mount: string;
      readonly stream: string;
      readonly sequence: number;
      readonly messages: number;
      readonly waitedMs: number;
      readonly verdict: GapVerdict;
      /** 'none': the stream is a backup. */
      readonly action: 'skipped' | 'switched' | 'none';
    });
