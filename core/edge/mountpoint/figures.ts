import type { Micros } from '../../base/units.ts';
import type { Audience } from '../../listeners/audience.ts';
import type { Agreement } from '../content/matcher.ts';
import type { Experience } from '../output/experience.ts';
import type { State } from '../playout/state.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { Mount } from './mountpoint.ts';
import { streamInfo, type StreamInfo } from './stream-info.ts';

/** What there is to measure of one of a mountpoint's streams. */
export interface StreamFigures extends StreamInfo {
  /** It is not on air, and could be entered now: so is judged whether anything stands by. */
  readonly isStandingBy: boolean;
  /** Where it is matched by content. */
  readonly agreement: Agreement | undefined;
  /** Messages that came early, and wait for one before them. */
  readonly earlyMessages: number;
}

/** What there is to measure of a mountpoint. Times are in microseconds. */
export interface MountFigures {
  readonly name: string;
  readonly state: State['kind'];
  /** What listeners notice. */
  readonly experience: Experience;
  /** Programme behind cuts that they were given as silence. */
  readonly silencedUs: number;
  /** For how long nothing has stood by though something did; 0 while something does, undefined when nothing ever did for long enough. */
  readonly redundancyLostUs: number | undefined;
  readonly audience: Audience;
  readonly switches: number;
  /** Programme given out. */
  readonly bytesOut: number;
  readonly streams: readonly StreamFigures[];
}

export function mountFigures(now: Micros, mount: Mount): MountFigures {
  const { name, output, switcher, audience } = mount;
  return {
    name,
    state: switcher.state,
    experience: output.experience.at(now),
    silencedUs: switcher.silencedUs,
    redundancyLostUs: switcher.redundancyLostUs(now),
    audience,
    switches: switcher.switches,
    bytesOut: output.bytes,
    streams: [...switcher].map((stream) => streamFigures(now, stream, mount)),
  };
}

function streamFigures(now: Micros, stream: EdgeStream, mount: Mount): StreamFigures {
  const info = streamInfo(now, stream, mount);
  return {
    ...info,
    isStandingBy: mount.switcher.lineup.standsBy(now, stream),
    agreement: info.matchedBy === 'content' ? mount.switcher.lineup.agreement(stream) : undefined,
    earlyMessages: stream.messages.heldMessages,
  };
}
