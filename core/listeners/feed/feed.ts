import { Journal, type Cursor } from '../../base/memory/journal.ts';
import type { MountId } from '../../base/machine.ts';
import { ms, NEVER, type Micros } from '../../base/units.ts';
import type { Settings } from '../../config/settings.ts';
import { prefixed } from '../../wire/framing.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import type { Intro } from '../intros/intro.ts';
import type { ListenersInput } from '../listeners.ts';
import { BroadcastTexts } from '../titles.ts';
import { RecordWriter } from './record.ts';

/** Memory is taken in pieces of this size, and so is the most that is read at a time. */
const CHUNK_BYTES = 65_536;
const HISTORY_CHUNK_BYTES = 16_384;

/** Of a mountpoint: what a process that begins later has to be given first. */
interface History {
  readonly name: string;
  /** Where it was opened in the journal that all read. */
  readonly openedAt: number;
  /** As much of what it has given out as a burst has; its clock is the length of the programme. */
  readonly journal: Journal;
  readonly texts: BroadcastTexts;
  format: FrameFormat | undefined;
  programmeUs: number;
}

/** Where a process begins to read. */
export interface FeedStart {
  readonly cursor: Cursor;
  /** To be given to it before anything that the cursor reads: what new listeners hear first. */
  readonly intros: readonly Uint8Array[];
  /** And then: the mountpoints that are there, and of each as much as a burst has. One that goes on where another process was has them already. */
  readonly history: readonly Uint8Array[];
}

/**
 * What all mountpoints give out, in bytes, for Listeners in other processes: each record is written once, whoever reads it.
 *
 *     opened, format, title, frame, ended -> journal               -> a cursor for each process
 *                                         -> history per mountpoint -> a process that begins
 *
 * Whoever owns it bounds it, by calling `trim`.
 */
export class Feed implements ListenersInput {
  readonly #settings: Pick<Settings, 'burstMs' | 'journalMarkMs'>;
  readonly #journal: Journal;
  readonly #mounts = new Map<MountId, History>();
  readonly #byName = new Map<string, MountId>();
  readonly #intros = new Map<string, Intro>();
  readonly #write = new RecordWriter();

  constructor(settings: Pick<Settings, 'burstMs' | 'journalMarkMs'>) {
    this.#settings = settings;
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs) });
  }

  get heldBytes(): number {
    let sum = this.#journal.heldBytes;
    for (const { journal } of this.#mounts.values()) sum += journal.heldBytes;
    return sum;
  }

  opened(now: Micros, mount: MountId, name: string): void {
    this.#append(now, this.#write.opened(mount, name));
    const journal = new Journal({ chunkBytes: HISTORY_CHUNK_BYTES, markEveryUs: ms(this.#settings.journalMarkMs) });
    this.#byName.set(name, mount);
    this.#mounts.set(mount, { name, openedAt: this.#journal.head, journal, texts: new BroadcastTexts(), format: undefined, programmeUs: 0 });
  }

  format(now: Micros, mount: MountId, format: FrameFormat): void {
    this.#append(now, this.#write.format(mount, format));
    const history = this.#mounts.get(mount)!;
    history.format = format;
    // A burst begins where the newest format does, at the earliest.
    const { journal, texts } = history;
    journal.trimBefore(NEVER);
    texts.trimBefore(journal.tail);
  }

  title(now: Micros, mount: MountId, text: string): void {
    const record = this.#write.title(mount, text);
    this.#append(now, record);
    const { journal, texts, programmeUs } = this.#mounts.get(mount)!;
    texts.add(journal.head, text);
    journal.append(Math.floor(programmeUs) as Micros, record, 0, record.length, true);
  }

  frame(now: Micros, mount: MountId, bytes: Uint8Array, durationUs: number): void {
    const record = this.#write.frame(mount, bytes, durationUs);
    this.#append(now, record);
    const history = this.#mounts.get(mount)!;
    const { journal, texts } = history;
    journal.append(Math.floor(history.programmeUs) as Micros, record, 0, record.length, true);
    history.programmeUs += durationUs;
    journal.trimBefore(Math.floor(history.programmeUs - ms(this.#settings.burstMs)) as Micros);
    texts.trimBefore(journal.tail);
  }

  ended(now: Micros, mount: MountId): void {
    this.#append(now, this.#write.ended(mount));
    this.#byName.delete(this.#mounts.get(mount)!.name);
    this.#mounts.delete(mount);
  }

  intro(now: Micros, name: string, intro: Intro | undefined): void {
    for (const record of this.#write.intro(name, intro)) this.#append(now, record);
    if (intro === undefined) this.#intros.delete(name);
    else this.#intros.set(name, intro);
  }

  /** The number of a mountpoint that is there. */
  find(name: string): MountId | undefined {
    return this.#byName.get(name);
  }

  /** The name of a mountpoint that is there. */
  nameOf(mount: MountId): string | undefined {
    return this.#mounts.get(mount)?.name;
  }

  /** For a process that begins. */
  start(): FeedStart {
    const intros: Uint8Array[] = [];
    for (const [name, intro] of this.#intros) for (const record of this.#write.intro(name, intro)) intros.push(prefixed(record));
    const history: Uint8Array[] = [];
    for (const [mount, { name, journal, texts, format }] of this.#mounts) {
      history.push(prefixed(this.#write.opened(mount, name)));
      if (format !== undefined) history.push(prefixed(this.#write.format(mount, format)));
      const text = texts.at(journal.tail);
      if (text !== '') history.push(prefixed(this.#write.title(mount, text)));
      const cursor = journal.oldest();
      for (let bytes = journal.read(cursor); bytes !== undefined; bytes = journal.read(cursor)) history.push(bytes);
    }
    return { cursor: this.#journal.newest(), intros, history };
  }

  /** What comes next, whole records; undefined when nothing does. The bytes never change. */
  read(cursor: Cursor): Uint8Array | undefined {
    return this.#journal.read(cursor);
  }

  behindBytes(cursor: Cursor): number {
    return this.#journal.head - cursor.position;
  }

  /** How much lies between where a process has begun and where a mountpoint was opened; 0 or less: it is in the history of that process. */
  openedAfter(start: Cursor['position'], mount: MountId): number {
    const history = this.#mounts.get(mount);
    return history === undefined ? 0 : history.openedAt - start;
  }

  /** Lets go of what lies before the slowest process; with none, of everything. */
  trim(slowest: number): void {
    this.#journal.trimBefore(NEVER, slowest);
  }

  #append(now: Micros, record: Uint8Array): void {
    this.#journal.append(now, record, 0, record.length, true);
  }
}
