import { openLogWriter, type LogWriter } from './writer.ts';

/** Lines that wait for somebody who takes none: an hour of a quiet log, a few seconds of the busiest. Beyond it lines are dropped. */
const MAX_WAITING_BYTES = 1_048_576;
/** What a line takes besides its text. */
const LINE_BYTES = 128;
/** Written at a stroke at most, when there is more. */
const BATCH_BYTES = 65_536;
/** How long the end of the process waits for whoever takes nothing. */
const FLUSH_MS = 500;
const LF = 10;
const NEW_LINE: Uint8Array = Buffer.from('\n');

/** Standard output for lines that are not worth waiting for. */
export interface LogOutput {
  /** Takes a line, with its end, and never waits: the audio goes on. */
  write(line: string): void;
  /** Resolves when everything is written, or when that takes too long. */
  flush(): Promise<void>;
  /** Writes what is taken at once, and no more: the process ends here. */
  flushNow(): void;
  /** Resolves when nobody reads any more, which is noticed at the next line. */
  readonly abandoned: Promise<void>;
  /** For another thread, whose writes do not wait either. */
  readonly descriptor: number;
  /** Since the start. */
  readonly droppedLines: number;
}

/** `dropped` is told when lines are taken again, after so many were not; what it writes comes behind those that waited. */
export function openLogOutput(dropped: (count: number) => void = () => undefined): LogOutput {
  return new LineQueue(openLogWriter(), dropped);
}

/** Lines on their way to a writer. */
export class LineQueue implements LogOutput {
  readonly #writer: LogWriter;
  readonly #maxWaitingBytes: number;
  readonly #tellDropped: (count: number) => void;
  #lines: Uint8Array[] = [];
  #waitingBytes = 0;
  /** What the writer is at. */
  #batch: Uint8Array | undefined;
  /** A line was cut off: what comes next must not look like its rest. */
  #isTorn = false;
  #isFull = false;
  #dropped = 0;
  #everDropped = 0;
  /** Dropped lines that are told of by a line which is not written yet. */
  #toldOf = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(writer: LogWriter, dropped: (count: number) => void, maxWaitingBytes: number = MAX_WAITING_BYTES) {
    this.#writer = writer;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#tellDropped = dropped;
  }

  get abandoned(): Promise<void> {
    return this.#writer.abandoned;
  }

  get descriptor(): number {
    return this.#writer.descriptor;
  }

  get droppedLines(): number {
    return this.#everDropped;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    // Once one is dropped all are, until those that wait are written: one gap, not many.
    this.#isFull ||= this.#waitingBytes + bytes.length > this.#maxWaitingBytes;
    if (this.#isFull) {
      this.#dropped++;
      this.#everDropped++;
      return;
    }
    this.#lines.push(bytes);
    this.#waitingBytes += bytes.length + LINE_BYTES;
    this.#next();
  }

  async flush(limitMs: number = FLUSH_MS): Promise<void> {
    if (this.#batch === undefined) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, limitMs);
      this.#whenEmpty.push(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  flushNow(): void {
    this.#writer.writeNow(Buffer.concat(this.#lines.splice(0)));
  }

  /** Gives the writer what waits, when it is at nothing. */
  #next(): void {
    if (this.#batch !== undefined) return;
    if (this.#lines.length === 0) return this.#emptied();
    const lines = this.#take();
    if (this.#isTorn) this.#begin(Buffer.concat([NEW_LINE, ...lines]), 0);
    else this.#begin(Buffer.concat(lines), LF);
  }

  /** `before` is the byte that was written last. */
  #begin(bytes: Uint8Array, before: number): void {
    this.#batch = bytes;
    this.#writer.write(bytes, (error, count) => {
      if (error === undefined && count < bytes.length) return this.#begin(bytes.subarray(count), bytes[count - 1] ?? before);
      this.#batch = undefined;
      if (error === undefined) this.#taken();
      else this.#failed(bytes, before);
      this.#next();
    });
  }

  #taken(): void {
    this.#isTorn = false;
    this.#toldOf = 0;
    if (this.#lines.length > 0 || this.#dropped === 0) return;
    this.#isFull = false;
    [this.#toldOf, this.#dropped] = [this.#dropped, 0];
    this.#tellDropped(this.#toldOf);
  }

  /** A full disk, or nobody who reads any more: for a line that is the same as no room. */
  #failed(rest: Uint8Array, before: number): void {
    this.#isTorn = before !== LF;
    const isOnlyEnd = this.#isTorn && rest[0] === LF;
    const lost = rest.filter((byte) => byte === LF).length - (isOnlyEnd ? 1 : 0);
    this.#everDropped += lost;
    this.#dropped += lost + this.#toldOf;
    this.#toldOf = 0;
  }

  #emptied(): void {
    this.#isFull = false;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }

  /** Lines for one write; the first one whatever its length. */
  #take(): Uint8Array[] {
    let [count, bytes] = [0, 0];
    for (const line of this.#lines) {
      if (count > 0 && bytes + line.length > BATCH_BYTES) break;
      count++;
      bytes += line.length;
    }
    this.#waitingBytes -= bytes + count * LINE_BYTES;
    return this.#lines.splice(0, count);
  }
}
