import type { EdgeStream } from '../stream/stream.ts';
import type { Switcher } from '../switching/switcher.ts';
import { toMs, type Micros } from '../../base/units.ts';

/** What an edge keeps of one stream at a moment, for those who watch it. */
export interface StreamBuffers {
  readonly stream: string;
  /** Empty before its first ANNOUNCE. */
  readonly mount: string;
  readonly isLive: boolean;
  /** Messages that came early, and wait for one before them. */
  readonly earlyMessages: number;
  /** Programme in its ring. */
  readonly ringMs: number;
  /**
   * Programme that it has beyond the point where the listeners are; less than 0: it is behind that. Undefined where the
   * two cannot be compared.
   */
  readonly aheadMs: number | undefined;
}

export function buffersOf(stream: EdgeStream, switcher: Switcher | undefined): StreamBuffers {
  const { name, mountpoint = '', ring, messages } = stream;
  const aheadUs = switcher?.lineup.aheadUs(stream);
  return {
    stream: name,
    mount: mountpoint,
    isLive: switcher?.live === stream,
    earlyMessages: messages.heldMessages,
    ringMs: toMs((ring.endUs - ring.oldestUs) as Micros),
    aheadMs: aheadUs === undefined ? undefined : toMs(aheadUs as Micros),
  };
}
