import { emptyFrameHeader, frameDurationUs } from '../../../core/codec/format/format.ts';
import { readHeader } from '../../../core/codec/header.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import type { MountInfo } from '../../../core/edge/edge.ts';
import type { Segment } from '../../../core/edge/segments/segment.ts';
import { ListenerServer } from '../../../shell/edge/listeners/listener-server.ts';
import { SegmentStore } from '../../../shell/edge/hls/media/store/store.ts';
import { Refusals } from '../../../shell/log/refusals.ts';
import { admin, fullHost, operator } from '../../shell/edge/listeners/support.ts';
import { CapturedLog } from '../../shell/support/support.ts';

/** Shorter than real ones, so that players begin soon. */
export const SLOT_MS = 2_000;
const SLOT_US = 1_000 * SLOT_MS;

/** Cuts a file of frames into segments with a place in time: the programme that was on air until now goes on. */
class FileSegmenter {
  readonly #segments: Segment[] = [];
  #next = 0;

  /** @param beginUs Unix time of the first frame, the beginning of a slot. */
  constructor(file: Uint8Array, beginUs: number) {
    const header = emptyFrameHeader();
    let slot: { from: number; frames: number; startUs: number } | undefined;
    let [us, at] = [0, 0];
    const title = [{ atUs: 0, text: "StreamTitle='Artist - Song';" }];
    for (; at < file.length && readHeader(file, at, header) === undefined; at += header.lengthBytes) {
      const number = Math.floor((beginUs + us) / SLOT_US);
      if (slot !== undefined && number > Math.floor(slot.startUs / SLOT_US)) {
        this.#segments.push({ number: number - 1, startUs: Math.round(slot.startUs), mediaUs: Math.round(slot.startUs), durationUs: Math.round(beginUs + us - slot.startUs), format: header.format, bytes: file.slice(slot.from, at), frames: slot.frames, isGap: false, isDiscontinuity: false, discontinuities: 0, titles: title });
        slot = undefined;
      }
      slot ??= { from: at, frames: 0, startUs: beginUs + us };
      slot.frames++;
      us += frameDurationUs(header.format, header.samples);
    }
  }

  /** Those that are over by then and were not given before. */
  until(nowUs: number): readonly Segment[] {
    const due: Segment[] = [];
    for (let one = this.#segments[this.#next]; one !== undefined && one.startUs + one.durationUs <= nowUs; one = this.#segments[++this.#next]) due.push(one);
    return due;
  }
}

/** The HTTP side of an edge, with segments of files instead of streams. */
export class HlsEdge {
  readonly #mounts: ReadonlyMap<string, FileSegmenter>;
  readonly #store: SegmentStore;
  readonly #server: ListenerServer;
  #timer: NodeJS.Timeout | undefined;

  constructor(files: ReadonlyMap<string, Uint8Array>, beginUs: number) {
    this.#mounts = new Map([...files].map(([name, file]) => [name, new FileSegmenter(file, beginUs)]));
    this.#store = new SegmentStore({ slotMs: SLOT_MS, windowMs: 20_000, maxBytes: 100_000_000 });
    const { log } = new CapturedLog();
    this.#server = new ListenerServer({
      table: { dateOf: () => new Date(), mount: (): MountInfo | undefined => undefined, mounts: () => [] }, host: () => fullHost, operator, admin, access: () => undefined, adminPassword: () => undefined, settings: defaultSettings, policies: () => undefined, log,
      refusals: new Refusals(log), hls: { store: this.#store, groups: new Map([['all', [...files.keys()]]]), heard: () => undefined },
    });
  }

  async start(port = 0): Promise<number> {
    const feed = (): void => {
      for (const [name, segmenter] of this.#mounts) for (const segment of segmenter.until(1_000 * Date.now())) this.#store.add(name, segment);
    };
    feed();
    this.#timer = setInterval(feed, 50);
    return await this.#server.listen({ address: '127.0.0.1', port });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#server.stop(0);
  }
}
