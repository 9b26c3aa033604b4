import { expect, it } from 'vitest';
import { Agents } from '../../../../shell/edge/listeners/agents.ts';

it('gives the same text to all who call themselves the same, and bounds how many it knows', () => {
  const agents = new Agents();
  const request = 'GET / HTTP/1.0 VLC/3.0.20 LibVLC/3.0.20';
  expect(agents.of(request.slice(15))).toBe('VLC/3.0.20 LibVLC/3.0.20');
  for (let n = 0; n < 5_000; n++) expect(agents.of(`player ${n}`)).toBe(`player ${n}`);
  expect(agents.size).toBeLessThanOrEqual(1_024);
});
