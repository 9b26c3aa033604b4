import type { HttpRequest } from '../../http/request.ts';
import type { KeptReply } from '../../http/message/kept-reply.ts';
import type { Reply } from '../../http/message/reply.ts';
import type { MountTable } from '../../icecast/mount-table.ts';
import type { Log } from '../../log/log.ts';
import { requestFailed } from '../../http/server/request-failed.ts';
import type { OnDemand } from '../listeners/on-demand.ts';
import { AwaitedSegments } from './awaited-segments.ts';
import { missingReply } from './media/answers.ts';
import { packedFormat } from './media/packing/packed-audio.ts';
import type { SegmentStore } from './media/store/store.ts';

export interface DemandOptions {
  readonly store: SegmentStore;
  readonly table: Pick<MountTable, 'mount'>;
  /** Undefined: no mountpoint starts on demand. */
  readonly onDemand: Pick<OnDemand, 'starts' | 'ask'> | undefined;
  readonly log: Log;
}

/** What relays have kept of a mountpoint has a segment in it, as a rule. */
const STARTS_IN_S = 1;

/** Mountpoints that start when somebody asks for a playlist of them: who asks waits until they have segments. */
export class Demand {
  readonly #options: DemandOptions;
  readonly #awaited = new AwaitedSegments();

  constructor(options: DemandOptions) {
    this.#options = options;
  }

  /** One that starts on demand is taken in for whoever wants its playlist, and may have it; not for who only looks. */
  start({ head }: HttpRequest, mount: string): void {
    // Also of one that is there: it stays for its listeners.
    if (head.method !== 'HEAD') this.#options.onDemand?.ask(mount);
  }

  /**
   * Those that a playlist of these has to wait for: of which there is no segment, or, if none of them goes on, only what there was before it was let go of. Of others it is known what
   * they are, and whoever goes over to one has it started then.
   */
  coming(mounts: readonly string[]): readonly string[] {
    const { store } = this.#options;
    const isOneThere = mounts.some((mount) => store.goesOn(mount));
    return mounts.filter((mount) => this.#isComing(mount)).filter((mount, at) => store.mount(mount) === undefined || (at === 0 && !isOneThere));
  }

  /** Calls `give` when none of these is coming any more, or after a while if any of `wanted` goes on. */
  await(request: HttpRequest, mounts: readonly string[], wanted: readonly string[], give: () => Reply | KeptReply | 'taken' | undefined): void {
    const { store, log } = this.#options;
    // Players give up after ten seconds, also where one of several does not come, and others could be had.
    const waitMs = (wanted.some((mount) => store.goesOn(mount)) ? 1 : 2) * store.slotMs;
    const starts = missingReply(503, 'The mountpoint starts: try again', STARTS_IN_S);
    const over = (isThere: boolean): void => {
      const reply = isThere || wanted.some((mount) => store.goesOn(mount)) ? give() : starts;
      if (reply !== 'taken') request.answer(reply ?? starts);
    };
    const before = request.socket.bytesWritten;
    const failed = (error: unknown): void => requestFailed(request, error, log, request.socket.bytesWritten > before);
    // Few players ask again for a playlist that they were refused.
    const waits = request.head.method !== 'HEAD' && this.#awaited.add(request.socket, { isThere: () => !mounts.some((mount) => this.#isComing(mount)), over, failed, waitMs });
    if (!waits) over(false);
  }

  stop(): void {
    this.#awaited.stop();
  }

  #isComing(mount: string): boolean {
    const { store, table, onDemand } = this.#options;
    if (onDemand === undefined || store.goesOn(mount)) return false;
    const there = table.mount(mount);
    return there === undefined ? onDemand.starts(mount) : packedFormat(there.format) !== undefined;
  }
}
