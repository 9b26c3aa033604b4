import { describe, expect, it } from 'vitest';
import { MountHistory } from '../../../../../shell/operations/page/history/mount-history.ts';
import { figures, onAir, spansOf, stream, switched, told } from '../support.ts';

const lanes = (history: MountHistory): Record<string, string[]> => Object.fromEntries(history.part.lanes.map((lane) => [lane.name, spansOf(lane)]));

describe('what is kept of a mountpoint', () => {
  it('is what each encoder was, from when it changed', () => {
    const history = new MountHistory('radio', 0);
    for (const atMs of [1_000, 2_000, 3_000]) history.look(atMs, figures([stream('a', onAir), stream('b')]));
    history.take(3_500, switched('a', 'b', 'stalled'));
    history.look(4_000, figures([stream('b', onAir), stream('a', { isStandingBy: false, isHealthy: false, whyNot: { code: 'silent', forMs: 900 } })]));
    history.look(5_000, figures([stream('b', onAir)]));
    expect(lanes(history)).toEqual({ a: ['1000: well*', '3500: stalled', '5000: lost'], b: ['1000: well', '3500: well*'] });
  });

  it.each([
    ['silence', { contentFault: 'silent' }, 'silent'],
    ['a repetition', { contentFault: 'frozen' }, 'frozen'],
    ['no open path', { whyNot: { code: 'no-path' }, contentFault: 'silent' }, 'lost'],
    ['no frames', { whyNot: { code: 'silent', forMs: 1 } }, 'stalled'],
    ['another format', { whyNot: { code: 'cannot-follow', format: undefined, before: undefined }, isStandingBy: false }, 'unfit'],
    ['no match', { isStandingBy: false }, 'unfit'],
    ['on air without frames', { ...onAir, isHealthy: false }, 'stalled*'],
    ['on air and silent', { ...onAir, contentFault: 'silent' }, 'silent*'],
    ['on air and faster than real time', { ...onAir, isHealthy: false, contentFault: 'unpaced' }, 'well*'],
  ] as const)('knows %s', (_, changes, state) => {
    const history = new MountHistory('radio', 0);
    history.look(7, figures([stream('a', changes as Parameters<typeof stream>[1])]));
    expect(lanes(history)).toEqual({ a: [`7: ${state}`] });
  });

  it('goes on in the same lane when an encoder is started again, also while its first stream is known', () => {
    const history = new MountHistory('radio', 0);
    history.look(1, figures([stream('a', onAir)]));
    const lost = stream('a', { whyNot: { code: 'no-path' } });
    history.look(2, figures([lost]));
    history.look(3, figures([lost, stream('a2', { origin: 'a' })]));
    history.look(4, figures([lost, stream('a2', { ...onAir, origin: 'a' })]));
    history.look(5, figures([stream('a2', { ...onAir, origin: 'a' })]));
    expect(lanes(history)).toEqual({ a: ['1: well*', '2: lost', '3: well', '4: well*'] });
    expect(history.part.lanes[0]!.stream).toBe('a2'.padEnd(32, '0'));
    const anew = new MountHistory('radio', 0);
    anew.look(1, figures([stream('a', onAir)]));
    anew.look(2, figures([]));
    anew.look(3, figures([stream('a2', { ...onAir, origin: 'a' })]));
    expect(lanes(anew)).toEqual({ a: ['1: well*', '2: lost', '3: well*'] });
  });

  it('has a lane for the fallback since it was heard', () => {
    const history = new MountHistory('radio', 0);
    history.look(1, figures([stream('a', onAir)]));
    expect(history.part.lanes.length).toBe(1);
    history.take(2, told('fallback-entered', { what: 'sorry' }));
    history.look(3, figures([stream('a', { whyNot: { code: 'no-path' } })], { state: 'fallback' }));
    history.take(4, told('fallback-left', { what: 'sorry' }));
    history.look(5, figures([stream('fallback', onAir)]));
    expect(lanes(history)).toEqual({ a: ['1: well*', '3: lost'], fallback: ['5: well*'] });
    expect(history.part.lanes.map((lane) => [lane.stream === '', spansOf(lane)])).toEqual([[false, ['1: well*', '3: lost']], [true, ['2: well*', '4: off']], [false, ['5: well*']]]);
    history.look(700_000, figures([stream('fallback', onAir)]));
    expect(history.part.lanes.length).toBe(1);
  });

  it('has a lane for each of two encoders of one name', () => {
    const history = new MountHistory('radio', 0);
    history.look(1, figures([stream('a', onAir), stream('a2', { origin: 'a' })]));
    history.look(2, figures([stream('a', onAir), stream('a2', { origin: 'a' })]));
    expect(history.part.lanes.map((lane) => [lane.name, spansOf(lane)])).toEqual([['a', ['1: well*']], ['a', ['1: well']]]);
  });

  it('forgets what was over ten minutes ago, and an encoder that has been lost since then', () => {
    const history = new MountHistory('radio', 0);
    history.look(1_000, figures([stream('a', onAir), stream('b')]));
    history.look(2_000, figures([stream('b', onAir)]));
    history.look(600_000, figures([stream('b', onAir)]));
    expect(lanes(history)).toEqual({ a: ['1000: well*', '2000: lost'], b: ['1000: well', '2000: well*'] });
    history.look(602_500, figures([stream('b', onAir)]));
    expect(lanes(history)).toEqual({ b: ['2000: well*'] });
  });

  it('is bounded, whatever comes', () => {
    const history = new MountHistory('radio', 0);
    for (let round = 0; round < 500; round++) {
      history.look(round, figures(Array.from({ length: 40 }, (_, index) => stream(`${index}`, round % 2 === 0 ? onAir : {}))));
      history.take(round, switched(`${round % 40}`, `${(round + 1) % 40}`, 'lost'));
    }
    const { lanes: kept, marks } = history.part;
    expect(kept.length).toBe(12);
    expect(Math.max(...kept.map(({ spans }) => spans.length))).toBe(128);
    expect(marks.length).toBe(24);
    // Those that have gone give way.
    history.look(600, figures([stream('new', onAir)]));
    expect(history.part.lanes.map(({ name }) => name)).toContain('new');
    expect(history.part.lanes.length).toBe(12);
  });

  it('has switches with their reason and error, and no reminders', () => {
    const history = new MountHistory('radio', 0);
    history.take(5.4, switched('a', 'b', 'stalled'));
    history.take(6, told('backup-lost', { forMs: 0, why: 'gone', stream: 'a', origin: 'a' }));
    history.take(7, told('backup-lost', { forMs: 60_000, why: 'gone', stream: 'a', origin: 'a' }));
    expect(history.part.marks).toEqual([
      { atMs: 6, tone: 'warn', kind: 'backup-lost', text: expect.stringMatching(/^backup lost, nothing stands by: a is gone/) },
      { atMs: 5, tone: 'news', kind: 'switch', text: 'switched: a to b, stalled', errorMs: 3.3, silentMs: 812 },
    ]);
    expect(history.lastOf('backup-lost')).toBe(6);
  });

  it('is the same part while nothing changes', () => {
    const history = new MountHistory('radio', 0);
    history.look(1, figures([stream('a', onAir)]));
    const { part } = history;
    history.look(2, figures([stream('a', onAir)]));
    expect(history.part).toBe(part);
    history.look(3, undefined);
    expect(history.part).not.toBe(part);
    expect(history.isThere).toBe(false);
  });

  it('does not go back when the clock is set back', () => {
    const history = new MountHistory('radio', 0);
    history.look(9_000, figures([stream('a', onAir)]));
    history.look(3_000, figures([stream('a')]));
    expect(lanes(history)).toEqual({ a: ['9000: well*', '9000: well'] });
  });
});
