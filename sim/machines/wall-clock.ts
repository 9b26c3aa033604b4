import { ms } from '../../core/base/units.ts';
import type { Host } from '../world/host.ts';
import { between } from '../world/rng.ts';
import type { Stage } from './stage.ts';

/** Unix time at which a host was started whose clock shows nothing: 14 January 2027. */
const EPOCH_US = 1_800_000_000_000_000;
/** As well as NTP keeps them. */
const MOST_OFF_MS = 15;
const TELL_MS = 1_000;

/** Tells a machine of a host what its clock shows, at once and every second, as the shell does; only where segments are made. */
export function tellWallClock(stage: Stage, host: Host, tell: (unixUs: number) => void): () => void {
  if (stage.settings.hlsSegmentMs === 0) return () => {};
  const offUs = Math.round(ms(between(stage.dice.stream(`host:${host.name}:wall-clock`), -MOST_OFF_MS, MOST_OFF_MS)));
  let isOver = false;
  const told = (): void => {
    if (isOver) return;
    tell(EPOCH_US + host.clock + offUs);
    stage.world.after(ms(TELL_MS), () => host.run(told));
  };
  told();
  return () => {
    isOver = true;
  };
}
