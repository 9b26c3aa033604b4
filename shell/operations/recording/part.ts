import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';

const COPY_BYTES = 1_048_576;

/** One generation of a recording, on its way to a file of its own. */
export class Part {
  readonly file: string;
  #handle: FileHandle | undefined;
  #writtenBytes = 0;
  /** What is not in the file yet; the first of it may be on its way there. */
  readonly #pending: Uint8Array[] = [];

  constructor(file: string) {
    this.file = file;
  }

  add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
  }

  /** Writes the oldest of what is pending. */
  async writeOne(): Promise<void> {
    const bytes = this.#pending[0];
    if (bytes === undefined) return;
    this.#handle ??= await open(this.file, 'w');
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, this.#writtenBytes + at);
      at += bytesWritten;
    }
    this.#writtenBytes += bytes.length;
    this.#pending.shift();
  }

  /** Appends all that is in the file to another one. */
  async copyTo(out: FileHandle): Promise<void> {
    if (this.#writtenBytes > 0) await appendFile(this.file, this.#writtenBytes, out);
  }

  /** The same at once, with what is not in the file yet: for a process that is about to end. */
  copySync(out: number): void {
    if (this.#writtenBytes > 0) {
      const source = openSync(this.file, 'r');
      const buffer = new Uint8Array(COPY_BYTES);
      for (let at = 0; at < this.#writtenBytes; ) {
        const read = readSync(source, buffer, 0, Math.min(buffer.length, this.#writtenBytes - at), at);
        if (read === 0) break;
        writeSync(out, buffer, 0, read);
        at += read;
      }
      closeSync(source);
    }
    for (const bytes of this.#pending) writeSync(out, bytes);
  }

  /** What is not in the file yet will not be. */
  giveUp(): void {
    this.#pending.length = 0;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.file, { force: true });
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** Appends the first `length` bytes of a file to another one. */
export async function appendFile(file: string, length: number, out: FileHandle): Promise<void> {
  const source = await open(file, 'r');
  try {
    const buffer = new Uint8Array(COPY_BYTES);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, length - at), at);
      if (bytesRead === 0) return;
      await out.write(buffer, 0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await source.close();
  }
}
