import type { Snapshot } from '../base/snapshot.ts';

/** Titles remembered for those who are behind; beyond it the oldest audio carries a newer one. */
const MAX_TEXTS = 64;

/** The metadata texts of what a mountpoint has given out, by their place in its journal: each listener sees that of the audio it is at. */
export class BroadcastTexts {
  /** Where each begins; the first entry is the one in force at the journal's tail. */
  #texts: { readonly position: number; readonly text: string }[] = [];
  #isAnyForgotten = false;

  /** In force from `position` on. */
  add(position: number, text: string): void {
    this.#texts.push({ position, text });
    if (this.#texts.length <= MAX_TEXTS) return;
    this.#texts.shift();
    this.#isAnyForgotten = true;
  }

  /** In force just before `position`: a block tells of the audio that it follows and precedes. */
  at(position: number): string {
    for (let index = this.#texts.length - 1; index >= 0; index--) {
      const entry = this.#texts[index]!;
      if (entry.position <= position) return entry.text;
    }
    // Audio from before the first title has none; but where older ones had to give way, the oldest left is nearest.
    return this.#isAnyForgotten ? (this.#texts[0]?.text ?? '') : '';
  }

  /** Nobody is before `tail` any more. */
  trimBefore(tail: number): void {
    let past = 0;
    while (past + 1 < this.#texts.length && this.#texts[past + 1]!.position <= tail) past++;
    if (past > 0) this.#texts = this.#texts.slice(past);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#texts = a.list(this.#texts, (text) => ({ position: a.number(text?.position ?? 0), text: a.text(text?.text ?? '') }));
    this.#isAnyForgotten = a.flag(this.#isAnyForgotten);
  }
}
