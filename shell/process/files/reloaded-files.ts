import { stat } from 'node:fs/promises';
import type { ShellEvent } from '../../log/events.ts';
import type { Log } from '../../log/log.ts';
import { Problems, UsageError } from '../problems.ts';
import { FileWatch } from './file-watch.ts';
import { otherReaders } from '../open-to-others.ts';
import { readSmallFile } from './small-file.ts';

type FileWarning = Extract<ShellEvent, { readonly kind: 'file-exposed' | 'file-doubtful' }>;

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

/** What is looked at each time that a file has been read, and told of as a warning. */
export interface FileLook<T> {
  /** Nobody but this process should be able to read it. */
  readonly isSecret?: boolean;
  /** Why what it says is probably not what was meant, in sentences. */
  readonly doubts?: (value: T) => readonly string[];
}

/** A file, as it was when it could last be used. */
export class ReloadedFile<T> {
  readonly file: string;
  readonly #parse: Parse<T>;
  readonly #changed: () => void;
  readonly #isSecret: boolean;
  readonly #doubts: () => readonly string[];
  #content: Content<T> | undefined;

  /** @param changed is called when it has been read again. */
  constructor(file: string, parse: Parse<T>, changed: () => void = () => undefined, { isSecret = false, doubts = () => [] }: FileLook<T> = {}) {
    this.file = file;
    this.#parse = parse;
    this.#changed = changed;
    this.#isSecret = isSecret;
    this.#doubts = () => doubts(this.value);
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

  /** What there is to be told of it besides. */
  async warnings(): Promise<readonly FileWarning[]> {
    const readBy = this.#isSecret ? otherReaders(await stat(this.file).catch(() => undefined)) : undefined;
    return [...(readBy === undefined ? [] : [{ kind: 'file-exposed' as const, file: this.file, readBy }]), ...this.#doubts().map((problem) => ({ kind: 'file-doubtful' as const, file: this.file, problem }))];
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
  add<T>(file: string, parse: Parse<T>, changed?: () => void, look?: FileLook<T>): ReloadedFile<T> {
    const added = new ReloadedFile(file, parse, changed, look);
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
      if (typeof read === 'number') await this.#warn(file);
    }
    problems.throwAll();
    this.#watch = watch;
    watch.start();
  }

  stop(): void {
    this.#watch?.stop();
  }

  async #warn(file: ReloadedFile<unknown>): Promise<void> {
    for (const warning of await file.warnings()) this.#log(warning);
  }

  async #readAgain(file: ReloadedFile<unknown>): Promise<void> {
    try {
      this.#log({ kind: 'file-loaded', file: file.file, entries: await file.read() });
      await this.#warn(file);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#log({ kind: 'file-refused', problem: error.message });
    }
  }
}

function textOf(file: string): Promise<string> {
  return readSmallFile(file, { maxBytes: MAX_FILE_BYTES, encoding: 'utf8', problem: (message) => new UsageError(message) });
}
