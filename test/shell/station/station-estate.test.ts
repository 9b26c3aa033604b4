import { expect, it } from 'vitest';
import { StationEstate, type StationEstateOptions } from '../../../shell/station/station-estate.ts';

it('a station waits for the workers of its edge before it hands anything over', async () => {
  const asked: string[] = [];
  const edge = { gather: (takes: string) => Promise.resolve(void asked.push(takes)) };
  await new StationEstate({ edge } as unknown as StationEstateOptions).gather('all');
  expect(asked).toEqual(['all']);
});
