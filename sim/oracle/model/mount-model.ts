import type { EdgeEvent } from '../../../core/edge/events.ts';
import type { MountPolicy } from '../../../core/config/mount-policy.ts';
import { CurrentPolicy } from '../../../core/config/policies.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { ShownTitles } from '../shown-titles.ts';
import type { StreamModel } from './stream-model.ts';

export type SwitchEvent = Extract<EdgeEvent, { readonly kind: 'switch' }>;

/** A switch that listeners have yet to hear, or have heard. */
export interface ModelSwitch {
  readonly at: number;
  readonly event: SwitchEvent;
}

const REMEMBERED_SWITCHES = 64;

/** One mountpoint of an edge as it says it is, and what of it has to follow. */
export class MountModel {
  readonly name: string;
  readonly current: CurrentPolicy;
  /** What is on air; undefined while there is nothing but a fallback. */
  live: StreamModel | undefined;
  /** All that has been on air. */
  readonly wasOnAir: Set<StreamModel> = new Set();
  isOnFallback = false;
  /** Nothing could take over when the live stream fell silent: whoever is there first will. */
  isStalled = false;
  /** When another stream was put on air, or the fallback left. */
  changedAt: number;
  /** When anything that can be heard came last. */
  heardAt: number;
  heardInWorldAt = 0;
  /** When something was given out last, and how much had been. */
  givenAt: number;
  givenBytes = -1;
  /** What an operator has chosen, and is on air since. */
  chosen: StreamModel | undefined;
  /** And the encoder that he has named, as long as it may still come. */
  wanted: string | undefined;
  /** Frames of the live stream that were given up, and nothing entered instead. */
  skipped: { readonly stream: StreamModel; readonly sequence: number; readonly messages: number }[] = [];
  readonly switches: ModelSwitch[] = [];
  readonly shown: ShownTitles;

  constructor(name: string, now: number, settings: Settings, policy: MountPolicy, shown: ShownTitles) {
    this.shown = shown;
    this.name = name;
    this.current = new CurrentPolicy(settings, policy);
    this.changedAt = now;
    this.heardAt = now;
    this.givenAt = now;
  }

  get settings(): Settings {
    return this.current.settings;
  }

  get policy(): MountPolicy {
    return this.current.policy;
  }

  switched(at: number, event: SwitchEvent, to: StreamModel | undefined): void {
    this.goesOver(to);
    this.changedAt = at;
    this.switches.push({ at, event });
    if (this.switches.length > REMEMBERED_SWITCHES) this.switches.shift();
  }

  goesOver(to: StreamModel | undefined): void {
    if (this.chosen !== undefined && this.chosen === this.live && to !== this.live) {
      this.chosen = undefined;
      this.wanted = undefined;
    }
    this.live = to;
    if (to !== undefined) this.wasOnAir.add(to);
    this.isStalled = false;
  }

  /** Those from one stream to another one, the newest first. */
  switchesBetween(from: string, to: string): ModelSwitch[] {
    return this.switches.filter(({ event }) => event.from === from && event.to === to).toReversed();
  }
}
