import { expect, it } from 'vitest';
import type { SourceJson } from '../../../../shell/operations/operator/answers.ts';
import { sourceTable } from '../../../../shell/operations/operator/source-table.ts';

function source(more: Partial<SourceJson>): SourceJson {
  return { id: '0'.repeat(32), origin: null, source: null, codec: 'mp3', sampleRateHz: 44_100, channels: 2, onAir: false, preferred: false, chosen: false, healthy: true, sickness: null, aheadMs: 12.4, matchedBy: 'content', whyNot: null, ...more };
}

it('a table has as many digits of each id as tell them apart, and what keeps each from the air', () => {
  const sources = [
    source({ id: `${'a'.repeat(10)}0`.padEnd(32, '0'), origin: 'studio-a', source: '10.0.0.7:41234', onAir: true, preferred: true, chosen: true, sickness: 'silent', matchedBy: null }),
    source({ id: `${'a'.repeat(10)}1`.padEnd(32, '0'), origin: 'studio\u001b[2J', aheadMs: -30 }),
    source({ id: 'b'.repeat(32), codec: null, sampleRateHz: null, channels: null, aheadMs: null, healthy: false, whyNot: 'no frame received yet' }),
  ];
  expect(sourceTable({ sources, fallback: null, ended: null })).toBe(
    [
      '   id           origin      source          format             ahead',
      '*  aaaaaaaaaa0  studio-a    10.0.0.7:41234  mp3 44100 Hz 2 ch  12 ms   preferred; chosen; silent; on air',
      '   aaaaaaaaaa1  studio?[2J                  mp3 44100 Hz 2 ch  -30 ms  ready, matched by content',
      '   bbbbbbbbbbb                                                         no frame received yet',
      '',
    ].join('\n'),
  );
});

it('a fallback that is on air stands below', () => {
  const table = sourceTable({ sources: [source({ aheadMs: null, healthy: false, whyNot: 'no open path' })], fallback: 'sorry.mp3', ended: null });
  expect(table.split('\n')).toEqual([
    '   id        origin  source  format             ahead',
    '   00000000                  mp3 44100 Hz 2 ch         no open path',
    '*  the fallback is on air: sorry.mp3',
    '',
  ]);
});

it('that a mountpoint is not on air any more stands above, since when and why', () => {
  const ended = { at: '2026-11-27T03:12:40.000Z', why: 'no-source', message: 'no frame from any encoder', silentMs: 10_000, onAirMs: 5_000, listeners: 7 } as const;
  const table = sourceTable({ sources: [source({ aheadMs: null, healthy: false, whyNot: 'was on air, has stalled, last frame 10 s before the end' })], fallback: null, ended });
  expect(table.split('\n')).toEqual([
    'not on air since 2026-11-27T03:12:40.000Z: no frame from any encoder; 7 listeners were disconnected',
    '   id        origin  source  format             ahead',
    '   00000000                  mp3 44100 Hz 2 ch         was on air, has stalled, last frame 10 s before the end',
    '',
  ]);
});
