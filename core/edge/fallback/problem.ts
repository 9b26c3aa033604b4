import type { FrameFormat } from '../../codec/format/format.ts';

/** Why something cannot be a fallback. */
export type FallbackProblem =
  | { readonly code: 'too-large'; readonly mostBytes: number }
  /** Its mountpoint has begun. */
  | { readonly code: 'too-late' }
  /** It is something else, by this name. */
  | { readonly code: 'foreign'; readonly format: string }
  | { readonly code: 'no-frame' | 'mostly-other' }
  /** The file is another one than the mountpoint has, and was not provided. */
  | { readonly code: 'no-file' }
  /** Fallbacks would come back to where they began: the first mountpoint stands at the end again. */
  | { readonly code: 'loop'; readonly mounts: readonly string[] }
  | { readonly code: 'two-formats'; readonly first: FrameFormat; readonly other: FrameFormat };
