/** MPEG audio Layer I, II and III are 'mp1', 'mp2' and 'mp3'; 'aac' is AAC in ADTS. What is known of each is in its family. */
export const codecs = ['mp3', 'aac', 'mp2', 'mp1'] as const;
export type Codec = (typeof codecs)[number];

/**
 * What a header says of a frame that a decoder is set up with. There is one object per distinct format, so reading a frame makes no
 * garbage. `codec/formats.ts` says whether two are the same to a decoder.
 */
export interface FrameFormat {
  readonly codec: Codec;
  /** '1', '2' or '2.5' for MPEG audio (ISO 11172-3, 13818-3, and the unofficial extension); '2' or '4' for the ID bit of ADTS. */
  readonly mpegVersion: '1' | '2' | '2.5' | '4';
  /** As the header says. With implicit SBR (HE-AAC) the decoder puts out twice this. */
  readonly sampleRateHz: number;
  /** 0 when ADTS leaves it to a program config element inside the frame. */
  readonly channels: number;
  /** Samples per channel in a frame at `sampleRateHz`; for ADTS, in each raw data block. */
  readonly samplesPerBlock: number;
  /** ADTS audio object type (1 Main, 2 LC, 3 SSR, 4 LTP); 0 for MPEG audio. */
  readonly aacObjectType: number;
}

/** What one frame's header says. One object is filled again and again. */
export interface FrameHeader {
  format: FrameFormat;
  /** The whole frame, header included. */
  lengthBytes: number;
  /** Samples per channel. */
  samples: number;
  /** Of this frame, in bit/s: from the header's table for MPEG audio, from length and duration for ADTS. */
  bitrateBps: number;
  /** How many bytes before this frame its Layer III main data begins (0-511); 0 for everything else. */
  mainDataBegin: number;
}

/** A header to read into. What it says before that means nothing. */
export function emptyFrameHeader(): FrameHeader {
  return { format: noFormat, lengthBytes: 0, samples: 0, bitrateBps: 0, mainDataBegin: 0 };
}

/** Equal to no format that is read. */
const noFormat: FrameFormat = {
  codec: 'mp3',
  mpegVersion: '1',
  sampleRateHz: 44_100,
  channels: 2,
  samplesPerBlock: 1152,
  aacObjectType: 0,
};

/** Why there is no frame at a place. */
export type HeaderProblem = 'no-sync' | 'free-format' | 'reserved-value';

/** Why bytes were no programme. Everything the scanner leaves out is counted under one of these. */
export type SkipReason =
  | 'garbage'
  | 'false-sync'
  | 'free-format'
  | 'reserved-value'
  | 'id3v2-tag'
  | 'id3v1-tag'
  | 'ape-tag'
  | 'lyrics3-tag'
  | 'padding'
  | 'xing-frame'
  | 'vbri-frame'
  | 'cut-frame';

/** For operators: `mp3 44100 Hz 2 ch`. */
export function describeFormat(format: Pick<FrameFormat, 'codec' | 'sampleRateHz' | 'channels'> | undefined): string {
  return format === undefined ? 'nothing' : `${format.codec} ${format.sampleRateHz} Hz ${format.channels} ch`;
}

/** Why a stream, or a file, cannot be heard because of its format. */
export type FormatRefusal =
  /** Frames of one format cannot come behind those of another in one stream. */
  | { readonly code: 'cannot-follow'; readonly format: FrameFormat | undefined; readonly before: FrameFormat | undefined }
  /** The mountpoint is configured to have another codec. */
  | { readonly code: 'other-codec'; readonly wanted: Codec; readonly codec: Codec | undefined };

/** Length of a frame in microseconds, not rounded. */
export function frameDurationUs(format: FrameFormat, samples: number): number {
  return (samples * 1_000_000) / format.sampleRateHz;
}
