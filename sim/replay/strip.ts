import { BlockKind, jsonBlock } from '../../core/recording/file/format.ts';
import type { Recording } from '../../core/recording/file/read.ts';
import { Recorder } from '../../core/recording/recorder.ts';
import { nobody, playStretch, stretchesOf, type Stretch } from './replay.ts';

/**
 * Records a recording anew while it is replayed, without its audio: what it does, when, and all lengths are the same, and
 * it can be given to somebody else. Says how the replay went: what was not the same here is not what is written.
 */
export function strip(recording: Recording, write: (bytes: Uint8Array) => void): Stretch[] {
  return stretchesOf(recording.generations).map((generations) => {
    const { head } = generations[0]!;
    const recorder = new Recorder({
      role: head.role,
      version: head.version,
      settings: head.settings,
      audio: 'left-out',
      firstGeneration: head.generation,
      wallTime: () => head.wallTime,
      out: { begin: () => {}, write, tooLarge: () => {} },
    });
    const stretch = playStretch(generations, nobody, recorder);
    recorder.seal();
    const { mark } = generations.at(-1)!;
    if (mark !== undefined) write(jsonBlock(BlockKind.mark, mark));
    return stretch;
  });
}
