import type { StreamFigures } from '../../../../core/edge/mountpoint/figures.ts';
import { LEAST_DIGITS } from '../../../log/text/sentence.ts';
import type { LaneState } from '../state.ts';

type Seen = Pick<StreamFigures, 'isOnAir' | 'isHealthy' | 'isStandingBy' | 'contentFault' | 'whyNot'>;

/** What a stream is now, in one word. */
export function laneStateOf({ isOnAir, isHealthy, isStandingBy, contentFault, whyNot }: Seen): LaneState {
  if (whyNot?.code === 'no-path') return 'lost';
  if (whyNot?.code === 'silent') return 'stalled';
  if (contentFault === 'silent' || contentFault === 'frozen') return contentFault;
  // One that is faster than real time is none that others wait for.
  if (isOnAir) return isHealthy || contentFault === 'unpaced' ? 'well' : 'stalled';
  return isStandingBy ? 'well' : 'unfit';
}

/** What an encoder is called: by itself, or by its address, or else by its stream. */
export function encoderNameOf({ id, origin, source }: { readonly id: string; readonly origin: string | undefined; readonly source: string | undefined }): string {
  return origin || source || id.slice(0, LEAST_DIGITS);
}
