import { expect, it } from 'vitest';
import type { Audience } from '../../../../core/listeners/audience.ts';
import { Audiences } from '../../../../shell/edge/listeners/audiences.ts';

it('who listens in workers and by HLS is told together, until the mountpoint ends', () => {
  const told: [string, Audience][] = [];
  const audiences = new Audiences((mount, audience) => told.push([mount, audience]));
  const of = (listeners: number, bytesOut: number): Audience => ({ listeners, listenerPeak: listeners, slowListeners: 1, bytesOut });
  audiences.heard('workers', 'radio', of(3, 100));
  audiences.heard('hls', 'radio', of(2, 10));
  audiences.heard('workers', 'radio', of(1, 200));
  audiences.ended('radio');
  audiences.heard('hls', 'radio', of(1, 5));
  expect(told.map(([, { listeners, bytesOut, slowListeners }]) => [listeners, bytesOut, slowListeners])).toEqual([[3, 100, 1], [5, 110, 2], [3, 210, 2], [1, 5, 1]]);
});
