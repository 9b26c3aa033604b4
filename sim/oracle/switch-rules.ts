import type { Settings } from '../../core/settings.ts';
import { ms, toMs, type Micros } from '../../core/units.ts';
import type { Oracle } from '../oracle.ts';
import { nominalFrameUs } from '../programme.ts';
import type { GapEvent } from './gap-rules.ts';
import type { MountModel, SwitchEvent } from './mount-model.ts';
import type { StreamModel } from './stream-model.ts';

/** A frame can be told a frame later than it has come: a header counts once the next one agrees with it. */
const TOLERANCE_US = 60_000;
/** `MOST_PATCH_WAIT_US` of the core: a backup that makes a loss good is no slower than that. */
const MOST_PATCH_WAIT_MS = 200;
/** A path that is behind the others and silent for so long has stopped; and what the edge may see of it a moment later. */
const TROUBLE_US = 100_000;
const TROUBLE_SURE_US = 130_000;

/** Whether an edge had the reason for a switch that it says, and took what costs the listeners least. */
export class SwitchRules {
  readonly #oracle: Oracle;
  readonly #settings: Settings;

  constructor(oracle: Oracle, settings: Settings) {
    this.#oracle = oracle;
    this.#settings = settings;
  }

  /** Asked before the mountpoint has changed. */
  check(now: number, mount: MountModel, streams: readonly StreamModel[], event: SwitchEvent, from: StreamModel | undefined, to: StreamModel | undefined): void {
    if (to === undefined) return;
    const what = `${mount.name}: ${from?.name ?? '?'} to ${to.name}, ${event.reason}`;
    if (to.witnesses.length === 0) this.#reason(`${what}, which no open path has brought anything of`);
    const silentUs = now - to.frameBy;
    const mostUs = to.mostPatienceUs + to.burstUs + TOLERANCE_US;
    if (silentUs > mostUs) this.#reason(`${what}, of which nothing has come for ${toMs(silentUs as Micros)} ms`);
    const isLeft = event.reason === 'stalled' || event.reason === 'paths-closed' || event.reason === 'forgotten';
    if (isLeft && event.waitMs > 0) this.#reason(`${what}, which has to be waited for, ${event.waitMs} ms`);
    if (from === undefined) return;
    if (event.reason === 'stalled' && !mount.isTardy) this.checkStalled(now, mount, streams, what);
    if (event.reason === 'paths-closed' && from.witnesses.length > 0) this.#reason(`${what}, and a path of it is open`);
    if (event.reason === 'preferred') this.#checkPreferred(now, mount, to, what);
    if (event.reason === 'silent') this.#checkSilent(now, mount, from, to, what);
    if (event.reason === 'operator' && (mount.wanted === undefined || !to.name.startsWith(`${mount.wanted}#`))) this.#reason(`${what}, which nobody wants any more`);
    const isSpared = event.reason === 'preferred' || event.reason === 'silent' || event.reason === 'frozen';
    if (isSpared && mount.chosen === from) this.#reason(`${what}, against what an operator has chosen`);
  }

  /** The live stream has been silent for longer than its rhythm explains. */
  checkStalled(now: number, mount: MountModel, streams: readonly StreamModel[], what: string): void {
    if (mount.live === undefined) return;
    const silentUs = now - mount.live.frameAt;
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
  #isInTrouble(now: number, { witnesses }: StreamModel): boolean {
    const newest = witnesses.reduce((most, { highest }) => Math.max(most, highest), -1);
    return witnesses.some(({ highest, lastAt, skippedAt }) => {
      const silentUs = now - lastAt;
      const isBehind = highest >= 0 && highest < newest && skippedAt === -Infinity;
      return isBehind && silentUs >= TROUBLE_SURE_US && silentUs < ms(this.#settings.pathSilenceMaxMs) - TROUBLE_US;
    });
  }

  #checkPreferred(now: number, mount: MountModel, to: StreamModel, what: string): void {
    const returnUs = ms(mount.settings.returnMs) - 1;
    const since = Math.max(mount.changedAt, to.firstFrameAt, to.lostAt, to.runSince);
    if (now - since < returnUs) this.#reason(`${what}, which has been well for ${toMs((now - since) as Micros)} ms`);
    if (mount.policy?.prefer === undefined || !to.name.startsWith(`${mount.policy.prefer}#`)) this.#reason(`${what}, which nobody prefers`);
  }

  #checkSilent(now: number, mount: MountModel, from: StreamModel, to: StreamModel, what: string): void {
    // What ends it may have come with what made the edge decide, behind it.
    const since = from.silentSince ?? (from.wasSilent.until === now ? from.wasSilent.since : now);
    const heldUs = now - since;
    if (heldUs < ms(mount.settings.silentSwitchMs) - 1) this.#reason(`${what}, after ${toMs(heldUs as Micros)} ms of silence`);
    if (to.silentUs >= ms(mount.settings.silentSwitchMs)) this.#reason(`${what}, which is silent too`);
  }

  #reason(what: string): void {
    this.#oracle.violated('a switch has its reason', what);
  }

  #cost(what: string): void {
    this.#oracle.violated('a switch costs no more than it must', what);
  }
}
