/** A metadata text, and from which message on it is in force. */
export interface ModelText {
  readonly sequence: number;
  readonly text: string;
  /** It came before the stream had begun, out of its order: it is in force at once. */
  readonly isOpening: boolean;
  readonly at: number;
  /**
   * The edge has it: before its stream joins a mountpoint, what came out of order may have been given up, and nobody says so; what came behind the verdict
   * is in force from when it came; and what came before the edge knew the stream it may have refused.
   */
  readonly isSure: boolean;
}

const REMEMBERED_TEXTS = 64;

/** What a stream has said of its programme. */
export class ModelTexts {
  #all: ModelText[] = [];

  get all(): readonly ModelText[] {
    return this.#all;
  }

  /** What an earlier life of the stream has said. */
  goOnBehind(texts: readonly ModelText[]): void {
    this.#all.push(...texts);
  }

  keep(text: ModelText): void {
    const known = this.#all.findIndex((each) => each.sequence === text.sequence);
    if (known >= 0 && (this.#all[known]!.isSure || !text.isSure)) return;
    if (known >= 0) this.#all.splice(known, 1);
    this.#all.push(text);
    if (this.#all.length > REMEMBERED_TEXTS) this.#all.shift();
  }

  /** The edge may not have these. */
  doubt(which: (text: ModelText) => boolean): void {
    this.#all = this.#all.map((each) => (which(each) ? { ...each, isSure: false } : each));
  }
}
