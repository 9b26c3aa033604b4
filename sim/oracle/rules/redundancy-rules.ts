import type { EdgeEvent } from '../../../core/edge/events.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { ms, toMs, type Micros } from '../../../core/base/units.ts';
import type { MountModel } from '../model/mount-model.ts';
import type { Oracle } from '../oracle.ts';
import type { StreamModel } from '../model/stream-model.ts';

type LostEvent = Extract<EdgeEvent, { readonly kind: 'backup-lost' }>;

/** A frame can be told a frame later than it has come. */
const TOLERANCE_US = 60_000;
/** `COUNTS_AFTER_US` of the core. One that has surely come for so long and half of it more has been counted, whatever the edge waited for. */
const COUNTS_AFTER_US = 10_000_000;
const SURELY_COUNTS_US = 15_000_000;
/** A stream of which nothing has come for less is well, whatever its cadence. */
const THERE_US = 150_000;
/** `REMIND_US`, less what is told of a machine's timers when its clock is set. */
const REMIND_US = 59_000_000;
/** What a pause may be, how often it is looked, and what a machine's call may be late. */
const TOLD_WITHIN_US = 4_000_000;

/** What a mountpoint has told of its redundancy. */
interface Told {
  isLost: boolean;
  /** When it said so last that nothing stands by, and that something does. */
  lostAt: number;
  restoredAt: number;
  /** It has surely had a backup. */
  hadBackup: boolean;
}

/**
 * Whether an edge says that the redundancy of a mountpoint is lost when it is, only when it is, and not too often. It is judged where there is no doubt:
 * streams that come without a pause, and streams of which nothing comes any more.
 */
export class RedundancyRules {
  readonly #oracle: Oracle;
  readonly #settings: Settings;
  readonly #told = new Map<string, Told>();
  #noRelayAt = -Infinity;

  constructor(oracle: Oracle, settings: Settings) {
    this.#oracle = oracle;
    this.#settings = settings;
  }

  ended(name: string): void {
    this.#told.delete(name);
  }

  lost(now: number, event: LostEvent, lost: StreamModel | undefined): void {
    const told = this.#of(event.mount);
    const sinceUs = now - told.lostAt;
    if (told.isLost && sinceUs < REMIND_US) this.#broken(`${event.mount} has lost its backup, which it said ${toMs(sinceUs as Micros)} ms ago`);
    if (!told.isLost && sinceUs < COUNTS_AFTER_US - TOLERANCE_US) this.#broken(`${event.mount} has lost its backup again after ${toMs(sinceUs as Micros)} ms`);
    told.isLost = true;
    told.lostAt = now;
    if (lost !== undefined) this.#checkReason(now, event, lost);
  }

  restored(now: number, name: string): void {
    const told = this.#of(name);
    if (told.isLost && now - told.lostAt < ms(1_000)) this.#broken(`${name} is redundant again ${toMs((now - told.lostAt) as Micros)} ms after it was not`);
    told.isLost = false;
    told.restoredAt = now;
  }

  noRelayLeft(now: number): void {
    if (now - this.#noRelayAt < REMIND_US) this.#broken(`no relay is left, which was said ${toMs((now - this.#noRelayAt) as Micros)} ms ago`);
    this.#noRelayAt = now;
  }

  relayBack(): void {
    this.#noRelayAt = -Infinity;
  }

  /** To be asked now and then. `silentUs`: for how long nothing has come of a stream, by any clock. */
  settled(now: number, mount: MountModel, streams: readonly StreamModel[], silentUs: (stream: StreamModel) => number): void {
    const told = this.#of(mount.name);
    const { live } = mount;
    const others = streams.filter((stream) => stream !== live && stream.mount === mount.name);
    if (live !== undefined && isSteady(now, live) && others.some((stream) => isSteady(now, stream) && isSameProgramme(stream, live))) told.hadBackup = true;
    const longestUs = ms(this.#settings.stallMaxMs) + TOLD_WITHIN_US;
    // Nobody says which streams have joined while only a fallback was on air.
    const perhaps = streams.filter((stream) => stream.isKnown && stream.mount === undefined && stream.frames?.mount === mount.name);
    const areGone = [...others, ...perhaps].every((stream) => silentUs(stream) > longestUs);
    const sinceUs = now - Math.max(mount.changedAt, told.restoredAt);
    if (!told.hadBackup || told.isLost || !areGone || mount.isOnFallback || sinceUs <= longestUs) return;
    this.#broken(`nothing stands by for ${mount.name}, and nobody says so: ${others.map(({ name }) => name).join(', ')} gone`);
    told.isLost = true;
  }

  #checkReason(now: number, { mount, why }: LostEvent, lost: StreamModel): void {
    const what = `${mount} has lost its backup ${lost.name}, ${why}`;
    if (why === 'no-path' && lost.paths.records.length > 0) this.#broken(`${what}, and a path of it is open`);
    if (why !== 'stalled' || lost.paths.isApart(now) || lost.mayWait(now)) return;
    const leastUs = ms(Math.min(this.#settings.stallMinMs, this.#settings.closedStallMs)) - TOLERANCE_US;
    if (now - lost.frameAt < leastUs) this.#broken(`${what}, ${toMs((now - lost.frameAt) as Micros)} ms after its last frame`);
  }

  #of(name: string): Told {
    let told = this.#told.get(name);
    if (told === undefined) {
      told = { isLost: false, lostAt: -Infinity, restoredAt: -Infinity, hadBackup: false };
      this.#told.set(name, told);
    }
    return told;
  }

  #broken(what: string): void {
    this.#oracle.violated('redundancy is told as it is', what);
  }
}

/** It has come without a pause, a loss or silence for as long as any edge waits for before it counts. */
function isSteady(now: number, { frameAt, cadence, firstFrameAt, lostAt, silence, paths }: StreamModel): boolean {
  const since = Math.max(cadence.runSince, cadence.pausedUntil, firstFrameAt, lostAt, silence.was.until);
  return paths.records.length > 0 && now - frameAt < THERE_US && silence.us === 0 && now - since >= SURELY_COUNTS_US;
}

function isSameProgramme({ frames: a }: StreamModel, { frames: b }: StreamModel): boolean {
  if (a === undefined || b === undefined) return false;
  return ![a, b].some(({ isStranger, isForeign }) => isStranger || isForeign) && a.format.codec === b.format.codec;
}
