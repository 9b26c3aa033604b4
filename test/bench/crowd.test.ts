import { describe, expect, it } from 'vitest';
import { Crowd } from '../../bench/listeners/crowd.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const head = 'HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n';

function receive(crowd: Crowd, index: number, text: string, nowMs: number): void {
  crowd.received(index, bytesOf(text), text.length, nowMs);
}

describe('a crowd of listeners', () => {
  it('takes as first audio the first byte behind the head, wherever the head is cut', () => {
    for (let cut = 13; cut <= head.length; cut++) {
      const crowd = new Crowd(1);
      receive(crowd, 0, head.slice(0, cut), 5);
      expect(crowd.state(0), `cut at ${cut}`).toBe('head');
      receive(crowd, 0, `${head.slice(cut)}a`, 9);
      expect(crowd.state(0), `cut at ${cut}`).toBe('audio');
      expect(crowd.firstMs[0]).toBe(9);
    }
  });

  it('sees audio that comes with the head', () => {
    const crowd = new Crowd(2);
    receive(crowd, 1, `${head}\r\n`, 3);
    expect([crowd.state(0), crowd.state(1), crowd.firstMs[1]]).toEqual(['head', 'audio', 3]);
  });

  it('is not misled by an empty line with one end missing', () => {
    const crowd = new Crowd(1);
    receive(crowd, 0, 'HTTP/1.0 200 OK\r\nX: y\r\r\n\n\r\nz: 1\r\n', 3);
    expect(crowd.state(0)).toBe('head');
    receive(crowd, 0, '\r\n', 4);
    expect(crowd.state(0)).toBe('head');
    receive(crowd, 0, 'a', 5);
    expect(crowd.state(0)).toBe('audio');
  });

  it('knows who was refused', () => {
    const crowd = new Crowd(1);
    receive(crowd, 0, 'HTTP/1.0 404 Not Found\r\n\r\nno such mountpoint', 3);
    expect(crowd.state(0)).toBe('refused');
  });

  it('counts reads, bytes and the largest gap of each since it was told to', () => {
    const crowd = new Crowd(2);
    for (const index of [0, 1]) receive(crowd, index, `${head}audio`, 100);
    receive(crowd, 0, 'x', 5_000);
    crowd.restart();
    receive(crowd, 0, 'xx', 5_050);
    receive(crowd, 0, 'xx', 5_250);
    receive(crowd, 1, 'x', 5_100);
    crowd.finish(5_500);
    expect([crowd.reads, crowd.bytes]).toEqual([3, 5]);
    expect([...crowd.gapMs]).toEqual([250, 5_000]);
  });
});
