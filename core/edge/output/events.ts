import type { Codec, FrameFormat } from '../../codec/format/format.ts';

/** What is reported of what a mountpoint gives out. */
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
    };
