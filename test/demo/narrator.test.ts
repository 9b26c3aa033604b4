import { describe, expect, it } from 'vitest';
import { narrate, type Names } from '../../demo/narrator.ts';
import { cutLine, statusLine } from '../../demo/report.ts';

const names: Names = { stream: (id) => `encoder-${id}`, peer: (label) => (label === '127.0.0.1:9001' ? 'relay-1' : label) };

describe('what the demo says', () => {
  it('names the parts instead of their ids and addresses', () => {
    const event = { event: 'switch', from: 'a', to: 'b', reason: 'stalled', silentMs: 301.4, catchUpMs: 288 };
    expect(narrate('edge', event, names)).toBe(
      'switched from encoder-a (stalled) to encoder-b: 301 ms without audio, 288 ms of programme sent at once',
    );
    expect(narrate('edge', { event: 'disconnected', peer: '127.0.0.1:9001', reason: 'closed by peer' }, names)).toBe('lost relay-1: closed by peer');
    expect(narrate('encoder-a', { event: 'target-stuck', label: '127.0.0.1:9001' }, names)).toBe('relay-1 acknowledges nothing, reconnecting');
  });

  it('keeps quiet about what only an operator needs', () => {
    expect(narrate('edge', { event: 'listening', port: 8000 }, names)).toBeUndefined();
    expect(narrate('edge', { event: 'gap', stream: 'b', messages: 2, action: 'none' }, names)).toBeUndefined();
    expect(narrate('relay-1', { event: 'connected', peer: '127.0.0.1:1' }, names)).toBeUndefined();
  });

  it('sums up in one line', () => {
    const figures = { heardMs: 35_024, missingMs: 9.9, repeatedMs: 0, longestStallMs: 212, switches: 2, disconnects: 0, damagedFrames: 0 };
    expect(statusLine(figures)).toBe('heard 35.0 s · missing 10 ms · repeated 0 ms · longest stall 0.21 s · switches 2 · disconnects 0');
    expect(statusLine({ ...figures, damagedFrames: 3 })).toContain('damaged frames 3');
    expect(cutLine({ from: 'a', to: 'b', missingMs: -9.917, stallMs: 348 })).toBe('cut from encoding a to b: 9.9 ms repeated, after 0.35 s without data');
  });
});
