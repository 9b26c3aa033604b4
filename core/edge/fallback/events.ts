import type { FormatRefusal } from '../../codec/format/format.ts';

/** What is reported of the fallback of a mountpoint. */
export type FallbackEvent =
  /** No stream could be heard any more: listeners hear the fallback, a mountpoint or a file by its name. */
  | { readonly kind: 'fallback-entered'; readonly mount: string; readonly what: string; readonly silentMs: number }
  | { readonly kind: 'fallback-left'; readonly mount: string; readonly what: string; readonly to: string; readonly toOrigin: string; readonly toSource: string; readonly forMs: number }
  /** What was on air as the fallback is wanted no more; `by` is, which may have nothing to give: '' where there is none. */
  | { readonly kind: 'fallback-replaced'; readonly mount: string; readonly what: string; readonly by: string; readonly forMs: number }
  /** Its frames cannot follow those that were on air. */
  | { readonly kind: 'fallback-refused'; readonly mount: string; readonly what: string; readonly why: FormatRefusal };
