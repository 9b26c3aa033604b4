import { icyTitleOf } from '../../core/wire/icy.ts';
import type { Oracle } from './oracle.ts';

/** The title that each encoder of a model begins with. */
const FIRST_TITLE = /^StreamTitle='On air from /;
const REMEMBERED = 64;

/**
 * What somebody is shown of one mountpoint: behind a title that was set comes none that was set before it, and, while it is in force, none that an encoder begins with.
 *
 * A mountpoint shows each title, a listener only those that are there when a block of metadata is due.
 */
export class ShownTitles {
  readonly #oracle: Oracle;
  readonly #outlivedAt: () => number;
  /** The newest ones, in their order. */
  #texts: string[] = [];
  /** When the newest one was set of those that were set by somebody. */
  #setAt = 0;

  /** @param outlivedAt until when titles were set that are known not to be in force any more; in milliseconds, as that of one that was set. */
  constructor(oracle: Oracle, outlivedAt: () => number = () => -Infinity) {
    this.#oracle = oracle;
    this.#outlivedAt = outlivedAt;
  }

  get outlivedAt(): number {
    return this.#outlivedAt();
  }

  get newest(): string | undefined {
    return this.#texts.at(-1);
  }

  /** Whether the newest one was set by somebody. */
  get isSet(): boolean {
    return this.newest !== undefined && this.#setAtOf(this.newest) !== undefined;
  }

  /** A text is shown. Returns whether it may be, behind those before. @param at what shows all that there is; undefined: this. */
  shows(text: string, at?: ShownTitles): boolean {
    const before = this.newest;
    const isBehindSet = before !== undefined && this.#isInForce(before);
    const setAt = this.#setAtOf(text);
    this.#keep(text);
    if (setAt !== undefined) {
      const isNewer = setAt >= this.#setAt;
      this.#setAt = setAt;
      return isNewer;
    }
    return !isBehindSet || !FIRST_TITLE.test(text) || at?.hasShownBetween(before, text) === true;
  }

  /** Some other text is shown: of a fallback, and so not of this mountpoint. */
  showsOther(): void {
    this.#keep('');
  }

  /** Whether another one was shown behind the first of two texts, and before the second one. */
  hasShownBetween(first: string, second: string): boolean {
    const from = this.#texts.indexOf(first);
    return from >= 0 && this.#texts.indexOf(second, from + 2) > 0;
  }

  #keep(text: string): void {
    this.#texts = [...this.#texts.slice(1 - REMEMBERED), text];
  }

  /** It was set, and nobody is known to have said that it is not in force any more. */
  #isInForce(text: string): boolean {
    const setAt = this.#setAtOf(text);
    return setAt !== undefined && setAt > this.outlivedAt;
  }

  /** When it was set; undefined when it was not. */
  #setAtOf(text: string): number | undefined {
    return this.#oracle.titleSetAt(icyTitleOf(text));
  }
}
