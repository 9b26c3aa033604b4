import { closeSync, openSync, writeSync } from 'node:fs';
import type { TraceLine } from '../../world/trace.ts';
import { UsageError } from '../options/options.ts';

const BUFFERED_LINES = 2_000;

/** Writes a trace as one JSON object a line. */
export class TraceFile {
  readonly #descriptor: number;
  #lines: string[] = [];

  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`cannot write the trace to ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  add(line: TraceLine): void {
    this.#lines.push(JSON.stringify(line));
    if (this.#lines.length >= BUFFERED_LINES) this.#write();
  }

  close(): void {
    this.#write();
    closeSync(this.#descriptor);
  }

  #write(): void {
    if (this.#lines.length > 0) writeSync(this.#descriptor, `${this.#lines.join('\n')}\n`);
    this.#lines = [];
  }
}
