import type { ListenerId } from '../base/machine.ts';
import type { Snapshot } from '../base/snapshot.ts';
import type { Micros } from '../base/units.ts';
import type { Broadcast } from './broadcast.ts';
import { IntroPlace } from './intros/intro-place.ts';
import type { IcyPlace } from './icy-interleaver.ts';

export interface JoinOptions {
  /** Interleave metadata, every `icyIntervalBytes`. */
  readonly icy: boolean;
  /** Who it is, for events: address and port. */
  readonly label: string;
  /** Instead of the setting. */
  readonly burstMs?: number;
}

/** Instead of what is left to the next block: a listener that wants none. */
export const NO_ICY = 0;

/** The position of one that is not in the stream yet, but hears an intro. */
export const BEFORE_STREAM: number = Infinity;

/** One listener, and how far it is. */
export class Listener implements IcyPlace {
  readonly id: ListenerId;
  broadcast: Broadcast;
  readonly label: string;
  joinedAt: Micros;
  /** What it gets next, in the journal of its mountpoint; `BEFORE_STREAM`: nothing of that yet. */
  position: number;
  /** Its burst, which it may be behind by besides `listenerQueueBytes`. */
  burstBytes: number;
  /** Given to its connection. */
  bytes = 0;
  icyLeft: number;
  icyTold: string | undefined = undefined;
  /** Where it is in the intro of its mountpoint; undefined: in the stream. */
  intro: IntroPlace | undefined = undefined;
  /** Where it is in `Slices`. */
  slice = 0;
  index = 0;

  constructor(id: ListenerId, broadcast: Broadcast, label: string, joinedAt: Micros, position: number, icyLeft: number) {
    this.id = id;
    this.broadcast = broadcast;
    this.label = label;
    this.joinedAt = joinedAt;
    this.position = position;
    this.burstBytes = broadcast.head - position;
    this.icyLeft = icyLeft;
  }

  /** It goes on at another mountpoint: from there on, or as far behind as it may be there. */
  goTo(broadcast: Broadcast, position: number): void {
    this.broadcast = broadcast;
    this.position = position;
    this.burstBytes = broadcast.head - position;
  }

  /** Saves or restores what is not given at construction. */
  snapshot(a: Snapshot): void {
    this.joinedAt = a.number(this.joinedAt);
    this.position = a.number(this.position);
    this.burstBytes = a.number(this.burstBytes);
    this.bytes = a.number(this.bytes);
    this.icyLeft = a.number(this.icyLeft);
    this.icyTold = a.maybeText(this.icyTold);
    this.intro = IntroPlace.snapshot(a, this.intro);
  }
}
