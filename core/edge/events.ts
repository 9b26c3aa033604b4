import type { ListenersEvent } from '../listeners/events.ts';
import type { PathEvent } from '../links/events.ts';
import type { MountpointEvent } from './mountpoint/events.ts';
import type { StreamEvent } from './stream/events.ts';

/**
 * What an edge reports: rare, each event with the figures that an operator needs to see why. Streams are named by the 32
 * hexadecimal digits of their id, mountpoints without their leading slash, paths and listeners by the label they were opened with.
 */
export type EdgeEvent = PathEvent | StreamEvent | MountpointEvent | ListenersEvent;
