import { expect, test } from 'vitest';
import { FrameScanner } from '../../../../core/codec/scan/scanner.ts';
import type { Decodability } from '../../../../core/codec/format/family.ts';
import { ReservoirWatch } from '../../../../core/codec/mpeg/reservoir-watch.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { onAir, Source } from '../../support/station.ts';

const programme = loadProgramme().a.frames.map(({ bytes }) => Uint8Array.from(bytes));

/** What a decoder can do with each frame that a listener was given. */
function decodability(audio: Uint8Array): Decodability[] {
  const watch = new ReservoirWatch();
  const found: Decodability[] = [];
  const scanner = new FrameScanner({ frame: (bytes, header) => found.push(watch.frame(bytes, header)) });
  scanner.push(audio);
  scanner.end();
  return found;
}

test('MP3 frames behind a lost one are given out so that they can be decoded', () => {
  const rig = new EdgeRig();
  const source = new Source(rig.open(), { stream: 1, frame: (number) => programme[number]! });
  onAir(rig, [source], 4_000);
  const listener = rig.join('test');
  let losses = 0;
  for (let atMs = 6_000; atMs < 30_000; atMs += 737) {
    onAir(rig, [source], atMs);
    source.lose();
    losses++;
  }
  onAir(rig, [source], 31_000);
  expect(rig.of('gap')).toHaveLength(losses);
  const frames = decodability(rig.audio(listener));
  expect(frames.length).toBeGreaterThan(900);
  expect(frames.filter((frame) => frame !== 'whole' && frame !== 'joining')).toEqual([]);
});
