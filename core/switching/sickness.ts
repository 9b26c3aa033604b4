import type { EdgeStream } from '../edge-stream.ts';
import type { Settings } from '../settings.ts';
import { ms } from '../units.ts';

/** What an encoder can have that sends valid frames in time. */
export type Sickness = 'silent' | 'frozen';

type Limits = Pick<Settings, 'silentSwitchMs' | 'frozenSwitchMs'>;

/** What a stream has had for longer than its mountpoint allows. */
export function sicknessOf({ vitals }: EdgeStream, { silentSwitchMs, frozenSwitchMs }: Limits): Sickness | undefined {
  if (silentSwitchMs > 0 && vitals.silentUs >= ms(silentSwitchMs)) return 'silent';
  if (frozenSwitchMs > 0 && vitals.frozenUs >= ms(frozenSwitchMs)) return 'frozen';
  return undefined;
}

/** What a stream may turn out to have, if that goes on. */
export function ailmentOf({ vitals }: EdgeStream, { silentSwitchMs, frozenSwitchMs }: Limits): Sickness | undefined {
  if (silentSwitchMs > 0 && vitals.silentUs > 0) return 'silent';
  return frozenSwitchMs > 0 && vitals.frozenUs > 0 ? 'frozen' : undefined;
}

/** Whether it is on the way there: nobody is to go over to that. */
export function mayBeSick(stream: EdgeStream, { silentSwitchMs, frozenSwitchMs }: Limits): boolean {
  return sicknessOf(stream, { silentSwitchMs: silentSwitchMs / 2, frozenSwitchMs: frozenSwitchMs / 2 }) !== undefined;
}
