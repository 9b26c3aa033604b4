import type { ListenerId, PathId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import type { SavedParts } from '../hls/media/parts/part-store.ts';
import type { SavedSegments } from '../hls/media/store/saved-segment.ts';
import type { Address } from '../../net/addresses/resolve.ts';
import type { Pause } from '../../process/time/pauses.ts';
import type { SavedCounts, SavedEntry } from '../listeners/listener-server.ts';
import type { SavedPool } from '../workers/upgrade/pool-estate.ts';

/** What is told of a listener's connection before anything stops. */
export interface AboutListener {
  readonly entry: SavedEntry;
  /** By place, the worker in which it is; undefined: it is in the edge's own process. */
  readonly worker?: number | undefined;
}

/** The listeners that are in workers. */
export interface SavedWorkers {
  readonly pool: SavedPool;
  readonly handles: readonly (readonly [ListenerId, handle: number])[];
}

/** Of a listener, what changes all the time. There may be many: bytes count. */
type SavedConnection = readonly [id: ListenerId, handle: number, bytes: number, unwrittenBytes: number, connectedMs: number];

interface SavedRelay {
  readonly endpoint: string;
  readonly hosts: Address;
  readonly path: PathId;
  readonly handle: number;
}

/** What goes in front of the machine's state. Plain data. */
export interface SavedEdge {
  /** Microseconds of the system's monotonic clock, which all processes read alike, when all stopped. */
  readonly stoppedAtUs: number;
  /** The ports in their order. */
  readonly ports: readonly number[];
  /** Of HLS; undefined: there are none. */
  readonly segments?: SavedSegments | undefined;
  /** And their parts. */
  readonly parts?: SavedParts | undefined;
  /** Undefined where only ports are taken. */
  readonly all: {
    readonly machineUs: Micros;
    readonly pauses: readonly Pause[];
    readonly relays: readonly SavedRelay[];
    /** Paths of relays whose connections cannot be gone on with: they are made anew. */
    readonly closed: readonly PathId[];
    readonly listeners: readonly SavedConnection[];
    /** Those that go on at another mountpoint than was told before. */
    readonly moved: readonly (readonly [ListenerId, string])[];
    /** In the state, but their connections stay with the old process. */
    readonly staying: readonly ListenerId[];
    /** Undefined: there are none. Behind the machine's state is what workers that begin later are given first. */
    readonly workers: SavedWorkers | undefined;
    readonly counts: SavedCounts;
  } | undefined;
}

/** CLOCK_MONOTONIC on Linux. */
export function systemUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
