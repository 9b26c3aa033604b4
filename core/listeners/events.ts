import type { BoundHit } from '../base/memory/bounds.ts';
import type { ListenerId } from '../base/machine.ts';

/** What is reported of listeners. */
export type ListenersEvent =
  | { readonly kind: 'listener-joined'; readonly listener: ListenerId; readonly mount: string; readonly label: string; readonly burstMs: number }
  | {
      readonly kind: 'listener-left';
      readonly listener: ListenerId;
      readonly mount: string;
      readonly label: string;
      readonly reason: string;
      readonly connectedMs: number;
      readonly bytes: number;
    }
  /** It goes on at the mountpoint `to`, by the same connection. */
  | { readonly kind: 'listener-moved'; readonly listener: ListenerId; readonly mount: string; readonly label: string; readonly to: string }
  | {
      readonly kind: 'listener-dropped';
      readonly listener: ListenerId;
      readonly mount: string;
      readonly label: string;
      readonly lagBytes: number;
      readonly connectedMs: number;
      readonly bytes: number;
    }
  /** Listeners of a mountpoint were not given its intro, for its format is not that on air; `count` since the mountpoint began, told at powers of two. */
  | { readonly kind: 'intro-skipped'; readonly mount: string; readonly count: number }
  /** One was refused: `maxListeners`. */
  | BoundHit;
