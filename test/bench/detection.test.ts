import { describe, expect, it } from 'vitest';
import { pathModels, type PathModel } from '../../bench/detection/models.ts';
import { detect, unneededSwitches } from '../../bench/detection/trial.ts';

function modelOf(name: string): PathModel {
  return pathModels.find((model) => model.name === name)!;
}

/** `npm run bench -- detection` measures all of it, over more. */
describe('an encoder that ends', () => {
  it.each([
    ['quiet LAN', 300],
    ['20 frames a write', 300],
    ['pulled, 1 s a write', 300],
    ['WAN jitter of 40 ms', 500],
    ['TCP with 5 % loss, 2 in a row', 500],
  ])('on the way "%s" is replaced within %d ms', (name, mostMs) => {
    for (const seed of [1, 2, 3]) {
      for (const { lateMs } of detect(modelOf(name), seed, ['kill', 'freeze'])) expect(lateMs).toBeLessThanOrEqual(mostMs);
    }
  });
});

describe('an encoder that does not end', () => {
  it.each(['20 frames a write', 'pulled, 2.7 s a write', 'TCP with 5 % loss, 2 in a row', 'one path 450 ms slower'])(
    'on the way "%s" is not left',
    (name) => expect(unneededSwitches(modelOf(name), 1, 300)).toEqual({}),
  );
});
