import type { ListenersEvent } from '../listeners/events.ts';
import type { PathEvent } from '../links/events.ts';
import type { MountpointEvent } from './mountpoint/events.ts';
import type { StreamEvent } from './stream/events.ts';

/**
 * What an edge reports: rare, each event with the figures that an operator needs to see why. Streams are named by the 32
 * hexadecimal digits of their id, mountpoints without their leading slash, paths and listeners by the label they were opened with.
 */
export type EdgeEvent = PathEvent | RelaysEvent | StreamEvent | MountpointEvent | ListenersEvent;

/** What is reported of the relays that an edge is connected to. */
export type RelaysEvent =
  /** One is lost, and so many are left. */
  | { readonly kind: 'relay-lost'; readonly label: string; readonly reason: string; readonly left: number }
  /** None is left, or has been for `forMs`: told at once, of a start after ten seconds, and every minute. `label` is the one that was lost last, or is not reached. */
  | { readonly kind: 'no-relay-left'; readonly label: string; readonly reason: string; readonly forMs: number }
  /** One that was lost, or another one, is connected; `forMs`: for so long there was none. */
  | { readonly kind: 'relay-back'; readonly label: string; readonly relays: number; readonly forMs: number };
