import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of V8's heap where objects begin at 2 MB, its size at the start (twice `--min-semi-space-size`), instead of letting it
 * grow to 32 MB: what a message leaves behind is garbage at once. To be called before anything else is loaded, for it seldom shrinks,
 * and again when a thread is there, for V8 takes it back with each new heap.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
