import { beforeEach, describe, expect, it } from 'vitest';
import type { ProcessEvent } from '../../../../../shell/log/events.ts';
import { MountsCounts } from '../../../../../shell/operations/metrics/figures/mount-counts.ts';
import { bounds, OTHERS, Scrape } from '../../../../../shell/operations/metrics/scrape.ts';

const HOUR_MS = 3_600_000;

let nowMs: number;
let counts: MountsCounts;

beforeEach(() => {
  nowMs = 0;
  counts = new MountsCounts({ nowMs: () => nowMs, countsFrames: false });
});

const started = (mount: string): ProcessEvent => ({ kind: 'mount-started', mount, stream: '', codec: 'mp3', sampleRateHz: 44_100, channels: 2 }) as ProcessEvent;
const ended = (mount: string): ProcessEvent => ({ kind: 'mount-ended', mount, silentMs: 0, listeners: 0 }) as ProcessEvent;
const switched = (reason: string, offByMs: number): ProcessEvent => ({ kind: 'switch', mount: 'radio', reason, offByMs }) as ProcessEvent;

/** The samples, without what explains them. */
function told(): string[] {
  const scrape = new Scrape();
  for (const turn of counts.tell(scrape)) expect(turn).toBeUndefined();
  return [...scrape.text('prometheus')].join('').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('what is counted of mountpoints', () => {
  it('is what was reported, by reason', () => {
    counts.take(started('radio'));
    counts.take(switched('stalled', -3.5));
    counts.take(switched('stalled', 4));
    counts.take(switched('preferred', 2.25));
    counts.take({ kind: 'listener-joined', listener: 1, mount: 'radio', label: '', burstMs: 0 } as ProcessEvent);
    counts.take({ kind: 'listener-moved', listener: 1, mount: 'radio', label: '', to: 'jazz' } as ProcessEvent);
    counts.listenerLeft('radio', 'killed');
    expect(told()).toEqual(expect.arrayContaining([
      'davecast_mount_switches_total{mount="radio",reason="stalled"} 2',
      'davecast_mount_switches_total{mount="radio",reason="preferred"} 1',
      'davecast_mount_last_switch_error_seconds{mount="radio"} 0.00225',
      'davecast_listeners_joined_total{mount="radio"} 1',
      'davecast_listeners_left_total{mount="radio",reason="moved"} 1',
      'davecast_listeners_left_total{mount="radio",reason="killed"} 1',
    ]));
    // What is known of an edge's mountpoint only because somebody was moved there is told once it has begun.
    expect(told().some((line) => line.includes('jazz'))).toBe(false);
    counts.take(started('jazz'));
    expect(told()).toContain('davecast_listeners_joined_total{mount="jazz"} 1');
  });

  it('tells for a day of a mountpoint that has ended that it is off air', () => {
    counts.take(started('radio'));
    expect(told().some((line) => line.startsWith('davecast_mount_on_air'))).toBe(false);
    counts.take(ended('radio'));
    expect(told()).toContain('davecast_mount_on_air{mount="radio"} 0');
    nowMs += 23 * HOUR_MS;
    expect(told()).toEqual(expect.arrayContaining(['davecast_mount_on_air{mount="radio"} 0', 'davecast_mount_ends_total{mount="radio"} 1']));
    nowMs += HOUR_MS;
    expect(told()).toContain('davecast_mount_on_air{mount="radio"} 0');
    expect(told()).toEqual([]);
    counts.take(started('radio'));
    expect(told()).toContain('davecast_mount_ends_total{mount="radio"} 0');
  });

  it('is kept for so many; one that has ended makes room, and where none has the others count together', () => {
    for (let number = 0; number < bounds.mount; number++) counts.take(started(`m${number}`));
    counts.take(ended('m7'));
    nowMs += 1_000;
    counts.take(ended('m8'));
    nowMs += 1_000;
    counts.take(started('late'));
    const scrape = new Scrape();
    expect(counts.label(scrape, 'late')).toBe('late');
    expect(told().filter((line) => line.startsWith('davecast_mount_on_air'))).toEqual(['davecast_mount_on_air{mount="m8"} 0']);
    for (const mount of ['later', 'latest', 'too late']) counts.take(started(mount));
    expect(counts.label(scrape, 'later')).toBe('later');
    expect([counts.label(scrape, 'latest'), counts.label(scrape, 'too late')]).toEqual([OTHERS, OTHERS]);
    expect(Object.fromEntries(scrape.summed)['mount']).toBe(2);
    counts.take(ended('latest'));
    expect(told()).toContain(`davecast_mount_ends_total{mount="${OTHERS}"} 1`);
    expect(told().some((line) => line.startsWith('davecast_mount_on_air'))).toBe(false);
  });

  it('has sources that come and go', () => {
    const source = { mount: 'radio', stream: '00', from: '192.0.2.7:5' };
    counts.take({ kind: 'source-started', ...source });
    counts.take({ kind: 'source-started', ...source });
    counts.take({ kind: 'source-ended', ...source, reason: 'idle', frames: 10 });
    expect(told()).toEqual([
      'davecast_sources{mount="radio"} 1',
      'davecast_sources_started_total{mount="radio"} 2',
      'davecast_sources_ended_total{mount="radio",reason="idle"} 1',
    ]);
  });
});
