import { createHash, randomBytes } from 'node:crypto';
import { access, constants, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatName, formatNamed } from '../../../../../core/codec/formats.ts';
import type { SegmentTitle } from '../../../../../core/edge/segments/segment.ts';
import { crc32 } from '../../../../../core/recording/file/checksum.ts';
import { wellFormed } from '../../../../http/message/text.ts';
import type { Log } from '../../../../log/log.ts';
import { atMost } from '../../../../process/time/at-most.ts';
import { makeDirectory } from '../../../../process/files/make-directory.ts';
import { codeOf, inWords, StartError } from '../../../../process/problems.ts';
import type { KeptSegment } from './kept-segment.ts';
import { OwnDirectory } from './own-directory.ts';

/** Segments that wait to be written: a disk that is slower loses some, and they are there as long as they are in memory. */
const MAX_WAITING = 1_024;
/** What tells about a segment, in front of it. */
const MAX_HEAD_BYTES = 65_536;
/** The longest part of a name of a folder; a longer mountpoint's is its hash. */
const MAX_FOLDER = 200;
const FORMAT = 1;
/** What a disk, or a quota of one, without room answers. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const NUMBER = /^(\d{1,15})\.segment$/;

export interface DirectoryOptions {
  readonly directory: string;
  /** What all files together may take; beyond it the oldest go. */
  readonly maxBytes: number;
  readonly log: Log;
  /** As of node:fs/promises, unless given. */
  readonly writeFile?: (path: string, bytes: Uint8Array) => Promise<void>;
}

/** What stands in front of a segment in its file, as JSON in one line. */
interface Head extends Omit<KeptSegment, 'packed' | 'format'> {
  readonly davecastSegment: number;
  readonly mount: string;
  readonly format: string;
}

interface FoundSegment {
  readonly mount: string;
  readonly segment: KeptSegment;
  readonly fileBytes: number;
}

/** What is in the directory; `example` is one of the files that are damaged. */
interface Found {
  readonly segments: readonly FoundSegment[];
  readonly damaged: number;
  readonly example: string;
}

/**
 * Segments in files, one each, in a folder for each mountpoint: a line of JSON that says all of the segment, then its bytes. Nothing else has to be kept: what there is is found again
 * by the files alone. A file is complete as soon as it has its name.
 */
export class SegmentDirectory {
  readonly #options: DirectoryOptions;
  readonly #own: OwnDirectory;
  readonly #writer = randomBytes(4).toString('hex');
  /** Bytes of each file that is there, the oldest first, by mountpoint and number. */
  readonly #files = new Map<string, number>();
  #bytes = 0;
  #waiting = 0;
  #work: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #isLetGo = false;
  /** Told once: from then on the oldest go, as they do beyond `maxBytes`. */
  #wasFull = false;
  /** Told of what is in no file any more because there was no room. */
  dropped: (mount: string, number: number) => void = () => undefined;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#own = new OwnDirectory(options.directory);
  }

  /** In files. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * All segments that are there, by mountpoint. Files that cannot be read as one are told of, and stay out.
   * @param takesOver the process that has the directory hands over to this one.
   * @throws StartError when the directory cannot be used, or another process has it: each would delete what the other lists.
   */
  async load(takesOver = false): Promise<ReadonlyMap<string, readonly KeptSegment[]>> {
    const { directory } = this.#options;
    let found: Found | 'taken';
    try {
      found = (await this.#take(takesOver)) ? await this.#find(takesOver) : 'taken';
    } catch (error) {
      throw new StartError(`the directory of --hls-dir ${directory} cannot be used: ${inWords(error)}`);
    }
    if (found === 'taken') throw new StartError(`the directory of --hls-dir ${directory} is that of another process: each needs one of its own`);
    if (found.damaged > 0) this.#options.log({ kind: 'hls-damaged', file: found.example, count: found.damaged });
    const mounts = new Map<string, KeptSegment[]>();
    for (const { mount, segment, fileBytes } of found.segments.toSorted((one, other) => one.segment.number - other.segment.number)) {
      this.#enter(mount, segment, fileBytes);
      const segments = mounts.get(mount) ?? [];
      mounts.set(mount, segments);
      segments.push(segment);
    }
    return mounts;
  }

  has(mount: string, segment: KeptSegment): boolean {
    return this.#files.has(keyOf(mount, segment));
  }

  /** The files are another process's from now on: they are read only. */
  letGo(): void {
    this.#isLetGo = true;
  }

  /** Never waits. */
  write(mount: string, segment: KeptSegment): void {
    if (this.#isLetGo) return;
    if (this.#waiting >= MAX_WAITING) return this.#failed('the disk is too slow');
    const { packed = new Uint8Array(0) } = segment;
    const bytes = Buffer.concat([headOf(mount, segment), packed]);
    const path = this.#path(mount, segment);
    this.#do(async () => {
      await makeDirectory(join(this.#options.directory, folderOf(mount)));
      await this.#save(path, bytes);
      this.#enter(mount, segment, bytes.length);
      await this.#dropTo(this.#options.maxBytes);
      this.#hasFailed = false;
    });
  }

  delete(mount: string, segment: KeptSegment): void {
    if (this.#isLetGo) return;
    this.#do(async () => {
      if (!this.#leave(keyOf(mount, segment))) return;
      await rm(this.#path(mount, segment), { force: true });
    });
  }

  /** Undefined: it is not there any more, or damaged, which is told. */
  async read(mount: string, segment: KeptSegment): Promise<Uint8Array | undefined> {
    const path = this.#path(mount, segment);
    try {
      const file = await readFile(path);
      const bytes = file.subarray(file.indexOf(10) + 1);
      const head = parseHead(file.subarray(0, Math.min(file.length, MAX_HEAD_BYTES)));
      if (head !== undefined && bytes.length === segment.lengthBytes && crc32(bytes) === segment.crc32) return bytes;
      this.#options.log({ kind: 'hls-damaged', file: path, count: 1 });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#options.log({ kind: 'hls-damaged', file: path, count: 1 });
    }
    this.#leave(keyOf(mount, segment));
    return undefined;
  }

  async stop(limitMs: number): Promise<void> {
    await atMost(limitMs, this.#work);
    this.#own.release();
  }

  /** False: another process has it. */
  async #take(takesOver: boolean): Promise<boolean> {
    const { directory } = this.#options;
    await makeDirectory(directory);
    await access(directory, constants.W_OK);
    if (!takesOver && (await this.#own.isTaken())) return false;
    await this.#own.mark();
    return true;
  }

  async #find(takesOver: boolean): Promise<Found> {
    const { directory } = this.#options;
    const segments: FoundSegment[] = [];
    let damaged = 0;
    let example = '';
    for (const folder of await readdir(directory, { withFileTypes: true })) {
      if (!folder.isDirectory()) continue;
      for (const file of await readdir(join(directory, folder.name))) {
        const path = join(directory, folder.name, file);
        // Those of the process before are about to get their names.
        if (!takesOver && file.endsWith('.new')) await rm(path, { force: true });
        if (!NUMBER.test(file)) continue;
        // One bad file, or bad sector, is no reason not to start.
        const one = await readHead(path).catch(() => undefined);
        if (one !== undefined && folderOf(one.mount) === folder.name && `${one.segment.number}.segment` === file) {
          segments.push(one);
          continue;
        }
        damaged++;
        example ||= path;
      }
    }
    return { segments, damaged, example };
  }

  /** One thing after the other. */
  #do(work: () => Promise<void>): void {
    this.#waiting++;
    this.#work = this.#work
      .then(work)
      .catch((error: unknown) => this.#failed(inWords(error)))
      .finally(() => void this.#waiting--);
  }

  #failed(error: string): void {
    if (!this.#hasFailed) this.#options.log({ kind: 'hls-not-written', directory: this.#options.directory, error });
    this.#hasFailed = true;
  }

  /** On a disk that is full, in place of the oldest. */
  async #save(path: string, bytes: Uint8Array): Promise<void> {
    const { writeFile: writeTo = writeFile, log, directory } = this.#options;
    // During an upgrade two processes can write the same segment.
    const unnamed = `${path}.${this.#writer}.new`;
    const write = async (): Promise<void> => {
      try {
        await writeTo(unnamed, bytes);
      } catch (error) {
        await rm(unnamed, { force: true });
        throw error;
      }
    };
    try {
      await write();
    } catch (error) {
      if (!FULL.has(codeOf(error))) throw error;
      if (!this.#wasFull) log({ kind: 'hls-not-written', directory, error: inWords(error) });
      this.#wasFull = true;
      await this.#dropTo(this.#bytes - 2 * bytes.length);
      await write();
    }
    await rename(unnamed, path);
  }

  async #dropTo(maxBytes: number): Promise<void> {
    while (this.#bytes > maxBytes && this.#files.size > 1) {
      const [oldest] = this.#files.keys();
      this.#leave(oldest!);
      const [mount, number] = partsOf(oldest!);
      this.dropped(mount, number);
      await rm(this.#path(mount, { number }), { force: true });
    }
  }

  #path(mount: string, { number }: Pick<KeptSegment, 'number'>): string {
    return join(this.#options.directory, folderOf(mount), `${number}.segment`);
  }

  #enter(mount: string, segment: KeptSegment, bytes: number): void {
    const key = keyOf(mount, segment);
    this.#leave(key);
    this.#files.set(key, bytes);
    this.#bytes += bytes;
  }

  #leave(key: string): boolean {
    const bytes = this.#files.get(key);
    if (bytes === undefined) return false;
    this.#bytes -= bytes;
    return this.#files.delete(key);
  }
}

/** A name of a file for any mountpoint, and no two have the same. */
function folderOf(mount: string): string {
  const encoded = encodeURIComponent(wellFormed(mount));
  return encoded.length <= MAX_FOLDER ? `m-${encoded}` : `h-${createHash('sha256').update(mount).digest('hex')}`;
}

function keyOf(mount: string, { number }: KeptSegment): string {
  return `${number} ${mount}`;
}

function partsOf(key: string): readonly [mount: string, number: number] {
  const cut = key.indexOf(' ');
  return [key.slice(cut + 1), Number(key.slice(0, cut))];
}

function headOf(mount: string, { packed: _packed, format, ...segment }: KeptSegment): Buffer {
  const head: Head = { davecastSegment: FORMAT, mount, ...segment, format: formatName(format) };
  return Buffer.from(`${JSON.stringify(head)}\n`);
}

async function readHead(path: string): Promise<FoundSegment | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, 2_048)), 0);
    let start = buffer.subarray(0, bytesRead);
    if (!start.includes(10) && size > bytesRead) {
      const more = await file.read(Buffer.alloc(Math.min(size, MAX_HEAD_BYTES)), 0, Math.min(size, MAX_HEAD_BYTES), 0);
      start = more.buffer.subarray(0, more.bytesRead);
    }
    const head = parseHead(start);
    if (head === undefined || size !== start.indexOf(10) + 1 + head.segment.lengthBytes) return undefined;
    return { mount: head.mount, segment: head.segment, fileBytes: size };
  } finally {
    await file.close();
  }
}

/** What a file says of its segment; undefined when it is none. */
function parseHead(bytes: Buffer): { readonly mount: string; readonly segment: KeptSegment } | undefined {
  const end = bytes.indexOf(10);
  if (end < 0) return undefined;
  try {
    const head = JSON.parse(bytes.toString('utf8', 0, end)) as Partial<Head>;
    const { davecastSegment, mount, number, startUs, mediaUs, durationUs, format: name, isGap, isDiscontinuity, discontinuities, titles, lengthBytes, madeMs, crc32: crc } = head;
    const format = typeof name === 'string' ? formatNamed(name) : undefined;
    const numbers = [number, startUs, mediaUs, durationUs, discontinuities, lengthBytes, madeMs, crc];
    if (davecastSegment !== FORMAT || typeof mount !== 'string' || format === undefined || !numbers.every((value) => typeof value === 'number' && Number.isFinite(value)) || !areTitles(titles)) return undefined;
    const segment = { number: number!, startUs: startUs!, mediaUs: mediaUs!, durationUs: durationUs!, format, isGap: isGap === true, isDiscontinuity: isDiscontinuity === true, discontinuities: discontinuities!, titles, lengthBytes: lengthBytes!, madeMs: madeMs!, crc32: crc!, packed: undefined };
    return { mount, segment };
  } catch {
    // No JSON: somebody else's, or cut off.
    return undefined;
  }
}

function areTitles(value: unknown): value is SegmentTitle[] {
  return Array.isArray(value) && value.every((one: Partial<SegmentTitle> | null) => typeof one?.atUs === 'number' && typeof one.text === 'string');
}
