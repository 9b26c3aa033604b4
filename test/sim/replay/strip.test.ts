import { describe, expect, it } from 'vitest';
import { readRecording } from '../../../core/recording/file/read.ts';
import { replay } from '../../../sim/replay/replay.ts';
import { strip } from '../../../sim/replay/strip.ts';
import { join, mpegFrame } from '../../core/codec/build.ts';
import { recordEdge } from '../../core/recording/support.ts';
import { smallSettings, type Step } from '../../core/support/steps.ts';
import { announce, data } from '../../core/support/messages.ts';

/** Longer than anything that is kept in one piece. */
const SECRET: readonly number[] = Array.from('SECRET AUDIO '.repeat(8), (letter) => letter.charCodeAt(0));

/** Frames whose audio says so all over, in messages that do not hold whole frames, as those of the original. */
const audio = join(...Array.from({ length: 300 }, () => {
  const frame = mpegFrame({});
  for (let at = 40; at < frame.length - SECRET.length; at += SECRET.length) frame.set(SECRET, at);
  return frame;
}));

const programme: readonly Step[] = Array.from({ length: 30 }, (_, n): Step[] => {
  const piece = audio.subarray(n * 4_000, (n + 1) * 4_000);
  const made = [
    { bytes: (next: (stream: number) => number) => announce(next(1), 'a', { stream: 1 }) },
    ...Array.from({ length: 4 }, (_, i) => ({ bytes: (next: (stream: number) => number) => data(next(1), piece.subarray(i * 1_000, (i + 1) * 1_000), { stream: 1 }) })),
  ];
  return [{ kind: 'messages', path: 0, made, raw: false }, ...(n === 3 ? [{ kind: 'come' } as const] : []), { kind: 'wait', ms: 400 }];
}).flat();

function holdsSecret(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(SECRET[0]!); at >= 0; at = bytes.indexOf(SECRET[0]!, at + 1)) if (SECRET.every((byte, i) => bytes[at + i] === byte)) return true;
  return false;
}

describe('a recording whose audio is left out afterwards', () => {
  const tape = recordEdge(programme, { settings: { ...smallSettings, recordMs: 4_000, recordBytes: 1_073_741_824 } });

  it.each([0, 3])('from generation %d on does the same, and has nothing of the audio in it', (from) => {
    expect(holdsSecret(tape.bytes(from))).toBe(true);
    const written: Uint8Array[] = [];
    expect(strip(tape.recording(from), (bytes) => written.push(bytes.slice()))).toMatchObject([{ divergence: undefined, failure: undefined }]);
    const stripped = join(...written);
    expect(holdsSecret(stripped)).toBe(false);
    const { generations, problems } = readRecording(stripped);
    expect(problems).toEqual([]);
    const [stretch, ...more] = replay({ generations, problems });
    expect(more).toEqual([]);
    expect(stretch).toMatchObject({ divergence: undefined, failure: undefined, blocksWithContent: 0 });
    // The fingerprints are those of the replay with audio: what is done, when, and all lengths are the same.
    expect(stretch!.blocks).toBeGreaterThan(3);
    expect(stretch!.calls).toBe(replay(tape.recording(from))[0]!.calls);
  });
});
