import { settingTable, type SettingName, type Settings } from '../../../core/config/settings.ts';
import { UsageError } from '../../process/problems.ts';
import type { XmlElement } from './xml.ts';

/** What an icecast.xml says that is not honoured: one line each, with the line of the file. */
export class Notes {
  readonly #notes: { readonly line: number; readonly text: string }[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add({ line }: XmlElement, text: string): void {
    this.#notes.push({ line, text });
  }

  /** In the order of the file. */
  get lines(): readonly string[] {
    return this.#notes.toSorted((a, b) => a.line - b.line).map(({ line, text }) => `${this.#file}:${line}: ${text}`);
  }

  error({ line }: XmlElement, problem: string): UsageError {
    return new UsageError(`${this.#file}:${line}: ${problem}`);
  }
}

/** Why elements that are known are not honoured, by their names; undefined for one that is not known. */
export type Reasons = Readonly<Record<string, string>>;

/** One element, and what has been read of it: what has not is told. Of elements that are there twice the last one counts, as in Icecast. */
export class Section {
  readonly element: XmlElement;
  readonly #notes: Notes;
  readonly #read = new Set<string>();

  constructor(element: XmlElement, notes: Notes) {
    this.element = element;
    this.#notes = notes;
  }

  /** Undefined when it is not there, or empty. */
  text(name: string): string | undefined {
    return this.#find(name)?.text || undefined;
  }

  /** A whole number. Throws a UsageError when it is none. */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(text)) throw this.error(name, `must be a whole number, not "${text}"`);
    return Number(text);
  }

  /** As Icecast reads it: 1, yes, true and on. */
  flag(name: string): boolean | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : /^(1|yes|true|on)$/i.test(text);
  }

  /** All elements of this name. */
  sections(name: string): Section[] {
    this.#read.add(name);
    return this.element.children.filter((child) => child.name === name).map((child) => new Section(child, this.#notes));
  }

  /** A number as a setting: one beyond what that may be is taken as the nearest, and told. */
  setting(name: string, setting: SettingName, factor = 1): Partial<Settings> {
    const number = this.number(name);
    return number === undefined ? {} : this.settingFor(name, number, setting, factor);
  }

  /** The same for a number that stands elsewhere in the element `name`. */
  settingFor(name: string, number: number, setting: SettingName, factor = 1): Partial<Settings> {
    const { min, max, unit } = settingTable[setting];
    const wanted = Math.round(number * factor);
    const value = Math.min(max, Math.max(min, wanted));
    if (value !== wanted) this.note(name, `${number} is taken as ${setting} ${value} ${unit}`);
    return { [setting]: value };
  }

  note(name: string, text: string): void {
    this.#notes.add(this.#find(name) ?? this.element, `<${name}> ${text}`);
  }

  /** A flag that is told when it is set: otherwise it says what is so anyway. */
  refuse(name: string, reason: string): void {
    if (this.flag(name) === true) this.note(name, `is not honoured: ${reason}`);
  }

  /** Of the element itself. */
  noteSelf(text: string): void {
    this.#notes.add(this.element, `<${this.element.name}> ${text}`);
  }

  /** About the element itself. */
  errorSelf(problem: string): UsageError {
    return this.#notes.error(this.element, `<${this.element.name}> ${problem}`);
  }

  error(name: string, problem: string): UsageError {
    return this.#notes.error(this.#find(name) ?? this.element, `<${name}> ${problem}`);
  }

  /** These change nothing here, whatever they say. */
  skip(...names: string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Tells of all that has not been read. */
  tellRest(reasons: Reasons): void {
    for (const child of this.element.children) {
      if (this.#read.has(child.name)) continue;
      const reason = Object.hasOwn(reasons, child.name) ? reasons[child.name] : 'unknown';
      this.#notes.add(child, `<${child.name}> is not honoured: ${reason}`);
    }
  }

  #find(name: string): XmlElement | undefined {
    this.#read.add(name);
    return this.element.children.findLast((child) => child.name === name);
  }
}
