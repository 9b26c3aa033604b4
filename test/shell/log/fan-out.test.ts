import { describe, expect, it } from 'vitest';
import { EventFanOut } from '../../../shell/log/fan-out.ts';
import { CapturedLog } from '../support/support.ts';
import { ENCODER } from '../../core/support/encoder.ts';

const stopped = { kind: 'stopped' } as const;

describe('what a process tells', () => {
  it('goes to the log, and to everybody who has joined, until they leave', () => {
    const log = new CapturedLog();
    const [first, second] = [new CapturedLog(), new CapturedLog()];
    const events = new EventFanOut(log.log);
    const leave = events.join(first.log);
    events.tell({ kind: 'stopping', signal: 'SIGTERM' });
    events.join(second.log);
    events.tell({ kind: 'gap', mount: 'radio', ...ENCODER, stream: '07', sequence: 1, messages: 1, waitedMs: 0, verdict: 'no-path', action: 'skipped' });
    leave();
    leave();
    events.tell(stopped);
    const kinds = [log, first, second].map(({ events: all }) => all.map(({ kind }) => kind));
    expect(kinds).toEqual([['stopping', 'gap', 'stopped'], ['stopping', 'gap'], ['gap', 'stopped']]);
  });

  it('goes on to all others when one of them fails', () => {
    const log = new CapturedLog();
    const other = new CapturedLog();
    const events = new EventFanOut(log.log);
    events.join(() => {
      throw new Error('cannot take it');
    });
    events.join(other.log);
    events.tell(stopped);
    events.tell(stopped);
    expect(log.all('event-sink-failed')).toMatchObject([{ error: expect.stringContaining('cannot take it') as string }]);
    expect(log.all('stopped')).toHaveLength(2);
    expect(other.events.map(({ kind }) => kind)).toEqual(['stopped', 'event-sink-failed', 'stopped']);
  });
});
