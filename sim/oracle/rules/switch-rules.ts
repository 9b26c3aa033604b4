import type { Settings } from '../../../core/config/settings.ts';
import { ms, toMs, type Micros } from '../../../core/base/units.ts';
import type { Oracle } from '../oracle.ts';
import { nominalFrameUs } from '../../programme/programme.ts';
import type { GapEvent } from './gap-rules.ts';
import type { MountModel, SwitchEvent } from '../model/mount-model.ts';
import { MATCHED_US, type StreamModel } from '../model/stream-model.ts';

/** A frame can be told a frame later than it has come: a header counts once the next one agrees with it. */
const TOLERANCE_US = 60_000;
/** `MOST_PATCH_WAIT_US` of the core: a backup that makes a loss good is no slower than that. */
const MOST_PATCH_WAIT_MS = 200;
/** A path that is behind the others and silent for so long has stopped; and what the edge may see of it a moment later. */
const TROUBLE_US = 100_000;
const TROUBLE_SURE_US = 130_000;
/** A stream of which nothing has come for less is well, whatever its cadence. */
const THERE_US = 150_000;
/** Of streams that were new within this of each other, none is a newcomer; and what a frame may be late in being told. */
const TOGETHER_US = 5_000_000 + TOLERANCE_US;
/** A live stream that has been silent for so long, ever since it is known, has failed. */
const NO_SOUND_US = 60_000_000 - TOLERANCE_US;

/** Whether an edge had the reason for a switch that it says, and took what costs the listeners least. */
export class SwitchRules {
  readonly #oracle: Oracle;
  readonly #settings: Settings;
  readonly #isMatched: (mount: string, stream: string) => boolean;

  /** @param isMatched whether the edge knows by content where a stream of a mountpoint lies. */
  constructor(oracle: Oracle, settings: Settings, isMatched: (mount: string, stream: string) => boolean) {
    this.#oracle = oracle;
    this.#settings = settings;
    this.#isMatched = isMatched;
  }

  /** Asked before the mountpoint has changed. */
  check(now: number, mount: MountModel, streams: readonly StreamModel[], event: SwitchEvent, from: StreamModel | undefined, to: StreamModel | undefined): void {
    if (to === undefined) return;
    const what = `${mount.name}: ${from?.name ?? '?'} to ${to.name}, ${event.reason}`;
    if (to.paths.records.length === 0) this.#reason(`${what}, which no open path has brought anything of`);
    const silentUs = now - to.frameBy;
    const mostUs = to.longestStallTimeoutUs + to.cadence.burstUs + TOLERANCE_US;
    // What has waited since it joined comes at once, and explains a pause as long as that.
    if (silentUs > mostUs && now - to.forgedAt > mostUs && !to.mayWait(now)) this.#reason(`${what}, of which nothing has come for ${toMs(silentUs as Micros)} ms`);
    const isLeft = event.reason === 'stalled' || event.reason === 'paths-closed' || event.reason === 'forgotten';
    if (isLeft && event.waitMs > 0) this.#reason(`${what}, which has to be waited for, ${event.waitMs} ms`);
    if (from === undefined) return;
    if (to.frames?.isStranger === true && from.frames?.isStranger === false) this.#checkStranger(now, mount, streams, event, from, to);
    if (event.reason === 'stalled' && !mount.isStalled) this.checkStalled(now, mount, streams, what);
    if (event.reason === 'paths-closed' && from.paths.records.length > 0) this.#reason(`${what}, and a path of it is open`);
    if (event.reason === 'foreign' && !wasProgramme(mount, to)) this.#reason(`${what}, which carries nothing that was on air`);
    if (event.reason === 'preferred') this.#checkPreferred(now, mount, to, what);
    if (event.reason === 'silent') this.#checkSilent(now, mount, from, to, what);
    if (event.reason === 'operator' && (mount.wanted === undefined || !to.name.startsWith(`${mount.wanted}#`))) this.#reason(`${what}, which nobody wants any more`);
    const isSpared = event.reason === 'preferred' || event.reason === 'silent' || event.reason === 'frozen';
    if (isSpared && mount.chosen === from) this.#reason(`${what}, against what an operator has chosen`);
  }

  /** The live stream has been silent for longer than its cadence explains. */
  checkStalled(now: number, mount: MountModel, streams: readonly StreamModel[], what: string): void {
    // While its paths are far apart, the edge may follow the slow one, and need not have kept all that the other one brings: how long it has had
    // nothing is not known.
    if (mount.live === undefined || mount.live.paths.isApart(now) || mount.live.mayWait(now)) return;
    const silentUs = now - mount.live.frameFrom;
    const { stallMinMs, closedStallMs, troubledStallMs } = this.#settings;
    const leastUs = ms(Math.min(stallMinMs, closedStallMs)) - 1;
    if (silentUs < leastUs) this.#reason(`${what}, after ${toMs(silentUs as Micros)} ms`);
    if (silentUs >= ms(troubledStallMs) - 1) return;
    const troubled = streams.find((stream) => stream.mount === mount.name && this.#isInTrouble(now, stream));
    if (troubled !== undefined) this.#reason(`${what}, after ${toMs(silentUs as Micros)} ms, and a path of ${troubled.name} has stopped`);
  }

  /** A loss was made good by the switch just before: that must have spared the listeners something. */
  checkPatch(mount: MountModel, stream: StreamModel, gap: GapEvent): void {
    const event = mount.switches.at(-1)?.event;
    if (gap.action !== 'switched' || event?.reason !== 'lost' || stream.frames === undefined) return;
    const doubtMs = event.matchedBy === 'arrival' ? mount.settings.gapSwitchMs : 0;
    const costMs = event.missingMs + Math.abs(event.offByMs) + doubtMs;
    const lostMs = (gap.messages * nominalFrameUs(stream.frames.format)) / 1_000;
    const what = `${mount.name}: ${stream.name} lost ${Math.round(lostMs)} ms`;
    if (costMs > lostMs) this.#cost(`${what}, and to go over costs ${Math.round(costMs)} ms (${event.matchedBy})`);
    if (event.waitMs > MOST_PATCH_WAIT_MS) this.#cost(`${what}, and what was gone over to had to be waited for, ${event.waitMs} ms`);
  }

  /** A path that leaves nothing out has fallen silent behind another one, and did so before the edge looked last. */
  #isInTrouble(now: number, stream: StreamModel): boolean {
    const newest = stream.paths.highest;
    return stream.paths.records.some(({ highest, lastAt, skippedAt }) => {
      const silentUs = now - lastAt;
      const isBehind = highest >= 0 && highest < newest && skippedAt === -Infinity;
      return isBehind && silentUs >= TROUBLE_SURE_US && silentUs < ms(this.#settings.pathIdleMaxMs) - TROUBLE_US;
    });
  }

  /**
   * Without keys a stranger is a new encoder to an edge: it may be heard when the live stream fails and nothing is left that is known to carry
   * the same. While that serves, only what it lacks may come from elsewhere, from a stream that was there as early, or from any when it comes slower
   * than it plays. And where a stranger was on air first, what it carries is the programme of the mountpoint: an edge goes back to that, when no third
   * stream agrees with the live one.
   */
  #checkStranger(now: number, mount: MountModel, streams: readonly StreamModel[], { reason }: SwitchEvent, from: StreamModel, to: StreamModel): void {
    if (reason === 'foreign' && mount.wasOnAir.has(to)) return;
    if (reason === 'operator' || reason === 'frozen' || (reason === 'silent' && from.silence.us >= NO_SOUND_US)) return;
    const what = `${to.name} is entered behind ${from.name} at ${mount.name}, ${reason}`;
    // Of one that comes faster than real time listeners get pieces.
    if (reason === 'stalled' || reason === 'paths-closed' || reason === 'forgotten' || reason === 'unpaced') {
      const well = streams.find((stream) => stream !== from && stream.frames?.isStranger === false && isKnownToServe(now, mount, from, stream) && this.#isMatched(mount.name, stream.id));
      if (well !== undefined) this.#stranger(`${what}, and ${well.name} is well`);
      return;
    }
    const isLacking = reason === 'lost' || reason === 'lossy' || reason === 'behind';
    const apartUs = Math.abs(to.firstFrameAt - from.firstFrameAt);
    if (!isLacking || (apartUs > TOGETHER_US && !from.isShort(now))) this.#stranger(`${what}, which serves, ${toMs(apartUs as Micros)} ms older or younger`);
  }

  #checkPreferred(now: number, mount: MountModel, to: StreamModel, what: string): void {
    const returnUs = ms(mount.settings.returnMs) - 1;
    const since = Math.max(mount.changedAt, to.firstFrameAt, to.lostAt, to.cadence.runSince);
    if (now - since < returnUs) this.#reason(`${what}, which has been well for ${toMs((now - since) as Micros)} ms`);
    if (mount.policy.prefer === undefined || !to.name.startsWith(`${mount.policy.prefer}#`)) this.#reason(`${what}, which nobody prefers`);
  }

  #checkSilent(now: number, mount: MountModel, from: StreamModel, to: StreamModel, what: string): void {
    // What ends it may have come with what made the edge decide, behind it.
    const since = from.silence.since ?? (from.silence.was.until === now ? from.silence.was.since : now);
    const heldUs = now - since;
    if (heldUs < ms(mount.settings.silentSwitchMs) - 1) this.#reason(`${what}, after ${toMs(heldUs as Micros)} ms of silence`);
    if (to.silence.us >= ms(mount.settings.silentSwitchMs)) this.#reason(`${what}, which is silent too`);
  }

  #stranger(what: string): void {
    this.#oracle.violated('a listener hears only frames that an allowed encoder made', what);
  }

  #reason(what: string): void {
    this.#oracle.violated('a switch has its reason', what);
  }

  #cost(what: string): void {
    this.#oracle.violated('a switch costs no more than it must', what);
  }
}

/** Whether a stream carries what has been on air: each stranger has a programme of its own. */
function wasProgramme({ wasOnAir }: MountModel, stream: StreamModel): boolean {
  const isStranger = (one: StreamModel): boolean => one.frames?.isStranger === true;
  return wasOnAir.has(stream) || (!isStranger(stream) && [...wasOnAir].some((one) => !isStranger(one)));
}

/** A backup comes, could follow, and has been there for long enough beside the live stream for their content to have been compared. */
function isKnownToServe(now: number, { name }: MountModel, from: StreamModel, stream: StreamModel): boolean {
  const { frames, paths, mount, frameAt, silence, cadence } = stream;
  const isThere = mount === name && paths.records.length > 0 && now - frameAt < THERE_US && silence.us === 0 && frames?.format.codec === from.frames?.format.codec;
  const knownSince = Math.max(cadence.runSince, from.firstFrameAt, from.doubtfulAt(now), stream.doubtfulAt(now));
  return isThere && now - knownSince >= MATCHED_US;
}
