import { getHeapStatistics } from 'node:v8';
import { median } from '../common/accounting.ts';

/** Of Node, for a process in which nothing is collected while less than this is allocated. */
export const NO_COLLECTION: readonly string[] = ['--expose-gc', '--min-semi-space-size=1024', '--max-semi-space-size=1024'];

/** Bytes that are allocated on the heap, between its making and `bytes`, in a process that was started with NO_COLLECTION. */
export class Allocation {
  readonly #before: number;
  #last: number;
  #looks = 0;

  constructor() {
    (globalThis as { readonly gc?: () => void }).gc!();
    this.#before = this.#last = usedBytes();
  }

  /** Throws where something was collected since the last look: then nobody knows how much it was. To be called now and then. */
  look(): void {
    const used = usedBytes();
    if (used < this.#last) throw new Error('something was collected: allocate less between two measurements');
    this.#last = used;
    this.#looks++;
  }

  get bytes(): number {
    this.look();
    return this.#last - this.#before - this.#looks * LOOK_BYTES;
  }
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size;
}

/** What a look allocates itself: measured when this is loaded. */
const LOOK_BYTES = measureLook();

function measureLook(): number {
  const steps: number[] = [];
  for (let n = 0, last = usedBytes(); n < 101; n++) {
    const now = usedBytes();
    steps.push(now - last);
    last = now;
  }
  return median(steps);
}
