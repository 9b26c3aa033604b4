import { describe, expect, it } from 'vitest';
import { IDLE } from '../../../../core/links/connector.ts';
import { connectorLog } from '../../../../shell/net/hosts/connector-log.ts';
import { CapturedLog } from '../../support/support.ts';

/** The log of one connection, by a clock that is set. */
class Rig {
  readonly told = new CapturedLog();
  nowMs = 0;
  readonly #tell = connectorLog(this.told.log, 'relay:8001', () => this.nowMs);

  disconnected(reason: string): this {
    this.#tell({ kind: 'disconnected', reason, retryInMs: 100 });
    return this;
  }

  connected(): this {
    this.#tell({ kind: 'connecting', attempt: 1 });
    this.#tell({ kind: 'connected', attempt: 1 });
    return this;
  }

  /** Connected, and idle after so long; again and again. */
  idles(times: number, everyMs: number): this {
    for (let time = 0; time < times; time++) {
      this.nowMs += everyMs;
      this.disconnected(IDLE).connected();
    }
    return this;
  }

  /** What is not for 'debug'. */
  get said(): readonly string[] {
    return this.told.events.filter(({ kind }) => kind === 'connected' || kind === 'disconnected').map(({ kind }) => kind);
  }
}

describe('a connection that is idle again and again', () => {
  it('is told of once, and then every ten minutes', () => {
    const rig = new Rig();
    expect(rig.connected().idles(100, 5_000).said).toEqual(['connected', 'disconnected', 'connected']);
    expect(rig.told.all('still-disconnected')).toHaveLength(99);
    expect(rig.told.all('connected-again')).toHaveLength(99);
    expect(rig.idles(100, 5_000).said).toEqual(['connected', 'disconnected', 'connected', 'disconnected', 'connected']);
  });

  it('is told of again when it has carried something meanwhile', () => {
    const rig = new Rig();
    expect(rig.connected().idles(2, 5_000).idles(1, 90_000).said).toEqual(['connected', 'disconnected', 'connected', 'disconnected', 'connected']);
  });

  it('is told of when something else becomes of it', () => {
    const rig = new Rig();
    rig.connected().idles(3, 5_000);
    const before = rig.said.length;
    expect(rig.disconnected('connection reset').disconnected('connect-timeout').connected().said.slice(before)).toEqual(['disconnected', 'connected']);
    const idle = new Rig().connected().idles(2, 5_000).disconnected(IDLE).disconnected('connect-timeout');
    expect(idle.said.at(-1)).toBe('disconnected');
  });
});
