import { causesOf, readHappening, type Happening } from './happening.ts';

/** What somebody tells, as it comes. */
export interface Source {
  readonly name: string;
  readonly chunks: Iterator<string> | AsyncIterator<string>;
}

/** The first line that is not the same everywhere. */
export interface Discord {
  /** The run that it is in. */
  readonly seed: string;
  readonly lines: readonly DiscordantLine[];
}

export interface DiscordantLine {
  readonly name: string;
  /** Undefined for a source that had ended. */
  readonly text: string | undefined;
  /** When it is an event: that, and what led to it. */
  readonly causes: readonly Happening[];
}

/** What was the same is remembered for so long: events that were the cause of later ones. */
const REMEMBERED_CHARACTERS = 32 * 1024 * 1024;
const LONGEST_LINE_CHARACTERS = 1024 * 1024;
const SEAM_CHARACTERS = 32;

/**
 * Reads all sources side by side, and stops at the first difference. None is read further ahead than a chunk, so
 * whoever is faster has to wait.
 */
export async function firstDiscord(sources: readonly Source[]): Promise<Discord | undefined> {
  const readers = sources.map((source) => new Reader(source));
  const past = new Past();
  for (;;) {
    for (const reader of readers) await reader.fill();
    const length = Math.min(...readers.map(({ ahead }) => ahead.length));
    const text = readers[0]!.ahead.slice(0, length);
    if (length === 0 || readers.some(({ ahead }) => !ahead.startsWith(text))) {
      if (readers.every(({ hasEnded, ahead }) => hasEnded && ahead === '')) return undefined;
      return discordOf(readers, past);
    }
    past.add(text);
    for (const reader of readers) reader.take(length);
  }
}

async function discordOf(readers: readonly Reader[], past: Past): Promise<Discord> {
  for (let same = ''; ; ) {
    // The lines before the different one are the same in all.
    const texts = await Promise.all(readers.map((reader) => reader.line()));
    const [first] = texts;
    if (first !== undefined && texts.every((text) => text === first)) {
      same = `${first}\n`;
      past.add(same);
      for (const reader of readers) reader.take(same.length);
      continue;
    }
    const begun = past.begunLine;
    const lines = readers.map(({ name }, index): DiscordantLine => {
      const rest = texts[index];
      if (rest === undefined) return { name, text: undefined, causes: [] };
      const event = readHappening(begun + rest);
      return { name, text: begun + rest, causes: event === undefined ? [] : causesOf(event, (number) => past.find(number)) };
    });
    return { seed: past.seed, lines };
  }
}

/** One source: what has been read and not been compared yet. */
class Reader {
  readonly name: string;
  readonly #chunks: Source['chunks'];
  ahead = '';
  hasEnded = false;

  constructor({ name, chunks }: Source) {
    this.name = name;
    this.#chunks = chunks;
  }

  /** Afterwards there is something ahead, or it has ended. */
  async fill(): Promise<void> {
    while (this.ahead === '' && !this.hasEnded) await this.#read();
  }

  /** What is ahead until the end of the line; undefined when it has ended. */
  async line(): Promise<string | undefined> {
    while (!this.ahead.includes('\n') && !this.hasEnded && this.ahead.length < LONGEST_LINE_CHARACTERS) await this.#read();
    return this.ahead === '' ? undefined : this.ahead.split('\n', 1)[0]!;
  }

  take(length: number): void {
    this.ahead = this.ahead.slice(length);
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done === true) this.hasEnded = true;
    else this.ahead += value;
  }
}

/** What was the same in all sources, the newest of it. */
class Past {
  /** The run that it is in: the number behind the newest `seed`. */
  seed = 'unknown';
  #pieces: string[] = ['\n'];
  #length = 1;
  /** The end of the latest piece: a line that says `seed` may be in two. */
  #seam = '\n';

  add(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
    while (this.#length - this.#pieces[0]!.length > REMEMBERED_CHARACTERS) this.#length -= this.#pieces.shift()!.length;
    const seamed = this.#seam + text;
    const at = seamed.lastIndexOf('\nseed ');
    if (at >= 0) this.seed = /^\d+/.exec(seamed.slice(at + '\nseed '.length))?.[0] ?? this.seed;
    this.#seam = seamed.slice(-SEAM_CHARACTERS);
  }

  /** The beginning of a line whose rest has not been compared yet. */
  get begunLine(): string {
    const text = this.#joined();
    return text.slice(text.lastIndexOf('\n') + 1);
  }

  /** An event of that run. */
  find(number: number): Happening | undefined {
    const text = this.#joined();
    const at = text.indexOf(`\n${number} `, Math.max(0, text.lastIndexOf('\nseed ')));
    return at < 0 ? undefined : readHappening(text.slice(at + 1, text.indexOf('\n', at + 1)));
  }

  #joined(): string {
    const text = this.#pieces.join('');
    this.#pieces = [text];
    return text;
  }
}
