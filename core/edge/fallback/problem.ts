import type { FrameFormat } from '../../codec/format/format.ts';

/** Why a file cannot be a fallback. */
export type FallbackProblem =
  | { readonly code: 'too-large'; readonly mostBytes: number }
  /** Its mountpoint has begun. */
  | { readonly code: 'too-late' }
  /** It is something else, by this name. */
  | { readonly code: 'foreign'; readonly format: string }
  | { readonly code: 'no-frame' | 'mostly-other' }
  | { readonly code: 'two-formats'; readonly first: FrameFormat; readonly other: FrameFormat };
