import { describe, expect, it } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { Path } from '../../../../core/links/paths/path.ts';
import { PathLag } from '../../../../core/links/paths/path-lag.ts';
import { PastPaths } from '../../../../core/links/paths/peer-figures.ts';
import { anonymous, type PeerRole } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';

let opened = 0;

function path(from: string, messages: number, role: PeerRole = 'source'): Path {
  const made = new Path({ id: ++opened as PathId, transport: transports.tcp, peer: anonymous(role, from), openedAt: 0 as Micros, message: () => undefined });
  made.messages = messages;
  made.bytes = 100 * messages;
  return made;
}

describe('what came in by peer', () => {
  it('goes on where a connection is closed and another one is made', () => {
    const past = new PastPaths();
    const first = path('192.0.2.7:4001', 5);
    first.drop('duplicate', 2);
    const second = path('192.0.2.7:4002', 3);
    second.drop('duplicate');
    past.closed(first);
    expect(past.with([second])).toEqual([
      { peer: '192.0.2.7', isUpstream: false, transport: 'tcp', open: 1, messages: 8, bytes: 800, dropped: new Map([['duplicate', 3]]), reordered: 0, lagUs: undefined },
    ]);
    // It was only looked at.
    expect(past.with([])).toMatchObject([{ open: 0, messages: 5, dropped: new Map([['duplicate', 2]]) }]);
  });

  it('tells a relay by its port, too, and from an encoder at the same address', () => {
    const all = new PastPaths().with([path('192.0.2.7:8001', 1, 'relay'), path('192.0.2.7:8002', 1, 'relay'), path('192.0.2.7:4001', 1)]);
    expect(all.map(({ peer, isUpstream }) => [peer, isUpstream])).toEqual([['192.0.2.7:8001', true], ['192.0.2.7:8002', true], ['192.0.2.7', false]]);
  });

  it('is kept apart for so many, and together for all others: nothing is lost', () => {
    const past = new PastPaths();
    for (let number = 0; number < 1_500; number++) past.closed(path(`10.0.${number >> 8}.${number & 255}:1`, 1));
    const all = past.with([]);
    expect(all).toHaveLength(1_025);
    expect(all.find(({ peer }) => peer === '')).toMatchObject({ messages: 476 });
  });
});

describe('the lag of a path', () => {
  it('is that of the same message by another one, one message in 32, smoothed', () => {
    const [fast, slow] = [path('a:1', 0), path('b:1', 0)];
    const lag = new PathLag();
    expect(slow.lagUs).toBeUndefined();
    for (let second = 0; second < 40; second++) {
      const now = second * 1_000_000;
      lag.first(now as Micros, fast, 32 * second);
      lag.again((now + 30_000) as Micros, slow, 32 * second);
      // Messages in between, and another copy by the same path, say nothing.
      lag.first((now + 500_000) as Micros, slow, 32 * second + 1);
      lag.again((now + 600_000) as Micros, fast, 32 * second + 1);
      lag.again((now + 700_000) as Micros, fast, 32 * second);
    }
    expect(fast.lagUs).toBe(0);
    expect(slow.lagUs).toBeCloseTo(30_000, 5);
  });
});
