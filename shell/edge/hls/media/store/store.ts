import type { Segment } from '../../../../../core/edge/segments/segment.ts';
import { endUs, keptOf, type KeptSegment } from './kept-segment.ts';
import { MountSegments, STAYS_SEGMENTS } from './mount-segments.ts';
import { packAudio, packedFormat } from '../packing/packed-audio.ts';
import { restoredSegment, savedSegment, type SavedSegment, type SavedSegments } from './saved-segment.ts';
import type { SegmentDirectory } from './directory.ts';

export interface StoreOptions {
  /** Of a segment; all are about as long. */
  readonly slotMs: number;
  /** How much of the past can be asked for. */
  readonly windowMs: number;
  /** What segments may take of memory, all mountpoints together: beyond it the oldest are not there any more. */
  readonly maxBytes: number;
  /** Where older segments are; undefined: all are in memory. */
  readonly directory?: SegmentDirectory | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

/** When no segment has been made in so many, none is on its way. */
const OLD_SEGMENTS = 3;

/** The segments of all mountpoints. Each is packed once, and given to everybody as the same bytes. */
export class SegmentStore {
  readonly #options: StoreOptions;
  readonly #nowMs: () => number;
  readonly #mounts = new Map<string, MountSegments>();
  /** In memory. */
  #bytes = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    if (options.directory !== undefined) options.directory.dropped = (name, number) => this.#lost(name, number);
  }

  get slotMs(): number {
    return this.#options.slotMs;
  }

  get windowMs(): number {
    return this.#options.windowMs;
  }

  /** In memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** In files. */
  get fileBytes(): number {
    return this.#options.directory?.bytes ?? 0;
  }

  /** All that segments are there of. */
  get mounts(): Iterable<MountSegments> {
    return this.#mounts.values();
  }

  mount(name: string): MountSegments | undefined {
    const found = this.#mounts.get(name);
    return found === undefined || found.size === 0 ? undefined : found;
  }

  /** Whether segments of it come. Of one that has ended, or that was there before this process, there are old ones alone. */
  goesOn(name: string): boolean {
    const mount = this.mount(name);
    return mount?.hasEnded === false && this.#nowMs() - mount.newest!.madeMs < OLD_SEGMENTS * this.slotMs;
  }

  /**
   * Reads what is in files.
   * @param takesOver another process has them, and hands over to this one.
   */
  async start(takesOver = false): Promise<void> {
    const { directory } = this.#options;
    for (const [name, segments] of (await directory?.load(takesOver)) ?? []) {
      const mount = this.#of(name);
      mount.restore(segments);
      // Of slots of another length nobody can ask for them any more; but the process before still serves them until it has handed over.
      if (!takesOver) for (const segment of segments) if (!mount.fits(segment)) directory!.delete(name, segment);
    }
    this.look();
  }

  /** Has what is to be in files written, in so long at most. */
  async stop(limitMs: number): Promise<void> {
    await this.#options.directory?.stop(limitMs);
  }

  /** What the next process needs so that players go on: what live playlists list, the newest first, as far as `maxBytes` goes. */
  save(maxBytes: number): SavedSegments {
    const live = [...this.#mounts.values()].flatMap((mount) => mount.live.map((segment) => ({ name: mount.name, segment })));
    const saved: [string, SavedSegment][] = [];
    let left = maxBytes;
    for (const { name, segment } of live.toSorted((one, other) => other.segment.startUs - one.segment.startUs)) {
      left -= segment.lengthBytes;
      if (left < 0) break;
      if (segment.isGap || segment.packed !== undefined) saved.push([name, savedSegment(segment)]);
    }
    return saved;
  }

  /** What another process has saved. */
  restore(saved: SavedSegments): void {
    for (const [name, one] of saved) {
      const segment = restoredSegment(one);
      if (segment === undefined) continue;
      for (const fresh of this.#of(name).restore([segment])) {
        this.#bytes += fresh.packed?.length ?? 0;
        // It may have been written since the directory was read: only so it is known to be there.
        this.#options.directory?.write(name, fresh);
      }
    }
  }

  /** Another process has what was saved, and the files. */
  letGo(): void {
    this.#options.directory?.letGo();
  }

  add(name: string, segment: Segment): void {
    if (packedFormat(segment.format) === undefined) return;
    const mount = this.#of(name);
    const kept = keptOf(mount.behind(segment), segment.isGap ? segment.bytes : packAudio(segment), this.#nowMs());
    const added = mount.add(kept);
    if (added === false) return;
    this.#drop(mount, added.forgotten);
    this.#bytes += kept.packed?.length ?? 0;
    this.#options.directory?.write(name, kept);
    this.#shrink(mount);
    this.#fit();
  }

  /** A mountpoint has ended: what there is of it stays for its time, for it may begin again. */
  end(name: string): void {
    this.#mounts.get(name)?.end();
  }

  /** As players get it; undefined when it is not there, and a promise where it is in a file. */
  bytesOf(mount: MountSegments, segment: KeptSegment): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (segment.packed !== undefined || segment.isGap) return segment.packed;
    return this.#options.directory?.read(mount.name, segment).then((bytes) => {
      if (bytes === undefined) mount.forget(segment);
      return bytes;
    });
  }

  /** To be called now and then: what has had its time goes, also of mountpoints that get no more segments. */
  look(): void {
    const keptUs = this.#keptUs();
    const nowUs = this.#nowMs() * 1_000;
    for (const mount of this.#mounts.values()) {
      if (mount.hasEnded || (mount.newest?.madeMs ?? 0) * 1_000 < nowUs - keptUs) this.#drop(mount, mount.forgetBefore(nowUs - keptUs));
      if (mount.size === 0) this.#mounts.delete(mount.name);
    }
  }

  #of(name: string): MountSegments {
    const mount = this.#mounts.get(name) ?? new MountSegments(name, this.#options.slotMs * 1_000);
    this.#mounts.set(name, mount);
    return mount;
  }

  #keptUs(): number {
    const { windowMs, slotMs } = this.#options;
    return (Math.max(windowMs, STAYS_SEGMENTS * slotMs) + STAYS_SEGMENTS * slotMs) * 1_000;
  }

  /** By the times of the segments themselves: a clock of this machine that is wrong takes nothing away. */
  #shrink(mount: MountSegments): void {
    const { newest } = mount;
    if (newest === undefined) return;
    this.#drop(mount, mount.forgetBefore(endUs(newest) - this.#keptUs()));
    if (this.#options.directory !== undefined) this.#toFiles(mount);
  }

  /** Of what is in files, no more is in memory than what players of the live programme ask for. */
  #toFiles(mount: MountSegments): void {
    const { newest } = mount;
    for (const segment of mount) {
      if (segment.number > newest!.number - 2 * STAYS_SEGMENTS) return;
      this.#release(mount, segment);
    }
  }

  /** From memory; false for one that is in no file, or not yet. */
  #release({ name }: MountSegments, segment: KeptSegment): boolean {
    if (segment.packed === undefined || this.#options.directory?.has(name, segment) !== true) return false;
    this.#bytes -= segment.packed.length;
    segment.packed = undefined;
    return true;
  }

  #fit(): void {
    while (this.#bytes > this.#options.maxBytes) {
      const fullest = [...this.#mounts.values()].reduce<MountSegments | undefined>((oldest, mount) => (mount.size > 1 && (oldest === undefined || inMemorySince(mount) < inMemorySince(oldest)) ? mount : oldest), undefined);
      const oldest = fullest && oldestInMemory(fullest);
      if (oldest === undefined) return;
      // What is in a file can be had from there.
      if (!this.#release(fullest!, oldest)) this.#drop(fullest!, fullest!.forgetOldest());
    }
  }

  /** Its file had to go: it is there as long as it is in memory. */
  #lost(name: string, number: number): void {
    const mount = this.#mounts.get(name);
    const segment = mount?.find(number);
    if (segment !== undefined && segment.packed === undefined) mount!.forget(segment);
  }

  #drop({ name }: MountSegments, segments: readonly KeptSegment[]): void {
    for (const segment of segments) {
      this.#bytes -= segment.packed?.length ?? 0;
      this.#options.directory?.delete(name, segment);
    }
  }
}

function oldestInMemory(mount: MountSegments): KeptSegment | undefined {
  for (const segment of mount) if (segment.packed !== undefined) return segment;
  return undefined;
}

/** When the oldest segment began that is in memory. */
function inMemorySince(mount: MountSegments): number {
  return oldestInMemory(mount)?.startUs ?? Infinity;
}
