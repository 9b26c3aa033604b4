import { modelAudioBytes, mp3LengthBytes, MP3_BITRATES_KBPS, MP3_MAIN_DATA_AT, type FrameLabel, type ModelFormat } from './model-frame.ts';

/** An MP3 frame as an edge may make it anew behind a cut. */
export interface MadeAnew {
  readonly bytes: Uint8Array;
  /** So much of its end is main data that lies there in the stream, too. */
  readonly carriedBytes: number;
}

/** As far back as a frame can reach. */
const MOST_CARRIED_BYTES = 511;

/**
 * What must come of the last of `frames`, which reaches back by `begin` bytes into those before it: a frame of the lowest bit
 * rate with room for its audio and for all main data behind that. Where there is no such rate: a mute one.
 */
export function wholeAnew(frames: readonly Uint8Array[], begin: number, format: ModelFormat, label: FrameLabel): MadeAnew {
  const { own, audio, rest } = parts(frames, begin, format, label);
  const side = own.slice(4, MP3_MAIN_DATA_AT);
  side[0] = 0;
  side[1] = side[1]! & 0x7f;
  return put(format, own, side, audio, rest) ?? muteAnew(frames, begin, format, label);
}

/** The same where some of the frames before it are missing: mute, with what of the main data can still be reached. */
export function muteAnew(frames: readonly Uint8Array[], begin: number, format: ModelFormat, label: FrameLabel): MadeAnew {
  const { own, rest } = parts(frames, begin, format, label);
  return put(format, own, new Uint8Array(MP3_MAIN_DATA_AT - 4), [], rest)!;
}

function parts(frames: readonly Uint8Array[], begin: number, format: ModelFormat, label: FrameLabel): { own: Uint8Array; audio: number[]; rest: number[] } {
  const own = frames.at(-1)!;
  const data = frames.flatMap((frame) => [...frame.subarray(MP3_MAIN_DATA_AT)]);
  const ownAt = data.length - (own.length - MP3_MAIN_DATA_AT);
  const audioFrom = ownAt - begin;
  const audioEnd = audioFrom + modelAudioBytes(format, label);
  const rest = data.slice(Math.max(audioEnd, data.length - MOST_CARRIED_BYTES, 0));
  return { own, audio: data.slice(Math.max(0, audioFrom), Math.max(0, audioEnd)), rest };
}

function put({ sampleRateHz }: ModelFormat, own: Uint8Array, side: Uint8Array, audio: readonly number[], rest: readonly number[]): MadeAnew | undefined {
  for (const [rate, kbps] of MP3_BITRATES_KBPS.entries()) {
    const room = mp3LengthBytes(kbps, sampleRateHz) - MP3_MAIN_DATA_AT - audio.length - rest.length;
    if (kbps === 0 || room < 0) continue;
    const padding = Array.from({ length: room }, () => 0);
    // What it says of its sample rate stays.
    const head = [own[0]!, own[1]!, (rate << 4) | (own[2]! & 0x0c), own[3]!];
    return { bytes: Uint8Array.from([...head, ...side, ...audio, ...padding, ...rest]), carriedBytes: rest.length };
  }
  return undefined;
}
