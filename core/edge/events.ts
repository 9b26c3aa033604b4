import type { ListenersEvent } from '../listeners/events.ts';
import type { PathEvent } from '../links/events.ts';
import type { MountpointEvent } from './mountpoint/events.ts';
import type { DemandEvent, RelaysEvent } from './intake/events.ts';
import type { ProofEvent } from './intake/proof/events.ts';
import type { StreamEvent } from './stream/events.ts';

/**
 * What an edge reports: rare, each event with the figures that an operator needs to see why. Streams are named by the 32
 * hexadecimal digits of their id, mountpoints without their leading slash, paths and listeners by the label they were opened with.
 */
export type EdgeEvent = PathEvent | RelaysEvent | DemandEvent | StreamEvent | ProofEvent | MountpointEvent | ListenersEvent;

/** Fields of events that hold the id of a stream, and those beside them with the name and the address of its encoder. */
export const streamFields: readonly (readonly [id: string, origin: string, source: string])[] = [
  ['stream', 'origin', 'source'],
  ['other', 'otherOrigin', 'otherSource'],
  ['from', 'fromOrigin', 'fromSource'],
  ['to', 'toOrigin', 'toSource'],
  ['onAir', 'onAirOrigin', 'onAirSource'],
];
