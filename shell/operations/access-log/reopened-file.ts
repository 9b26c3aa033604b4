import { close, closeSync, open, openSync, write, writeSync } from 'node:fs';
import { inWords } from '../../process/problems.ts';
import type { LogWriter, Written } from '../../log/writer.ts';

const FLAGS = 'a';

/** A file that lines are appended to, and that is opened anew when somebody has moved it away. No call waits for the disk. */
export class ReopenedFile implements LogWriter {
  readonly abandoned: Promise<void> = new Promise(() => undefined);
  readonly #path: string;
  readonly #failed: (error: string) => void;
  #hasFailed = false;
  #descriptor: number;
  #isWriting = false;
  /** Of a file that is left, once what is written to it now is there. */
  #former: number | undefined;

  /** Throws what the system says. @param failed told when a write fails behind one that did not. */
  constructor(path: string, failed: (error: string) => void) {
    this.#path = path;
    this.#failed = failed;
    this.#descriptor = openSync(path, FLAGS);
  }

  get descriptor(): number {
    return this.#descriptor;
  }

  write(bytes: Uint8Array, written: Written): void {
    this.#isWriting = true;
    write(this.#descriptor, bytes, (error, count) => {
      this.#isWriting = false;
      this.#closeFormer();
      if (error !== null && !this.#hasFailed) this.#failed(inWords(error));
      this.#hasFailed = error !== null;
      written(error ?? undefined, count);
    });
  }

  writeNow(bytes: Uint8Array): void {
    writeSync(this.#descriptor, bytes);
  }

  /** Resolves with why that cannot be, as a code of the system; then the file stays that it was. */
  reopen(): Promise<string | undefined> {
    return new Promise((resolve) => {
      open(this.#path, FLAGS, (error, descriptor) => {
        if (error !== null) return resolve(inWords(error));
        this.#closeFormer();
        this.#former = this.#descriptor;
        this.#descriptor = descriptor;
        if (!this.#isWriting) this.#closeFormer();
        resolve(undefined);
      });
    });
  }

  /** Nothing is written any more. */
  close(): void {
    closeSync(this.#descriptor);
  }

  #closeFormer(): void {
    if (this.#former !== undefined) close(this.#former);
    this.#former = undefined;
  }
}
