import type { Snapshot } from '../../base/snapshot.ts';
import type { CutRepair } from '../format/family.ts';
import { emptyFrameHeader, type FrameFormat, type FrameHeader } from '../format/format.ts';
import { mainDataAt, mainDataBytes } from './main-data.ts';
import { crcBytes } from '../format/crc.ts';
import { MPEG_HEADER_BYTES, readMpegHeader, sideInfoBytes } from './header.ts';

/**
 * The bit reservoir of Layer III (ISO 11172-3, 2.4.2.7): a frame's audio begins up to 511 bytes before it.
 *
 *     frames         | head | main data e-2 | head | main data e-1 | head | main data e   |
 *     audio of e                                  |<- begin ->|....:......|.......|
 *
 * Whoever enters a stream at frame e has not been given the beginning of it, and a decoder makes noise of what is there,
 * or falls silent for a frame or two. So the first frame is made anew, with everything that it and those behind it need:
 *
 *     made anew      | head, of a higher bit rate | audio of e | padding | what follows it, up to the end of e |
 */
export class ReservoirCarrier implements CutRepair {
  readonly #header: FrameHeader = emptyFrameHeader();
  /** Main data right before the next frame that whoever follows has been given. */
  #givenBytes = MOST_RESERVOIR_BYTES;
  #isSilenced = false;

  get isSilenced(): boolean {
    return this.#isSilenced;
  }

  /** The next frame is not the one behind the last one. */
  cut(): void {
    this.#givenBytes = 0;
  }

  /**
   * The frame to give out for `frame`: itself, when all that it needs has been given out; otherwise one of the same length in
   * time that needs nothing. `before(1)` is the frame right before it in its stream, `before(2)` the one before that, as
   * long as they are known. Where too few of them are, or no legal bit rate has room, it is a silent one, which still
   * carries what those behind it need.
   */
  next(frame: Uint8Array, before: (back: number) => Uint8Array | undefined): Uint8Array {
    if (this.#givenBytes >= MOST_RESERVOIR_BYTES) return frame;
    const header = this.#header;
    if (readMpegHeader(frame, 0, header) !== undefined || header.format.codec !== 'mp3') {
      this.#givenBytes = MOST_RESERVOIR_BYTES;
      return frame;
    }
    if (header.mainDataBegin <= this.#givenBytes) {
      this.#givenBytes += mainData(frame, header).length;
      return frame;
    }
    return this.#standingAlone(frame, before);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#givenBytes = a.number(this.#givenBytes);
  }

  #standingAlone(entry: Uint8Array, before: (back: number) => Uint8Array | undefined): Uint8Array {
    const { format, mainDataBegin } = this.#header;
    const own = mainData(entry, this.#header);
    // From the back: its own main data, and before it what is there of that of the frames before.
    const end = scratch.length;
    const ownFrom = end - own.length;
    scratch.set(own, ownFrom);
    const from = this.#gather(format, ownFrom, mainDataBegin, before);
    const audioFrom = ownFrom - mainDataBegin;
    const audioEnd = Math.min(end, audioFrom + mainDataBytes(entry, format));
    const rest = scratch.subarray(Math.max(from, audioEnd, end - MOST_RESERVOIR_BYTES), end);
    this.#givenBytes = rest.length;
    const whole = from > audioFrom ? undefined : frameWith(entry, format, scratch.subarray(audioFrom, audioEnd), rest);
    this.#isSilenced = whole === undefined;
    return whole ?? frameWith(entry, format, undefined, rest) ?? entry;
  }

  /** Puts the main data before the entry in front of `ownFrom`; returns where it begins: later than asked for if some is missing. */
  #gather(format: FrameFormat, ownFrom: number, wanted: number, before: (back: number) => Uint8Array | undefined): number {
    let from = ownFrom;
    for (let back = 1; ownFrom - from < wanted; back++) {
      const frame = before(back);
      // Nothing of another format belongs to it.
      if (frame === undefined || readMpegHeader(frame, 0, this.#header) !== undefined || this.#header.format !== format) break;
      const data = mainData(frame, this.#header);
      const taken = Math.min(data.length, wanted - (ownFrom - from));
      from -= taken;
      scratch.set(data.subarray(data.length - taken), from);
    }
    return from;
  }
}

/** As far back as nine bits can say. */
const MOST_RESERVOIR_BYTES = 511;
/** The longest Layer III frame: 320 kbit/s at 32 kHz, and a byte of padding. */
const MOST_FRAME_BYTES = 1_441;
/** Where a frame is made anew, for all of them: nothing in it outlives that, and an edge has two for each mountpoint. */
const scratch: Uint8Array = new Uint8Array(2 * MOST_RESERVOIR_BYTES + MOST_FRAME_BYTES);

/** Everything of a frame behind its side info. */
function mainData(frame: Uint8Array, { format }: FrameHeader): Uint8Array {
  return frame.subarray(Math.min(frame.length, mainDataAt(frame, format)));
}

/** The header's last bit of its second byte: no CRC follows. */
const NO_CRC = 1;

/**
 * A frame like `like` in everything that a decoder needs to know, of the lowest bit rate that has room, with main_data_begin 0
 * and no CRC; undefined when there is none. Without audio it is silent.
 */
function frameWith(like: Uint8Array, format: FrameFormat, audio: Uint8Array | undefined, rest: Uint8Array): Uint8Array | undefined {
  const sideBytes = sideInfoBytes(format);
  const mainAt = MPEG_HEADER_BYTES + sideBytes;
  const needed = mainAt + (audio?.length ?? 0) + rest.length;
  const header = emptyFrameHeader();
  const head = Uint8Array.of(like[0]!, like[1]! | NO_CRC, 0, like[3]!);
  for (let bitrateIndex = 1; bitrateIndex < 15; bitrateIndex++) {
    // What it says of its sample rate stays, and it has no padding.
    head[2] = (bitrateIndex << 4) | (like[2]! & 0x0d);
    if (readMpegHeader(head, 0, header) !== undefined || header.lengthBytes < needed) continue;
    const frame = new Uint8Array(header.lengthBytes);
    frame.set(head);
    if (audio !== undefined) {
      const sideAt = MPEG_HEADER_BYTES + crcBytes(like);
      frame.set(like.subarray(sideAt, sideAt + sideBytes), MPEG_HEADER_BYTES);
      clearMainDataBegin(frame, format);
      frame.set(audio, mainAt);
    }
    frame.set(rest, frame.length - rest.length);
    return frame;
  }
  return undefined;
}

/** The first nine bits of the side info, or eight in the low sample rates. */
function clearMainDataBegin(frame: Uint8Array, { mpegVersion }: FrameFormat): void {
  frame[MPEG_HEADER_BYTES] = 0;
  if (mpegVersion === '1') frame[MPEG_HEADER_BYTES + 1] = frame[MPEG_HEADER_BYTES + 1]! & 0x7f;
}
