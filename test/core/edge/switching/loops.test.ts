import { expect, test } from 'vitest';
import { EdgeRig } from '../../support/edge-rig.ts';
import { loud, speech } from '../../support/sounding.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

const LOOP_FRAMES = 50;
const HANGS_AT = Math.round(30_000 / FRAME_MS);

/** Of a programme that hangs: the same second and a third again and again. */
function hung(number: number): number {
  return speech(number < HANGS_AT ? number : HANGS_AT - LOOP_FRAMES + (number - HANGS_AT) % LOOP_FRAMES);
}

function station(main: (number: number) => number, backup: (number: number) => number): EdgeRig {
  const rig = new EdgeRig();
  const sources = [main, backup].map((loudness, index) =>
    new Source(rig.open(), { stream: index + 1, delayMs: [5 + index], frame: (number, maker) => loud(number, maker, loudness(number)) }));
  onAir(rig, sources, 100_000);
  return rig;
}

test('an encoder that repeats a part of the programme, newly encoded each time, is left for one that goes on', () => {
  const rig = station(hung, speech);
  expect(rig.of('switch')).toMatchObject([{ reason: 'frozen' }]);
  const atMs = rig.eventTimes[rig.events.findIndex(({ kind }) => kind === 'switch')]! / 1_000;
  expect(atMs).toBeGreaterThan(60_000);
  expect(atMs).toBeLessThan(85_000);
});

test('nobody is left when the programme itself is like that', () => {
  expect(station(hung, hung).of('switch')).toEqual([]);
});

test('nobody is left for one that repeats itself as well, whatever it is that each repeats', () => {
  const loop = (number: number): number => speech(number % LOOP_FRAMES);
  const other = (number: number): number => speech(10_000 + (number % (2 * LOOP_FRAMES)));
  expect(station(loop, other).of('switch')).toEqual([]);
});

test('nobody is left when both go on', () => {
  expect(station(speech, speech).of('switch')).toEqual([]);
});
