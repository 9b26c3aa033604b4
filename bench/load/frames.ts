import { readFileSync } from 'node:fs';
import { contentTypeOf } from '../../core/codec/content-type.ts';
import { FrameScanner } from '../../core/codec/scan/scanner.ts';
import { audioTypeFor } from '../../core/wire/messages/announce.ts';
import { placeOf, type LoadPlan } from './plan.ts';
import type { Encoding, Programme } from './programme.ts';

/** The frames of an encoding; the first follows the last. */
export interface Frames {
  readonly frames: readonly Uint8Array[];
  readonly frameMs: number;
  /** The byte that announces them. */
  readonly audioType: number;
  readonly contentType: string;
}

/** Reads all encodings of a programme; those of one codec as long as the shortest of them, so that they stay together when they begin again. */
export function readProgramme({ families }: Programme): readonly (readonly Frames[])[] {
  return families.map((family) => {
    const all = family.map(readFrames);
    const count = Math.min(...all.map(({ frames }) => frames.length));
    return all.map((each) => ({ ...each, frames: each.frames.slice(0, count) }));
  });
}

function readFrames({ file }: Encoding): Frames {
  const frames: Uint8Array[] = [];
  let [frameMs, audioType, contentType] = [0, 0, ''];
  const scanner = new FrameScanner(
    {
      frame: (bytes, { samples, bitrateBps, format }) => {
        frames.push(bytes.slice());
        frameMs = (samples * 1_000) / format.sampleRateHz;
        audioType = audioTypeFor(format, bitrateBps);
        contentType = contentTypeOf(format.codec);
      },
    },
    { isSource: true },
  );
  scanner.push(readFileSync(file));
  scanner.end();
  if (frames.length === 0) throw new Error(`${file} has no frames`);
  return { frames, frameMs, audioType, contentType };
}

/** The frame of an encoding that lies nearest to a place in the programme, in seconds. */
export function frameAt({ frames, frameMs }: Frames, { startS }: Encoding, placeS: number): number {
  const index = Math.round(((placeS - startS) * 1_000) / frameMs) % frames.length;
  return index < 0 ? index + frames.length : index;
}

/** What an encoder of a plan sends, of the programme that was read for it, and the index of the frame that it begins with. */
export function framesOf(plan: LoadPlan, programme: ReturnType<typeof readProgramme>, mount: number, encoder: number): { readonly frames: Frames; readonly first: number } {
  const family = mount % programme.length;
  const index = encoder % programme[family]!.length;
  const frames = programme[family]![index]!;
  return { frames, first: frameAt(frames, plan.programme.families[family]![index]!, placeOf(plan, mount, encoder)) };
}
