import type { Snapshot } from '../../base/snapshot.ts';
import type { Codec, FrameFormat, FrameHeader, HeaderProblem, SkipReason } from './format.ts';

/**
 * Everything that is known of one family of codecs: those whose frames have the same header. Each is a folder of its own; all of
 * them are in `codec/families.ts`, and nobody else tells one codec from another.
 *
 * What is optional is not there where a codec has no need of it.
 */
export interface CodecFamily {
  /** What a source sends, for people. */
  readonly name: string;
  /** Its codecs. Players go on when frames of one come behind those of another of the same group, and of no other one. */
  readonly groups: readonly (readonly Codec[])[];
  /** Every format there is, one object each. */
  readonly formats: readonly FrameFormat[];
  /** The media type that listeners are told. */
  readonly contentType: string;
  /** Which of its codecs an ANNOUNCE is taken to mean: that has one byte for all of them. */
  readonly announcedAs: Codec;
  /** The bytes that stand for it in an ANNOUNCE, the lowest first. */
  readonly audioTypes: readonly AudioType[];
  /** Whether a header has a field for the bit rate; where it has none, each frame has its own by its length. */
  readonly hasRateField: boolean;
  /** What a codec is called with its variant, for people: AAC-LC. */
  nameOf(format: FrameFormat): string;
  /** Whether two formats of the family, which are two objects, are the same to a decoder. */
  isSameFormat(a: FrameFormat, b: FrameFormat): boolean;

  /** So many bytes of a header are read. */
  readonly headerBytes: number;
  /** The longest frame. */
  readonly mostFrameBytes: number;
  /** All that its headers begin with: a byte, and which ones can be behind it. No two families have one pair in common. */
  readonly sync: Sync;
  /** Reads the header at `at`, of which `headerBytes` must be there, into `into`; says why when there is none, and changes nothing then. */
  readHeader(bytes: Uint8Array, at: number, into: FrameHeader): HeaderProblem | undefined;
  /** Whether the whole frame at `at`, whose header has been read, is a table of contents for players instead of programme. */
  infoFrameKind?(bytes: Uint8Array, at: number, header: FrameHeader): SkipReason | undefined;
  /** How much has to be kept of what stands at `at` to tell that it is such a frame; 0: it is none. Its header need not be one. */
  infoFrameBytes?(bytes: Uint8Array, at: number, end: number): number;
  /** What begins with these bytes, for an operator, when it is a variant of the codec that is not supported. */
  unsupported?(head: Uint8Array): string | undefined;

  /** How much of a frame is read without decoding it, from its first byte on: its head. */
  headBytes(format: FrameFormat): number;
  /** The longest head. */
  readonly mostHeadBytes: number;
  /** A fingerprint of how the sound of a frame is coded, by its head, without what depends on the frames before it. */
  soundDigest(frame: Uint8Array, format: FrameFormat): number;
  newLevels(): FrameLevels;

  /**
   * Whether a decoder that is given `next` right behind `last`, of the same format, makes no more noise of it than has to be; `predecessor`
   * is the frame that `next` followed in its own stream.
   */
  readonly joinsWell?: (last: Uint8Array, next: Uint8Array, predecessor: Uint8Array | undefined) => boolean;
  newCutRepair?(): CutRepair;
  newCutWatch?(): CutWatch;
}

/** A byte of an ANNOUNCE, and what it says. */
export interface AudioType {
  readonly byte: number;
  readonly channels: number;
  readonly kbps: number;
}

export interface Sync {
  readonly first: number;
  has(second: number): boolean;
}

/** Below every level of a frame's parts: nothing was coded. */
export const SILENT = 0;

/** Reads how loud the parts of a frame are, without decoding. */
export interface FrameLevels {
  /** Whether the frame that was read last is digital silence: nothing is coded in it. */
  readonly isSilent: boolean;
  /**
   * Writes what each part of a whole frame has to the beginning of `levels`, in steps of 1.5 dB, SILENT where a part has no sound at all. Returns
   * how many parts those are.
   */
  read(bytes: Uint8Array, levels: number[], format: FrameFormat): number;
}

/** Mends the first frames behind a cut, so that a decoder makes no noise of them. */
export interface CutRepair {
  /** Whether the frame that it gave last is a silent one instead: what it needs was not there. */
  readonly isSilenced: boolean;
  /** The next frame is not the one behind the last one. */
  cut(): void;
  /**
   * The frame to give out for `frame`, of the same length in time: mostly itself, and always where it is of another family. `before(1)` is
   * the frame right before it in its stream, `before(2)` the one before that, as long as they are known.
   */
  next(frame: Uint8Array, before: (back: number) => Uint8Array | undefined): Uint8Array;
  /** Saves or restores its state. */
  snapshot(a: Snapshot): void;
}

/**
 * What a decoder can do with a frame.
 *
 * - `whole`: decode it.
 * - `joining`: nothing yet, because it reaches back to before what has been received: so does every stream that is entered.
 * - `overlap`, `foreign`, `overrun`: noise. The stream was broken right before it: it takes bytes that belonged to the
 *   frame before, or leaves out bytes that look like another frame's audio, or more audio than there are bytes.
 * - `behind`: noise again, for it reaches back to before that break.
 */
export type Decodability = 'whole' | 'joining' | 'overlap' | 'foreign' | 'overrun' | 'behind';

/** Sees where a stream was cut and not mended. */
export interface CutWatch {
  /** Bytes are missing, or another stream begins. */
  restart(): void;
  /** The next frame; one of another family is `whole`. */
  frame(bytes: Uint8Array, header: FrameHeader): Decodability;
}
