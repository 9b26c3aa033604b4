import type { ListenerId } from '../../base/machine.ts';
import type { Codec, FrameFormat } from '../../codec/format/format.ts';

/** What is reported of what a mountpoint gives out, and of its listeners. */
export type OutputEvent =
  /** What a mountpoint gives out has another format from here on, which players follow. */
  | {
      readonly kind: 'new-format';
      readonly mount: string;
      readonly codec: Codec;
      readonly sampleRateHz: number;
      readonly channels: number;
      readonly before: FrameFormat;
      readonly listeners: number;
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
