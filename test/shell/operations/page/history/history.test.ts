import { beforeEach, describe, expect, it } from 'vitest';
import { History } from '../../../../../shell/operations/page/history/history.ts';
import { figures, onAir, stream, switched, told } from '../support.ts';

let nowMs: number;
let history: History;

beforeEach(() => {
  nowMs = 1_000;
  history = new History(() => nowMs);
});

describe('the past of a process', () => {
  it('is kept of two hundred mountpoints, of which those that have ended give way', () => {
    for (let index = 0; index < 250; index++) history.look(`m${index}`, figures([stream('a', onAir)]));
    expect([history.names.length, history.of('m200')]).toEqual([200, undefined]);
    nowMs++;
    history.look('m7', undefined);
    history.look('m200', figures([stream('a', onAir)]));
    expect([history.names.length, history.of('m7'), history.of('m200')?.isThere]).toEqual([200, undefined, true]);
  });

  it('is that of mountpoints only, however many names are asked for', () => {
    history.event({ kind: 'source-refused', mount: 'x', from: '', why: { code: 'too-many' } });
    history.event(told('operator', { mount: 'y', command: 'switch', result: 'no-such-mount', from: '' }));
    expect(history.names).toEqual([]);
    history.event(switched('a', 'b', 'lost'));
    expect(history.names).toEqual(['radio']);
  });

  it('keeps a mountpoint that has ended for a day', () => {
    history.look('radio', figures([stream('a', onAir)]));
    history.look('radio', undefined);
    expect(history.ended).toEqual(['radio']);
    nowMs += 86_400_000;
    history.look('radio', undefined);
    expect(history.ended).toEqual(['radio']);
    nowMs++;
    history.look('radio', undefined);
    expect(history.names).toEqual([]);
  });

  it('has the newest lines, with what to do, and each that is repeated once', () => {
    for (let index = 0; index < 100; index++) history.event(switched('a', `b${index}`, 'stalled'));
    for (let index = 0; index < 3; index++) {
      nowMs++;
      history.event({ kind: 'unresolved', peer: 'relay:1', reason: 'x' });
    }
    history.event(told('operator', { command: 'switch', to: 'b', result: 'waits', from: 'x' }));
    expect(history.lines.part.events[0]).toMatchObject({ level: 'info', text: 'radio: operator command: switch b, waits' });
    history.event({ kind: 'connected', attempt: 1, peer: 'x' });
    history.event(told('no-relay-left', { label: 'r', reason: 'closed', forMs: 60_000 }));
    const { events } = history.lines.part;
    expect(events.length).toBe(60);
    expect(events[1]).toEqual({ atMs: 1_003, level: 'warn', text: 'host name cannot be resolved: relay:1', times: 3 });
    expect(events[2]).toMatchObject({ text: 'radio: switched: a to b99, stalled', next: 'check the encoder that was left', times: 1 });
    expect(history.noRelaySinceMs).toBe(1_003 - 60_000);
  });
});
