import { withPresentNames } from '../../config/former-names.ts';
import { crc32, type Checksum } from './checksum.ts';
import { blockChecksum, BLOCK_HEAD_BYTES, BlockKind, FORMAT_VERSION, MAGIC, OUTPUT_HASH_BYTES, readJson, type FrozenMark, type Head } from './format.ts';

/** A stretch of calls, with the fingerprint of what they gave out. */
export interface CallsBlock {
  /** Where it begins in the file. */
  readonly at: number;
  /** What `readCalls` reads. */
  readonly calls: Uint8Array;
  readonly structure: string;
  readonly content: string;
}

export interface Generation {
  readonly head: Head;
  /** Empty when the machine was new. */
  readonly state: Uint8Array;
  readonly blocks: CallsBlock[];
  mark: FrozenMark | undefined;
  /** It goes on where the one before it ends. */
  readonly isContinuation: boolean;
}

export interface Recording {
  readonly generations: readonly Generation[];
  /** What is wrong with the file, a sentence each. */
  readonly problems: readonly string[];
}

/** Reads as much of a recording as is whole; what is damaged is said, and passed over up to the next generation. */
export function readRecording(bytes: Uint8Array, checksum: Checksum = crc32): Recording {
  const generations: Generation[] = [];
  const problems: string[] = [];
  let at = 0;
  let isWhole = true;
  while (at < bytes.length) {
    if (!beginsGeneration(bytes, at)) {
      const next = findGeneration(bytes, at);
      problems.push(next < bytes.length ? `bytes ${at} to ${next} cannot be read, and are left out` : `from byte ${at} on nothing can be read`);
      isWhole = false;
      at = next;
      continue;
    }
    const read = readGeneration(bytes, at, isWhole ? generations.at(-1) : undefined, checksum);
    if (read.generation !== undefined) generations.push(read.generation);
    if (read.problem !== undefined) problems.push(read.problem);
    isWhole = read.problem === undefined;
    at = read.end;
  }
  return { generations, problems };
}

interface Read {
  readonly generation: Generation | undefined;
  readonly problem: string | undefined;
  readonly end: number;
}

function readGeneration(bytes: Uint8Array, from: number, before: Generation | undefined, checksum: Checksum): Read {
  const headBlock = readBlock(bytes, from + MAGIC.length, checksum);
  if (headBlock.kind !== BlockKind.head) return { generation: undefined, problem: `${headBlock.problem ?? `no head at byte ${from}`}`, end: headBlock.end };
  const head = readJson<Head>(headBlock.payload);
  if (head?.format !== FORMAT_VERSION) {
    return { generation: undefined, problem: `the recording at byte ${from} has format ${head?.format}, and this program reads ${FORMAT_VERSION}`, end: headBlock.end };
  }
  const stateBlock = readBlock(bytes, headBlock.end, checksum);
  if (stateBlock.kind !== BlockKind.state) return { generation: undefined, problem: stateBlock.problem ?? `no state at byte ${headBlock.end}`, end: stateBlock.end };
  const isContinuation = before !== undefined && before.head.generation + 1 === head.generation && before.mark === undefined;
  const settings = withPresentNames(head.settings);
  const generation: Generation = { head: { ...head, settings }, state: stateBlock.payload, blocks: [], mark: undefined, isContinuation };
  let at = stateBlock.end;
  while (at < bytes.length && !beginsGeneration(bytes, at)) {
    const block = readBlock(bytes, at, checksum);
    if (block.problem !== undefined) return { generation, problem: block.problem, end: block.end };
    if (block.kind === BlockKind.mark) generation.mark = readJson<FrozenMark>(block.payload);
    else if (block.kind === BlockKind.calls) generation.blocks.push(callsBlock(block.payload, at));
    at = block.end;
  }
  return { generation, problem: undefined, end: at };
}

interface Block {
  readonly kind: number;
  readonly payload: Uint8Array;
  readonly end: number;
  readonly problem: string | undefined;
}

/** Where there is no whole block, `end` is where to look on. */
function readBlock(bytes: Uint8Array, at: number, checksum: Checksum): Block {
  const nothing = bytes.subarray(0, 0);
  const bad = (problem: string, end: number): Block => ({ kind: 0, payload: nothing, end, problem });
  if (bytes.length - at < BLOCK_HEAD_BYTES) return bad(`the file ends in the middle of a block, which begins at byte ${at}`, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, BLOCK_HEAD_BYTES);
  const kind = bytes[at]!;
  const start = at + BLOCK_HEAD_BYTES;
  const end = start + view.getUint32(1, true);
  if (end > bytes.length) {
    // A length that is damaged looks the same as a file that is cut.
    const next = findGeneration(bytes, start);
    return bad(`the file ends in the middle of a block, which begins at byte ${at}`, next);
  }
  const payload = bytes.subarray(start, end);
  if (blockChecksum(kind, checksum(payload)) !== view.getUint32(5, true)) return bad(`the block at byte ${at} is damaged`, findGeneration(bytes, start));
  return { kind, payload, end, problem: undefined };
}

function callsBlock(payload: Uint8Array, at: number): CallsBlock {
  const end = Math.max(0, payload.length - OUTPUT_HASH_BYTES);
  const digits = (from: number): string => String.fromCharCode(...payload.subarray(from, from + OUTPUT_HASH_BYTES / 2));
  return { at, calls: payload.subarray(0, end), structure: digits(end), content: digits(end + OUTPUT_HASH_BYTES / 2) };
}

function beginsGeneration(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false;
  return true;
}

/** Where the next generation begins; the end of the file when there is none. */
function findGeneration(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(MAGIC[0]!, from); at >= 0; at = bytes.indexOf(MAGIC[0]!, at + 1)) if (beginsGeneration(bytes, at)) return at;
  return bytes.length;
}
