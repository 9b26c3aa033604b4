import type { MountOutput, OutputOf } from '../../../core/edge/output/output.ts';
import { icyTitleOf } from '../../../core/wire/icy.ts';

/** A title with its place in the programme. */
export interface TitleOnAir {
  readonly title: string;
  /** When the first frame with it was given out, by the wall clock. */
  readonly onAirMs: number;
}

/** Of one mountpoint: what it gives out now, and what it gave out before that. */
export interface MountTitles {
  readonly now: TitleOnAir;
  readonly before: TitleOnAir | undefined;
}

/** Notes when each mountpoint began to give out its title. It has as many entries as there are mountpoints. */
export class Titles {
  readonly #wallMs: () => number;
  readonly #changed: (mount: string) => void;
  readonly #of = new Map<string, MountTitles>();

  /** @param changed a mountpoint has another title, or has ended; called in the middle of a machine's call. */
  constructor({ wallMs, changed }: { readonly wallMs: () => number; readonly changed: (mount: string) => void }) {
    this.#wallMs = wallMs;
    this.#changed = changed;
  }

  of(mount: string): MountTitles | undefined {
    return this.#of.get(mount);
  }

  /** An output of a mountpoint. */
  output({ name }: OutputOf): MountOutput {
    return {
      opened: () => undefined,
      format: () => undefined,
      title: (_now, text) => this.#take(name, icyTitleOf(text)),
      discontinuity: () => undefined,
      frame: () => undefined,
      ended: () => {
        this.#of.delete(name);
        this.#changed(name);
      },
    };
  }

  #take(mount: string, title: string): void {
    const before = this.#of.get(mount)?.now;
    // The text may say something else besides the title that has changed.
    if (before?.title === title) return;
    this.#of.set(mount, { now: { title, onAirMs: this.#wallMs() }, before });
    this.#changed(mount);
  }
}
