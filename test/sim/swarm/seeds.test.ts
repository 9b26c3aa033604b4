import { expect, test } from 'vitest';
import { simulate } from '../../../sim/run/simulation.ts';
import { drawSwarm } from '../../../sim/swarm/draw/draw.ts';

/** Each of these once found something in the product; .ci/run has those that found something in the simulator. */
test.each([
  ['a timeout of TCP grew with a path that nothing got through', 10_900],
  ['what was sent again stood in line on a path that had become wide', 20_126],
  ['a live stream that came too slowly was never left for a whole one', 10_954],
  ['audio was given up for a title that had waited long enough', 396_087_595],
  ['what had come beyond a small window was lost when the window got there', 51_929],
  ['what a relay had kept of a forgotten stream was heard twice', 70_594],
  ['a loss without length was none to the bit reservoir', 10],
  ['a narrow path counted as timeouts of TCP, which then was silent for a minute', 770_396],
  ['who went back before anything of the other stream was heard left out what lay between', 770_652],
  ['a frame made anew behind a jump of its own encoder was not recognised', 107],
  ['the first stream behind a fallback that had stopped began with a frame that nobody could decode', 290],
  ['a fallback went on with a mountpoint that had ended and begun anew as if nothing had happened', 9_301_753],
  ['a pause of 71 ms at the very end was taken for silence for good', 2_056_922_037],
  ['a gap was taken for shorter than it was, for the clock of an edge that is suspended stands still', 9_303_053],
  ['what the only path had brought between two long losses was left out', 9_303_041],
  ['a pause was one that its stream often makes, as soon as it was over, and the fallback was left at once', 9_400_177],
  ['a stream that an edge had forgotten was held against it for how late it had been before', 9_401_101],
  ['a title that an encoder had taken was one of its source, as soon as its next one had come, ahead of what was on air', 9_401_372],
  ['what an encoder went on to say was one of its source, since another encoder had one', 11_003_342],
  ['a clock that was set counted as a suspension: streams were compared by arrivals before and after it', 11_000_218],
  ['a title that came before the name of its stream counted nowhere, and was followed by an older one', 14_000_460],
  ['a frame with the head of a tag in it, by chance, was taken for one that was cut, and nine seconds behind it for the tag', 17_001_137],
] as const)('%s', (_, seed) => {
  expect(simulate(drawSwarm(seed), { seed }).violations).toEqual([]);
});

test('what a live stream had brought while a fallback was heard counted as lost when that was taken away', () => {
  expect(simulate(drawSwarm(2_011, { isSigned: true }), { seed: 2_011 }).violations).toEqual([]);
});
