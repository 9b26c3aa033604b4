import type { MountPolicies } from '../../config/mount-policy.ts';
import type { Settings } from '../../config/settings.ts';
import type { EdgeWish } from '../../edge/edge.ts';
import { utf8Decode, utf8Encode } from '../../base/text.ts';
import { crc32, type Checksum } from './checksum.ts';

/**
 * A recording is one or more generations, each of which can be replayed without those before it:
 *
 *     generation   magic, head, state, calls, calls, calls, …            the next one goes on where this one ends
 *     block        | kind 1 | length 4 | CRC-32 4 | length bytes |       numbers are little endian
 *
 * `docs/recording.md` tells what is in each block.
 */
export const MAGIC: Uint8Array = utf8Encode('DAVECREC');
/** Raised when a block's content, or its fingerprint, changes its meaning. */
export const FORMAT_VERSION = 11;
export const BLOCK_HEAD_BYTES = 9;

/** A head is JSON, so that anybody can read what a file is. */
export const BlockKind: { readonly head: 1; readonly state: 2; readonly calls: 3; readonly mark: 4 } = { head: 1, state: 2, calls: 3, mark: 4 };

export type RecordedRole = 'edge' | 'relay';

/** What became of the audio: bytes that only listeners care for. */
export type AudioKept = 'whole' | 'left-out';

export interface Head {
  readonly format: number;
  /** Of the software. */
  readonly version: string;
  readonly role: RecordedRole;
  readonly settings: Settings;
  /** Of an edge. */
  readonly policies?: MountPolicies;
  /** Which mountpoints an edge takes in; all, unless given. */
  readonly wish?: EdgeWish;
  /** Which ones a relay takes in of others; all, unless given. */
  readonly mounts?: readonly string[];
  /** A relay ignores titles of its subscribers. */
  readonly refusesTitles?: boolean;
  /** Of an edge that has streams verified: what was found is in the answers to its calls. */
  readonly verifies?: true;
  readonly audio: AudioKept;
  /** Of the state at the beginning: a large one is written without its audio. */
  readonly stateAudio: AudioKept;
  /** Counts the generations of one process. */
  readonly generation: number;
  /** Machine time and, in ISO 8601, wall clock time when it began. */
  readonly atUs: number;
  readonly wallTime: string;
}

/** What a machine is made with, besides its settings. */
export type MadeWith = Pick<Head, 'policies' | 'wish' | 'verifies' | 'mounts' | 'refusesTitles'>;

/** Why a recording ends where it does. */
export interface FrozenMark {
  readonly why: 'failure' | 'signal' | 'operator' | 'stopped' | 'found';
  readonly atUs: number;
  readonly wallTime: string;
  /** Of a failure. */
  readonly error?: string;
}

/** The fingerprint of what one block's calls gave out, at the end of its payload: 32 hexadecimal digits. */
export const OUTPUT_HASH_BYTES = 32;

/** Fills in the front of a block whose payload already stands behind it. */
export function sealBlock(block: Uint8Array, kind: number, checksum: Checksum = crc32): void {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  block[0] = kind;
  view.setUint32(1, block.length - BLOCK_HEAD_BYTES, true);
  view.setUint32(5, blockChecksum(kind, checksum(block.subarray(BLOCK_HEAD_BYTES))), true);
}

/** That of the payload, in which the kind must not be wrong either. */
export function blockChecksum(kind: number, ofPayload: number): number {
  return (ofPayload ^ kind) >>> 0;
}

export function jsonBlock(kind: number, value: object): Uint8Array {
  const payload = utf8Encode(JSON.stringify(value));
  const block = new Uint8Array(BLOCK_HEAD_BYTES + payload.length);
  block.set(payload, BLOCK_HEAD_BYTES);
  sealBlock(block, kind);
  return block;
}

/** What a head or mark says; undefined when it is no JSON. */
export function readJson<T>(payload: Uint8Array): T | undefined {
  const text = utf8Decode(payload);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
