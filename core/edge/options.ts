import type { PathId } from '../base/machine.ts';
import type { Micros } from '../base/units.ts';
import type { MountPolicies } from '../config/mount-policy.ts';
import type { Settings } from '../config/settings.ts';
import type { Segment } from './segments/segment.ts';
import type { PathFigures } from '../links/events.ts';
import type { Intro } from '../listeners/intros/intro.ts';
import type { ListenersSink } from '../listeners/sink.ts';
import type { Matcher } from './content/matcher.ts';
import type { EdgeWish } from './intake/demand.ts';
import type { EdgeEvent } from './events.ts';
import type { MountOutput, OutputOf } from './output/output.ts';
import type { ProofChecks } from './intake/proof/checks.ts';

export interface EdgeOptions {
  readonly settings: Settings;
  /** What is wanted of single mountpoints. */
  readonly policies?: MountPolicies;
  /** Which mountpoints it takes in; all, unless given. */
  readonly wish?: EdgeWish | undefined;
  /** Makes, for each mountpoint, what finds the same point of the programme in two of its streams; by the same frames, and an Aligner, unless given. */
  readonly newMatcher?: () => Matcher;
  /** Makes further outputs of a mountpoint, besides its listeners here. */
  readonly outputs?: (of: OutputOf) => readonly MountOutput[];
  /** Told of what new listeners hear first, at outputs of its mountpoints that are in other processes. */
  readonly intro?: (now: Micros, mount: string, intro: Intro | undefined) => void;
  /** Told of every message that is taken in, once it is verified where it has to be; borrowed for the call. */
  readonly taken?: (path: PathId, bytes: Uint8Array, start: number, end: number) => void;
  /** false: nobody can join here; an output takes the programme to its listeners, and `heardElsewhere` tells of them. */
  readonly hasListeners?: boolean;
}

export interface EdgeSink extends ListenersSink {
  /**
   * Back by the connection of a relay that takes titles, or what edges know of segments: a whole message with its length prefix. While the system does not take
   * what was said before it is left out; it is said again. Without this no relay hears of a title that is set here.
   */
  readonly answer?: (path: PathId, bytes: Uint8Array) => void;
  /** The next segment of a mountpoint, where `hlsSegmentMs` is not 0. Its bytes can be kept. */
  readonly segment?: (mount: string, segment: Segment) => void;
  /** There are no more segments that continue the last one: the mountpoint has ended, or the time has moved. */
  readonly segmentsEnded?: (mount: string) => void;
  /**
   * The next part of a segment, where `hlsPartMs` is not 0, of a mountpoint whose frames stand alone: the Unix time at which its slot begins, divided by its length, is its number. In a segment of `hlsSegmentMs` there
   * may be others, of another stream: that is chosen for each when it is due.
   */
  readonly part?: (mount: string, part: Segment) => void;
  /** There are no more parts that continue the last one. */
  readonly partsEnded?: (mount: string) => void;
  /** Knows the keys of encoders. Without it no stream is verified, whatever is wanted of its mountpoint. */
  readonly proof?: ProofChecks;
  event(event: EdgeEvent): void;
}

export interface EdgeStats {
  readonly paths: readonly ({ readonly id: PathId; readonly label: string } & PathFigures)[];
  readonly streams: number;
  readonly mounts: number;
  readonly listeners: number;
  /** Early messages held, all streams together. */
  readonly heldMessages: number;
  /** What counts against `edgeBytes`. */
  readonly countedBytes: number;
}
