import { dirname, resolve } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { UsageError } from '../../process/problems.ts';
import { substituted } from './environment.ts';

/** More than any configuration has; a few lines with aliases can stand for millions. */
const MAX_NODES = 100_000;

/** Deeper than any configuration is. */
const MAX_DEPTH = 32;

export interface DocumentOptions {
  /** Its name, for errors. */
  readonly file: string;
  readonly text: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Entry {
  /** LINE:COLUMN, from 1. */
  readonly place: string;
  /** Of a scalar: as it is written, without quotes, and with variables of the environment put in. */
  readonly text?: string;
  /** Of a scalar: as it is written, without quotes. */
  readonly written?: string;
  /** Variables of the environment were put in. */
  readonly isSubstituted?: boolean;
}

/** The values of a YAML file (https://yaml.org/spec/1.2.2/, the core schema), of which JSON is a part. Each value knows where it stands. */
export class YamlDocument {
  readonly file: string;
  /** Plain data, as JSON.parse gives it; values with a variable that is not set are left out. */
  readonly content: unknown;
  /** A line for each variable that is not set. */
  readonly problems: readonly string[];
  readonly #entries: ReadonlyMap<string, Entry>;

  /** Throws a UsageError that has a line for each error of syntax. */
  constructor({ file, text, env }: DocumentOptions) {
    this.file = file;
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, keepSourceTokens: true });
    const errors = [...document.errors, ...document.warnings];
    if (errors.length > 0) throw new UsageError(errors.map(({ pos: [at], code, message }) => `${file}:${placeAt(lines, at)}: ${wording(code, message)}`).join('\n'));
    const reading = new Reading(document, lines, file, env);
    this.content = reading.value('', document.contents);
    this.problems = reading.problems;
    this.#entries = reading.entries;
  }

  /** `FILE:LINE:COLUMN` of a key, as `keyText` writes it, or of the next one around it that there is. */
  at(where: string): string {
    for (let path = where; path !== ''; path = path.replace(/(\.|\[)?[^.[]*$/, '')) {
      const entry = this.#entries.get(path);
      if (entry !== undefined) return `${this.file}:${entry.place}`;
    }
    return `${this.file}:1:1`;
  }

  /** Whether this key is in it. */
  has(where: string): boolean {
    return this.#entries.has(where);
  }

  /** A path that stands in it: a relative one starts at the directory of the file. */
  pathTo(path: string): string {
    return resolve(dirname(this.file), path);
  }

  /** The text of a scalar, whatever it stands for; undefined where there is none. */
  textAt(where: string): string | undefined {
    return this.#entries.get(where)?.text;
  }

  /** The same, with the names of variables instead of their values. */
  writtenAt(where: string): string | undefined {
    return this.#entries.get(where)?.written;
  }

  isSubstituted(where: string): boolean {
    return this.#entries.get(where)?.isSubstituted === true;
  }
}

/** The text of a key inside another one; that of no key is ''. */
export function keyText(inside: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${inside}[${JSON.stringify(key)}]`;
  return inside === '' ? key : `${inside}.${key}`;
}

/** The text of a value in a list. */
export function itemText(list: string, at: number): string {
  return `${list}[${at}]`;
}

class Reading {
  readonly entries = new Map<string, Entry>();
  readonly problems: string[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #file: string;
  readonly #env: DocumentOptions['env'];
  #nodes = 0;

  constructor(document: Document, lines: LineCounter, file: string, env: DocumentOptions['env']) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
    this.#env = env;
  }

  /** Undefined: it is left out. `key` is where it stands, unless that is its own place. */
  value(where: string, given: Node | null, key?: unknown, depth = 0): unknown {
    const node = isAlias(given) ? given.resolve(this.#document) : given;
    if (++this.#nodes > MAX_NODES || depth > MAX_DEPTH) throw new UsageError(`${this.#file}:${this.#place(given)}: more than ${MAX_NODES} values, or more than ${MAX_DEPTH} inside each other`);
    const place = this.#place(key ?? given);
    if (node === undefined) {
      this.problems.push(`${this.#file}:${this.#place(given)}: ${where}: there is no anchor before it that has its name`);
      return undefined;
    }
    if (isMap(node)) {
      this.entries.set(where, { place });
      // Object.fromEntries: a key may have the name of something that every object has.
      return Object.fromEntries(node.items.flatMap((pair) => {
        const name = isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : String(pair.key);
        const value = this.value(keyText(where, name), pair.value as Node | null, pair.key, depth + 1);
        return value === undefined ? [] : [[name, value] as const];
      }));
    }
    if (isSeq(node)) {
      this.entries.set(where, { place });
      return node.items.map((item, at) => this.value(itemText(where, at), item as Node | null, undefined, depth + 1)).filter((value) => value !== undefined);
    }
    return isScalar(node) ? this.#scalar(where, node.value, node.source ?? String(node.value), place, this.#place(given)) : null;
  }

  #scalar(where: string, value: unknown, source: string, place: string, ownPlace: string): unknown {
    const written = typeof value === 'string' ? value : source;
    const { text, missing, isChanged } = substituted(written, this.#env);
    for (const name of missing) this.problems.push(`${this.#file}:${ownPlace}: ${where}: environment variable ${JSON.stringify(name)} is not set; "$\${${name}}" is the text itself`);
    if (missing.length > 0) return undefined;
    this.entries.set(where, { place, text, written, isSubstituted: isChanged });
    return typeof value === 'string' ? text : value;
  }

  #place(node: unknown): string {
    return placeAt(this.#lines, (node as Node | null)?.range?.[0] ?? 0);
  }
}

function placeAt(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

/** What the parser says, in the words of our other errors. */
function wording(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a configuration is one document, and "---" begins a second one';
  if (code === 'DUPLICATE_KEY') return 'this key is given twice';
  const line = message.split('\n')[0]!;
  return line[0]!.toLowerCase() + line.slice(1);
}
