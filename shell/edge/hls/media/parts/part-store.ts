import { formatName, formatNamed } from '../../../../../core/codec/formats.ts';
import type { FrameFormat } from '../../../../../core/codec/format/format.ts';
import type { Segment } from '../../../../../core/edge/segments/segment.ts';
import { canBeParted, KEPT_SEGMENTS, MountParts, sizeOf, type Part, type PartedSegment } from './mount-parts.ts';

export interface PartStoreOptions {
  readonly slotMs: number;
  readonly partMs: number;
  /** What parts may take of memory, all mountpoints together: beyond it the oldest are not there any more. */
  readonly maxBytes: number;
  /** Never decreases, and is not set, unlike the time of day. */
  readonly nowMs?: () => number;
}

/** A segment in parts for another process. Plain data; bytes in base64. */
interface SavedPartedSegment extends Omit<PartedSegment, 'format' | 'parts'> {
  readonly format: string;
  readonly parts: readonly (Omit<Part, 'bytes'> & { readonly bytes: string })[];
}

/** What of other lengths is of no use. */
export interface SavedParts {
  readonly slotMs: number;
  readonly partMs: number;
  readonly mounts: readonly (readonly [mount: string, segments: readonly SavedPartedSegment[]])[];
}

/** What has ended, or gets no more parts, is forgotten after so many segments: about when the other playlists of it are. */
const STAYS_SEGMENTS = 24;

/** The newest segments of all mountpoints of AAC, in parts. */
export class PartStore {
  readonly #options: PartStoreOptions;
  readonly #nowMs: () => number;
  readonly #mounts = new Map<string, MountParts>();
  readonly #changedMs = new Map<string, number>();
  #bytes = 0;
  /** Told of a mountpoint that has another part, or has ended. */
  changed: (mount: MountParts) => void = () => undefined;

  constructor(options: PartStoreOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get slotMs(): number {
    return this.#options.slotMs;
  }

  get partMs(): number {
    return this.#options.partMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** One of which there is something to be listed. */
  mount(name: string): MountParts | undefined {
    const found = this.#mounts.get(name);
    return found === undefined || found.newest < 0 ? undefined : found;
  }

  /** Whether players go on with parts of this format. */
  takes(format: FrameFormat): boolean {
    return canBeParted(this.partMs * 1_000, format);
  }

  add(name: string, part: Segment): void {
    // Nothing comes for whoever waits, until the format is another one.
    if (!this.takes(part.format)) return this.end(name);
    this.#change(this.#of(name), (mount) => mount.add(part));
    this.#fit();
  }

  /** A mountpoint has ended: it may begin again. */
  end(name: string): void {
    const mount = this.#mounts.get(name);
    if (mount?.hasEnded === false) this.#change(mount, () => mount.end());
  }

  /** To be called now and then. */
  look(): void {
    const untilMs = this.#nowMs() - STAYS_SEGMENTS * this.slotMs;
    for (const mount of this.#mounts.values()) if (this.#changedMs.get(mount.name)! < untilMs) this.#forget(mount);
  }

  /** What the next process needs so that players go on: of all mountpoints the same number of segments, the newest, as many as `maxBytes` has room for. */
  save(maxBytes: number): SavedParts {
    const all = [...this.#mounts.values()];
    const bytesOfNewest = (count: number): number => all.reduce((sum, { segments }) => sum + sizeOf(segments.slice(-count)), 0);
    let count = KEPT_SEGMENTS;
    while (count > 1 && bytesOfNewest(count) > maxBytes) count--;
    let left = maxBytes;
    const mounts: [string, SavedPartedSegment[]][] = [];
    for (const { name, segments } of all) {
      const newest = segments.slice(-count);
      left -= sizeOf(newest);
      if (left < 0) break;
      mounts.push([name, newest.map(savedSegment)]);
    }
    return { slotMs: this.slotMs, partMs: this.partMs, mounts };
  }

  /** What another process has saved. */
  restore({ slotMs, partMs, mounts }: SavedParts): void {
    if (slotMs !== this.slotMs || partMs !== this.partMs) return;
    for (const [name, segments] of mounts) {
      const restored = segments.map(restoredSegment);
      if (restored.every((segment) => segment !== undefined)) this.#change(this.#of(name), (mount) => mount.restore(restored));
    }
    this.#fit();
  }

  #of(name: string): MountParts {
    const { slotMs, partMs } = this.#options;
    const mount = this.#mounts.get(name) ?? new MountParts(name, slotMs * 1_000, partMs * 1_000);
    this.#mounts.set(name, mount);
    return mount;
  }

  #change(mount: MountParts, change: (mount: MountParts) => void): void {
    const before = mount.bytes;
    change(mount);
    this.#bytes += mount.bytes - before;
    this.#changedMs.set(mount.name, this.#nowMs());
    this.changed(mount);
  }

  #forget(mount: MountParts): void {
    this.#bytes -= mount.bytes;
    this.#mounts.delete(mount.name);
    this.#changedMs.delete(mount.name);
    mount.end();
    this.changed(mount);
  }

  #fit(): void {
    while (this.#bytes > this.#options.maxBytes) {
      const oldest = [...this.#mounts.values()].filter(({ segments }) => segments.length > 1).reduce<MountParts | undefined>((first, one) => (first === undefined || one.segments[0]!.number < first.segments[0]!.number ? one : first), undefined);
      if (oldest === undefined) return;
      const before = oldest.bytes;
      oldest.forgetOldest();
      this.#bytes += oldest.bytes - before;
    }
  }
}

function savedSegment({ format, parts, ...segment }: PartedSegment): SavedPartedSegment {
  return { ...segment, format: formatName(format), parts: parts.map(({ bytes, ...part }) => ({ ...part, bytes: Buffer.from(bytes).toString('base64') })) };
}

/** Undefined: its format is not known here. */
function restoredSegment({ format: name, parts, ...segment }: SavedPartedSegment): PartedSegment | undefined {
  const format = formatNamed(name);
  return format && { ...segment, format, parts: parts.map(({ bytes, ...part }) => ({ ...part, bytes: Buffer.from(bytes, 'base64') })) };
}
