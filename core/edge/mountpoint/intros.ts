import { assert } from '../../base/assert.ts';
import { SetAside, type MemoryBudget } from '../../base/memory/budget.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import { Intro } from '../../listeners/intros/intro.ts';
import { icyTitleText } from '../../wire/icy.ts';
import { FileFrames, readFileFrames } from '../fallback/file-frames.ts';
import type { FallbackProblem } from '../fallback/problem.ts';

interface KeptIntro {
  readonly title: string;
  readonly intro: Intro;
}

/** What new listeners of each mountpoint hear first, as it was provided, for all who give it to listeners. */
export class Intros {
  readonly #mostBytes: number;
  readonly #aside: SetAside;
  readonly #tell: (now: Micros, mount: string, intro: Intro | undefined) => void;
  #intros: Map<string, KeptIntro> = new Map();

  /** @param mostBytes of a file. @param tell is called when there is another one for the listeners of a mountpoint, or none. */
  constructor(mostBytes: number, budget: MemoryBudget, tell: (now: Micros, mount: string, intro: Intro | undefined) => void) {
    this.#mostBytes = mostBytes;
    this.#aside = new SetAside(budget);
    this.#tell = tell;
  }

  get heldBytes(): number {
    let sum = 0;
    for (const { intro } of this.#intros.values()) sum += intro.heldBytes;
    return sum;
  }

  /** A mountpoint has this file from now on; or why it cannot have it, and nothing has changed. `title`: '' is that of the stream. */
  provide(now: Micros, mount: string, title: string, file: Uint8Array): FallbackProblem | undefined {
    if (file.length > this.#mostBytes) return { code: 'too-large', mostBytes: this.#mostBytes };
    const frames = readFileFrames(file);
    if (!(frames instanceof FileFrames)) return frames;
    const intro = introOf(title, frames);
    this.#intros.set(mount, { title, intro });
    this.#aside.set(this.heldBytes);
    this.#tell(now, mount, intro);
    return undefined;
  }

  forget(now: Micros, mount: string): void {
    if (!this.#intros.delete(mount)) return;
    this.#aside.set(this.heldBytes);
    this.#tell(now, mount, undefined);
  }

  /** Saves or restores the files. */
  snapshot(a: Snapshot, now: Micros): void {
    this.#intros = new Map(a.list(this.#intros, (entry) => {
      const mount = a.text(entry?.[0] ?? '');
      const title = a.text(entry?.[1].title ?? '');
      const bytes = a.file(entry?.[1].intro.bytes ?? new Uint8Array(0));
      if (entry !== undefined) return entry;
      const frames = readFileFrames(bytes);
      assert(frames instanceof FileFrames, 'the frames of an intro are found again');
      return [mount, { title, intro: introOf(title, frames) }];
    }));
    if (!a.isLoading) return;
    this.#aside.set(this.heldBytes);
    for (const [mount, { intro }] of this.#intros) this.#tell(now, mount, intro);
  }
}

function introOf(title: string, frames: FileFrames): Intro {
  const all = Array.from({ length: frames.count }, (_, index) => ({ bytes: frames.frame(index)!, durationUs: frames.durationUs(index) }));
  return new Intro(frames.format, title === '' ? '' : icyTitleText(title), all);
}
