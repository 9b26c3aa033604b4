import { stat } from 'node:fs/promises';

export interface FileWatchOptions {
  /** The files of a group are read together. */
  readonly groups: readonly (readonly string[])[];
  /** Reads a group again. It does not reject. */
  readonly read: (group: number) => Promise<void>;
  /** Told at each look, and when all have been read again. */
  readonly looked?: () => void;
  /** Between two looks at the files. */
  readonly lookMs?: number | undefined;
}

/** Files are looked at so often; what has changed is read at the first look that finds it as the one before. */
const LOOK_MS = 2_000;

/** Has files read again when they have changed, and all of them at SIGHUP. */
export class FileWatch {
  readonly #options: FileWatchOptions;
  /** Of the files of each group: as they were when they were last read, and at the last look. */
  #read: string[] = [];
  #looked: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** A disk that hangs is not asked again. */
  #isLooking = false;
  #work: Promise<void> = Promise.resolve();
  readonly #onHangUp = (): void => void (this.#work = this.#work.then(() => this.#readAgain()));

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /** Remembers the files as they are. To be called before they are read for the first time. */
  async remember(): Promise<void> {
    this.#read = await Promise.all(this.#options.groups.map(stampOf));
    this.#looked = [...this.#read];
  }

  start(): void {
    process.on('SIGHUP', this.#onHangUp);
    this.#timer = setInterval(() => this.#look(), this.#options.lookMs ?? LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    process.off('SIGHUP', this.#onHangUp);
  }

  #look(): void {
    this.#options.looked?.();
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#work = this.#work.then(async () => {
      for (const [at, files] of this.#options.groups.entries()) {
        const stamp = await stampOf(files);
        const isStill = stamp === this.#looked[at];
        this.#looked[at] = stamp;
        if (isStill && stamp !== this.#read[at]) await this.#readGroup(at);
      }
      this.#isLooking = false;
    });
  }

  async #readAgain(): Promise<void> {
    for (const at of this.#options.groups.keys()) await this.#readGroup(at);
    this.#options.looked?.();
  }

  async #readGroup(at: number): Promise<void> {
    this.#read[at] = await stampOf(this.#options.groups[at]!);
    await this.#options.read(at);
  }
}

/** Changes whenever one of the files is written or replaced, also what a symbolic link leads to. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(files.map(async (file) => {
    const found = await stat(file).catch(() => undefined);
    return found === undefined ? 'missing' : `${found.ino} ${found.size} ${found.mtimeMs}`;
  }));
  return stamps.join(', ');
}
