import type { EdgeStream } from '../../stream/stream.ts';
import type { Settings } from '../../../config/settings.ts';
import { ms } from '../../../base/units.ts';

/** What an encoder can have that sends valid frames in time. */
export type ContentFault = 'silent' | 'frozen';

type Limits = Pick<Settings, 'silentSwitchMs' | 'frozenSwitchMs'>;

/** What a stream has had for longer than its mountpoint allows. */
export function contentFaultOf({ contentHealth }: EdgeStream, { silentSwitchMs, frozenSwitchMs }: Limits): ContentFault | undefined {
  if (silentSwitchMs > 0 && contentHealth.silentUs >= ms(silentSwitchMs)) return 'silent';
  if (frozenSwitchMs > 0 && contentHealth.frozenUs >= ms(frozenSwitchMs)) return 'frozen';
  return undefined;
}

/** What a stream may turn out to have, if that goes on. */
export function beginningFaultOf({ contentHealth }: EdgeStream, { silentSwitchMs, frozenSwitchMs }: Limits): ContentFault | undefined {
  if (silentSwitchMs > 0 && contentHealth.silentUs > 0) return 'silent';
  return frozenSwitchMs > 0 && contentHealth.frozenUs > 0 ? 'frozen' : undefined;
}

/**
 * A stream's loudness envelope has repeated itself so many times longer than `frozenSwitchMs`, and a backup's at most half as long: 25 s is the longest
 * that music was taken for a loop.
 */
const LOOPED_TIMES = 3;

/**
 * Whether a stream seems to repeat a part of the programme, newly encoded each time, where the backup does not. That is no more than a guess, which
 * counts only while nothing in the two streams agrees: a drum machine is the same in both.
 */
export function seemsLooped(stream: EdgeStream, backup: EdgeStream, { frozenSwitchMs }: Limits): boolean {
  const leastUs = LOOPED_TIMES * ms(frozenSwitchMs);
  return frozenSwitchMs > 0 && stream.contentHealth.loopedUs >= leastUs && backup.contentHealth.loopedUs <= leastUs / 2;
}

/**
 * Whether what a stream has is a fault of its own: `other`, heard at the same time, does not have it. A tone before the programme, a test pattern or
 * a pause is the same in all of them, and belongs to the programme.
 */
export function hasContentFaultBeside(stream: EdgeStream, other: EdgeStream, limits: Limits): boolean {
  return contentFaultOf(stream, limits) !== undefined && !mayHaveContentFault(other, limits);
}

/** Whether it is on the way there: nobody is to go over to that. */
export function mayHaveContentFault(stream: EdgeStream, { silentSwitchMs, frozenSwitchMs }: Limits): boolean {
  return contentFaultOf(stream, { silentSwitchMs: silentSwitchMs / 2, frozenSwitchMs: frozenSwitchMs / 2 }) !== undefined;
}
