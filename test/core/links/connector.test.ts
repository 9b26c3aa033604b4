import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Connector, type ConnectorEvent } from '../../../core/links/connector.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';

class Rig {
  now = 0;
  readonly calls: string[] = [];
  readonly events: ConnectorEvent[] = [];
  readonly connector: Connector;
  draw: number;

  constructor({ draw = 0.5, watchIdle = true, watchFrames = false, settings = {} }: { draw?: number; watchIdle?: boolean; watchFrames?: boolean; settings?: Partial<Settings> } = {}) {
    this.draw = draw;
    this.connector = new Connector({ settings: { ...defaultSettings, ...settings }, random: () => this.draw, watchIdle, watchFrames }, {
      connect: () => this.calls.push('connect'),
      disconnect: () => this.calls.push('disconnect'),
      event: (event) => this.events.push(event),
    });
  }

  get time(): Micros {
    return this.now as Micros;
  }

  /** Serves deadlines until something happens (they may be early); how many ms that took. */
  next(): number {
    const before = this.now;
    const said = this.events.length;
    while (this.events.length === said && this.connector.deadline !== NEVER) {
      this.now = Math.max(this.now, this.connector.deadline);
      this.connector.advance(this.time);
    }
    return (this.now - before) / 1000;
  }

  waitMs(): number {
    return this.events.filter((event) => event.kind === 'disconnected').at(-1)!.retryInMs;
  }
}

describe('Connector', () => {
  it('does nothing before it is started', () => {
    const { connector, calls } = new Rig();
    connector.lost(0 as Micros, 'x');
    connector.opened(0 as Micros);
    connector.carried(0 as Micros);
    connector.stop(0 as Micros);
    expect([connector.state, connector.deadline, connector.deadlineReason, calls]).toEqual(['stopped', NEVER, 'none', []]);
  });

  it('connects at once, and once', () => {
    const rig = new Rig();
    rig.connector.start(rig.time);
    rig.connector.start(rig.time);
    expect([rig.connector.state, rig.calls, rig.connector.deadlineReason]).toEqual(['connecting', ['connect'], 'connect-timeout']);
    rig.connector.opened(rig.time);
    rig.connector.opened(rig.time);
    expect(rig.connector.state).toBe('open');
    expect(rig.events).toEqual([{ kind: 'connecting', attempt: 1 }, { kind: 'connected', attempt: 1 }]);
  });

  it('tries again after an attempt that is not answered', () => {
    const rig = new Rig();
    rig.connector.start(rig.time);
    expect(rig.next()).toBe(defaultSettings.connectTimeoutMs);
    expect(rig.calls).toEqual(['connect', 'disconnect']);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'disconnected', reason: 'connect-timeout' });
    expect(rig.connector.state).toBe('waiting');
    rig.next();
    expect(rig.calls).toEqual(['connect', 'disconnect', 'connect']);
  });

  it('does not destroy again what was lost', () => {
    const rig = new Rig();
    rig.connector.start(rig.time);
    rig.connector.lost(rig.time, 'ECONNREFUSED');
    rig.connector.lost(rig.time, 'ECONNREFUSED');
    expect(rig.calls).toEqual(['connect']);
    expect(rig.events.filter(({ kind }) => kind === 'disconnected')).toEqual([{ kind: 'disconnected', reason: 'ECONNREFUSED', retryInMs: rig.waitMs() }]);
  });

  it('doubles its waits up to the longest', () => {
    const rig = new Rig({ draw: 0.999_999 });
    rig.connector.start(rig.time);
    const waits = Array.from({ length: 8 }, () => {
      rig.connector.lost(rig.time, 'x');
      return Math.round(rig.next());
    });
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000]);
  });

  it('draws each wait from the upper half', () => {
    const rig = new Rig({ draw: 0 });
    rig.connector.start(rig.time);
    const waits = Array.from({ length: 6 }, () => {
      rig.connector.lost(rig.time, 'x');
      return Math.round(rig.next());
    });
    expect(waits).toEqual([50, 100, 200, 400, 500, 500]);
  });

  it('never overflows, and never waits longer than the longest nor less than half the first', () => {
    const lives = fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.option(fc.nat(3_000))), { maxLength: 80 });
    fc.assert(fc.property(lives, fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1_000, max: 60_000 }), (draws, backoffMinMs, backoffMaxMs) => {
      const rig = new Rig({ settings: { backoffMinMs, backoffMaxMs } });
      rig.connector.start(rig.time);
      for (const [draw, openForMs] of draws) {
        rig.draw = draw;
        if (openForMs !== null) {
          rig.connector.opened(rig.time);
          rig.now += openForMs * 1000;
        }
        rig.connector.lost(rig.time, 'x');
        const waited = rig.next();
        expect(waited).toBeGreaterThanOrEqual(backoffMinMs / 2 - 0.001);
        expect(waited).toBeLessThanOrEqual(backoffMaxMs + 0.001);
        expect(rig.connector.state).toBe('connecting');
      }
    }));
  });

  it('waits the least again after a connection that stayed', () => {
    const rig = new Rig({ draw: 0 });
    rig.connector.start(rig.time);
    for (let i = 0; i < 6; i++) {
      rig.connector.lost(rig.time, 'x');
      rig.next();
    }
    rig.connector.opened(rig.time);
    rig.now += 1_000_000;
    rig.connector.lost(rig.time, 'x');
    expect(rig.next()).toBe(50);
  });

  it('does not hammer a server that accepts and closes', () => {
    const rig = new Rig({ draw: 0 });
    rig.connector.start(rig.time);
    for (let i = 0; i < 6; i++) {
      rig.connector.opened(rig.time);
      rig.now += 1_000;
      rig.connector.lost(rig.time, 'closed');
      rig.next();
    }
    rig.connector.lost(rig.time, 'x');
    expect(rig.waitMs()).toBe(500);
  });

  it('closes a connection that has carried something and then nothing', () => {
    const rig = new Rig();
    rig.connector.start(rig.time);
    rig.connector.opened(rig.time);
    expect(rig.connector.deadlineReason === 'idle').toBe(false);
    rig.now += 3_000_000_000;
    rig.connector.advance(rig.time);
    expect(rig.connector.state).toBe('open');
    for (let i = 0; i < 5; i++) {
      rig.connector.carried(rig.time);
      rig.now += 4_999_000;
      rig.connector.advance(rig.time);
      expect(rig.connector.state).toBe('open');
    }
    rig.now += 1_000;
    rig.connector.advance(rig.time);
    expect(rig.calls).toEqual(['connect', 'disconnect']);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'disconnected', reason: 'idle' });
  });

  it('does not watch what is only written to', () => {
    const rig = new Rig({ watchIdle: false });
    rig.connector.start(rig.time);
    rig.connector.opened(rig.time);
    rig.connector.carried(rig.time);
    for (let i = 0; i < 10; i++) {
      rig.now += 10_000_000;
      rig.connector.advance(rig.time);
    }
    expect(rig.connector.state).toBe('open');
  });

  describe('of audio, has a time for each thing that it waits for:', () => {
    const settings = { connectTimeoutMs: 1_000, answerTimeoutMs: 3_000, firstFrameMs: 7_000, idleMs: 2_000 };
    const at = (rig: Rig, afterMs: number, tell: (now: Micros) => void): void => {
      rig.now += afterMs * 1_000;
      rig.connector.advance(rig.time);
      tell(rig.time);
    };
    const stages: readonly ((rig: Rig) => void)[] = [
      ({ connector, time }) => connector.start(time),
      (rig) => at(rig, 900, (now) => rig.connector.established(now)),
      (rig) => at(rig, 2_900, (now) => rig.connector.opened(now)),
      (rig) => at(rig, 6_900, (now) => rig.connector.found(now)),
    ];

    it.each([
      [1, 'connect-timeout', 1_000],
      [2, 'answer-timeout', 3_000],
      [3, 'first-frame-timeout', 7_000],
      [4, 'idle', 2_000],
    ])('after %d stages %s', (count, reason, afterMs) => {
      const rig = new Rig({ watchFrames: true, settings });
      for (const stage of stages.slice(0, count)) stage(rig);
      expect(rig.connector.deadlineReason).not.toBe('none');
      expect(rig.next()).toBe(afterMs);
      expect(rig.events.at(-1)).toMatchObject({ kind: 'disconnected', reason });
      expect(rig.connector.state).toBe('waiting');
      // The next attempt begins with the first of them again.
      rig.next();
      expect(rig.next()).toBe(1_000);
      expect(rig.events.at(-1)).toMatchObject({ reason: 'connect-timeout' });
    });

    it('bytes without a frame are no first frame', () => {
      const rig = new Rig({ watchFrames: true, settings });
      for (const stage of stages.slice(0, 3)) stage(rig);
      for (let i = 0; i < 6; i++) at(rig, 1_000, (now) => rig.connector.carried(now));
      expect(rig.next()).toBe(1_000);
      expect(rig.events.at(-1)).toMatchObject({ reason: 'first-frame-timeout' });
    });

    it('an answer that sends us elsewhere begins with a connection again', () => {
      const rig = new Rig({ watchFrames: true, settings });
      for (const stage of stages.slice(0, 2)) stage(rig);
      at(rig, 2_000, (now) => rig.connector.redirected(now));
      expect(rig.next()).toBe(1_000);
      expect(rig.events.at(-1)).toMatchObject({ reason: 'connect-timeout' });
    });

    it('what we do not read ourselves is not idle', () => {
      const rig = new Rig({ watchFrames: true, settings });
      for (const stage of stages) stage(rig);
      rig.connector.held();
      at(rig, 60_000, (now) => rig.connector.carried(now));
      expect(rig.connector.state).toBe('open');
      expect(rig.next()).toBe(2_000);
      expect(rig.events.at(-1)).toMatchObject({ reason: 'idle' });
    });
  });

  it('stops in every state, silently and for good', () => {
    for (const state of ['connecting', 'open', 'waiting'] as const) {
      const rig = new Rig();
      rig.connector.start(rig.time);
      if (state === 'open') {
        rig.connector.opened(rig.time);
        rig.connector.carried(rig.time);
      }
      if (state === 'waiting') rig.connector.lost(rig.time, 'x');
      expect(rig.connector.state).toBe(state);
      const before = rig.events.length;
      rig.connector.stop(rig.time);
      expect(rig.calls.filter((call) => call === 'disconnect')).toHaveLength(state === 'waiting' ? 0 : 1);
      rig.connector.opened(rig.time);
      rig.connector.lost(rig.time, 'late');
      rig.now += 1e9;
      rig.connector.advance(rig.time);
      expect(rig.events.length).toBe(before);
      expect(rig.calls.filter((call) => call === 'connect')).toHaveLength(1);
      expect(rig.connector.deadline).toBe(NEVER);
    }
  });
});
