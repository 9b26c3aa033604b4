import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import type { FallbackController } from '../../../../core/edge/fallback/controller.ts';
import type { Playout } from '../../../../core/edge/playout/playout.ts';
import { MountState } from '../../../../core/edge/playout/state.ts';
import type { EdgeStream } from '../../../../core/edge/stream/stream.ts';
import type { Candidates } from '../../../../core/edge/switching/candidates.ts';
import { FallbackTurns } from '../../../../core/edge/switching/fallback-turns.ts';
import { Clock } from '../fallback/support.ts';

/** Whose turn it is, with a fallback that only writes down when it was called. */
class Stage {
  readonly clock: Clock = new Clock();
  readonly state: MountState = new MountState();
  readonly calls: { readonly atMs: number; readonly sinceMs: number }[] = [];
  readonly turns: FallbackTurns;
  anyHealthy = false;
  givenAt = 0 as Micros;

  constructor(hasFallback: boolean = true) {
    const controller = {
      source: hasFallback ? {} : undefined,
      call: (now: number, _format: unknown, since: number) => this.calls.push({ atMs: now / 1000, sinceMs: since / 1000 }),
    } as unknown as FallbackController<EdgeStream>;
    const givenAt = (): Micros => this.givenAt;
    this.turns = new FallbackTurns({
      settings: defaultSettings,
      state: this.state,
      controller,
      playout: {
        get givenAt() {
          return givenAt();
        },
        format: {},
      } as unknown as Playout,
      candidates: { anyHealthy: () => this.anyHealthy } as unknown as Candidates,
      timer: this.clock.timer,
    });
  }

  /** A stream gives a frame, and is stalled so much later. */
  heard(stallsAfterMs: number): void {
    this.givenAt = this.clock.now;
    this.turns.heard(this.clock.now, (this.clock.now + stallsAfterMs * 1000) as Micros);
  }
}

describe('the turn of a fallback', () => {
  it('is a second after the last frame of any stream, but not before that one is stalled', () => {
    const stage = new Stage();
    for (const atMs of [0, 500, 900]) {
      stage.clock.until(atMs);
      stage.heard(300);
    }
    expect(stage.turns.isAwaited).toBe(true);
    stage.clock.until(5_000);
    expect(stage.calls).toEqual([{ atMs: 1_900, sinceMs: 900 }]);
    expect(stage.turns.isAwaited).toBe(false);
    stage.heard(2_700);
    stage.clock.until(20_000);
    expect(stage.calls.map(({ atMs }) => atMs)).toEqual([1_900, 7_700]);
  });

  it('is put off while a stream is there that will be heard soon, but not for ever', () => {
    const stage = new Stage();
    stage.heard(300);
    stage.anyHealthy = true;
    stage.clock.until(2_000);
    expect(stage.calls).toEqual([]);
    const { fallbackMs, slowerWaitMs, resumeGraceMs, stallMinMs } = defaultSettings;
    const mostMs = fallbackMs + slowerWaitMs + resumeGraceMs;
    stage.clock.until(20_000);
    expect(stage.calls).toHaveLength(1);
    expect(stage.calls[0]!.atMs).toBeGreaterThanOrEqual(mostMs);
    expect(stage.calls[0]!.atMs).toBeLessThan(mostMs + stallMinMs);
  });

  it('is not awaited while it has been called', () => {
    const stage = new Stage();
    stage.state.called({ format: {} as never, since: 0 as Micros });
    stage.heard(300);
    expect(stage.turns.isAwaited).toBe(false);
  });

  it('never comes where there is none', () => {
    const stage = new Stage(false);
    stage.heard(300);
    stage.clock.until(20_000);
    expect(stage.turns.isAwaited).toBe(false);
    expect(stage.calls).toEqual([]);
  });
});
