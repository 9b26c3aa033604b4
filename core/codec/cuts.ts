import type { Snapshot } from '../base/snapshot.ts';
import { families, familyOf } from './families.ts';
import type { CutRepair, CutWatch, Decodability } from './format/family.ts';
import type { FrameFormat, FrameHeader } from './format/format.ts';

/** Whether its frames need nothing of the frames before them, so that a stream can be cut anywhere. */
export function standAlone(format: FrameFormat): boolean {
  return familyOf(format).newCutRepair === undefined;
}

/** Mends the cuts in a stream of frames of any codec. */
export class CutRepairs implements CutRepair {
  readonly #repairs: readonly CutRepair[] = families.flatMap((family) => family.newCutRepair?.() ?? []);

  get isSilenced(): boolean {
    return this.#repairs.some((repair) => repair.isSilenced);
  }

  cut(): void {
    for (const repair of this.#repairs) repair.cut();
  }

  next(frame: Uint8Array, before: (back: number) => Uint8Array | undefined): Uint8Array {
    let given = frame;
    for (const repair of this.#repairs) given = repair.next(given, before);
    return given;
  }

  snapshot(a: Snapshot): void {
    for (const repair of this.#repairs) repair.snapshot(a);
  }
}

/** Sees the cuts in a stream of frames of any codec. */
export class CutWatches implements CutWatch {
  readonly #watches: readonly CutWatch[] = families.flatMap((family) => family.newCutWatch?.() ?? []);

  restart(): void {
    for (const watch of this.#watches) watch.restart();
  }

  frame(bytes: Uint8Array, header: FrameHeader): Decodability {
    let found: Decodability = 'whole';
    for (const watch of this.#watches) {
      const decodability = watch.frame(bytes, header);
      if (decodability !== 'whole') found = decodability;
    }
    return found;
  }
}
