import { readFile, stat } from 'node:fs/promises';
import type { Log } from '../log/log.ts';
import { codeOf, Problems, UsageError } from '../process/problems.ts';
import { FileWatch } from './file-watch.ts';

/** 250,000 ranges of addresses. */
const MAX_FILE_BYTES = 4_194_304;

/** What a file says. */
export interface Content<T> {
  readonly value: T;
  /** How many things it lists, for the log. */
  readonly entries: number;
}

/** Reads the text of a file. Rejects with a UsageError that names the file and the line of what is wrong. */
export type Parse<T> = (text: string, file: string) => Promise<Content<T>>;

/** A file, as it was when it could last be used. */
export class ReloadedFile<T> {
  readonly file: string;
  readonly #parse: Parse<T>;
  readonly #changed: () => void;
  #content: Content<T> | undefined;

  /** @param changed is called when it has been read again. */
  constructor(file: string, parse: Parse<T>, changed: () => void = () => undefined) {
    this.file = file;
    this.#parse = parse;
    this.#changed = changed;
  }

  /** Once it has been read. */
  get value(): T {
    return this.#content!.value;
  }

  /** How many things it lists. Rejects with a UsageError, and changes nothing then. */
  async read(): Promise<number> {
    const isFirst = this.#content === undefined;
    this.#content = await this.#parse(await textOf(this.file), this.file);
    if (!isFirst) this.#changed();
    return this.#content.entries;
  }
}

/** Files that are read again at SIGHUP and when they have changed. One that cannot be used then is told of, and what it said before stays. */
export class ReloadedFiles {
  readonly #log: Log;
  readonly #lookMs: number | undefined;
  readonly #files: ReloadedFile<unknown>[] = [];
  #watch: FileWatch | undefined;

  /** @param lookMs between two looks at the files. */
  constructor(log: Log, lookMs?: number) {
    this.#log = log;
    this.#lookMs = lookMs;
  }

  /** To be called before the start. @param changed is called when it has been read again. */
  add<T>(file: string, parse: Parse<T>, changed?: () => void): ReloadedFile<T> {
    const added = new ReloadedFile(file, parse, changed);
    this.#files.push(added);
    return added;
  }

  /** Reads all of them; rejects with a UsageError that has a line for each that cannot be used. */
  async start(): Promise<void> {
    if (this.#files.length === 0) return;
    const watch = new FileWatch({ groups: this.#files.map(({ file }) => [file]), read: (at) => this.#readAgain(this.#files[at]!), lookMs: this.#lookMs });
    await watch.remember();
    const problems = new Problems();
    for (const file of this.#files) {
      const read = await file.read().catch((error: unknown) => error);
      problems.try(() => {
        if (typeof read !== 'number') throw read;
        this.#log({ kind: 'file-loaded', file: file.file, entries: read });
      });
    }
    problems.throwAll();
    this.#watch = watch;
    watch.start();
  }

  stop(): void {
    this.#watch?.stop();
  }

  async #readAgain(file: ReloadedFile<unknown>): Promise<void> {
    try {
      this.#log({ kind: 'file-loaded', file: file.file, entries: await file.read() });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#log({ kind: 'file-refused', problem: error.message });
    }
  }
}

async function textOf(file: string): Promise<string> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new UsageError(`${file}: is not a file`);
    if (found.size > MAX_FILE_BYTES) throw new UsageError(`${file}: has more than ${MAX_FILE_BYTES} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file}: cannot be read: ${codeOf(error)}`);
  }
}
