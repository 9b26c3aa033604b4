import type { TargetId } from '../base/machine.ts';
import type { Codec } from '../codec/format/format.ts';

/** What an encoder reports: rare, each event with the figures that an operator needs to see why. Targets are named by the label they were opened with. */
export type EncoderEvent = (SourceEvent & SourceName) | TargetEvent;

/** Of which source. `origin`: what its encoder is called, '' without a name. */
export interface SourceName {
  readonly mount: string;
  readonly origin: string;
  readonly stream: string;
}

/** What it reports of one source. */
export type SourceEvent =
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
  /** No frame has come for so long; `bytes` have, of which `skipped` were left out, by reason. Told again while more come. */
  | { readonly kind: 'source-without-frames'; readonly forMs: number; readonly bytes: number; readonly skipped: Readonly<Record<string, number>> }
  /** What its source brought again, as a server does to whoever connects anew, was passed over. */
  | { readonly kind: 'source-repeats'; readonly frames: number; readonly programmeMs: number };

/** What it reports of one target, with all that goes to it. */
export type TargetEvent =
  | { readonly kind: 'target-up'; readonly target: TargetId; readonly label: string; readonly keptMessages: number }
  | { readonly kind: 'target-down'; readonly target: TargetId; readonly label: string }
  /** Dropped for good, since the start, because the target was away or slow for longer than is kept. */
  | { readonly kind: 'target-lost'; readonly target: TargetId; readonly label: string; readonly messages: number }
  /** None is connected, or has been for `forMs`: told at once, of a start after ten seconds, and every minute. `label` is the one that was left last. */
  | { readonly kind: 'no-target-left'; readonly label: string; readonly forMs: number }
  /** One is again. */
  | { readonly kind: 'target-back'; readonly label: string; readonly forMs: number }
  | { readonly kind: 'target-stuck'; readonly target: TargetId; readonly label: string; readonly stuckMs: number };
