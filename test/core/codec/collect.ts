import type { FrameHeader, SkipReason } from '../../../core/codec/format/format.ts';
import { FrameScanner, type ScanOptions } from '../../../core/codec/scan/scanner.ts';

export interface Found {
  bytes: Uint8Array;
  header: FrameHeader;
}

/** A scanner whose frames are kept. `borrowed` holds the very arrays it passed on, for those who ask whether it copied. */
export class Collector {
  readonly found: Found[] = [];
  readonly borrowed: Uint8Array[] = [];
  readonly scanner: FrameScanner;

  constructor(options: ScanOptions = {}) {
    this.scanner = new FrameScanner({
      frame: (bytes, header) => {
        this.found.push({ bytes: bytes.slice(), header: { ...header } });
        this.borrowed.push(bytes);
      },
    }, options);
  }

  get lengths(): number[] {
    return this.found.map(({ bytes }) => bytes.length);
  }

  /** The reasons that occurred, as `count/bytes`. */
  get skips(): Partial<Record<SkipReason, string>> {
    const skips: Partial<Record<SkipReason, string>> = {};
    for (const [reason, { count, bytes }] of Object.entries(this.scanner.skipped)) {
      if (count > 0 || bytes > 0) skips[reason as SkipReason] = `${count}/${bytes}`;
    }
    return skips;
  }

  /** Bytes that came out, as frames or as counts. */
  get accountedBytes(): number {
    const skipped = Object.values(this.scanner.skipped).reduce((sum, { bytes }) => sum + bytes, 0);
    return skipped + this.lengths.reduce((sum, length) => sum + length, 0);
  }
}

/** Everything in one push, then the end. */
export function scanWhole(bytes: Uint8Array, options: ScanOptions = {}): Collector {
  const collector = new Collector(options);
  collector.scanner.push(bytes);
  collector.scanner.end();
  return collector;
}
