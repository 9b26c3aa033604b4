import { describe, expect, it } from 'vitest';
import { bounds, labels, NO_LABELS, OTHERS, Scrape } from '../../../../shell/operations/metrics/scrape.ts';

const text = (scrape: Scrape, format: 'openmetrics' | 'prometheus'): string => [...scrape.text(format)].join('');

describe('a scrape', () => {
  const scrape = new Scrape();
  scrape.add('davecast_mount_stalled_seconds', labels({ mount: 'a\\b"c\nd' }), 1.5);
  scrape.add('davecast_build', labels({ version: '1', role: undefined }), 1);
  scrape.add('davecast_workers', NO_LABELS, 2);

  it('is OpenMetrics', () => {
    expect(text(scrape, 'openmetrics')).toBe([
      '# TYPE davecast_mount_stalled_seconds counter',
      '# UNIT davecast_mount_stalled_seconds seconds',
      '# HELP davecast_mount_stalled_seconds Time that a player which began with a burst had nothing to play.',
      'davecast_mount_stalled_seconds_total{mount="a\\\\b\\"c\\nd"} 1.5',
      '# TYPE davecast_workers gauge',
      '# HELP davecast_workers Processes that have listeners, beside this one.',
      'davecast_workers 2',
      '# TYPE davecast_build info',
      '# HELP davecast_build Version of Davecast and Node.js, and what the process is.',
      'davecast_build_info{version="1"} 1',
      '# EOF',
      '',
    ].join('\n'));
  });

  it('is the older format of Prometheus, in which the names of samples are those of families', () => {
    expect(text(scrape, 'prometheus')).toBe([
      '# HELP davecast_mount_stalled_seconds_total Time that a player which began with a burst had nothing to play.',
      '# TYPE davecast_mount_stalled_seconds_total counter',
      'davecast_mount_stalled_seconds_total{mount="a\\\\b\\"c\\nd"} 1.5',
      '# HELP davecast_workers Processes that have listeners, beside this one.',
      '# TYPE davecast_workers gauge',
      'davecast_workers 2',
      '# HELP davecast_build_info Version of Davecast and Node.js, and what the process is.',
      '# TYPE davecast_build_info gauge',
      'davecast_build_info{version="1"} 1',
      '',
    ].join('\n'));
  });

  it('writes numbers as they are read', () => {
    const odd = new Scrape();
    for (const [index, value] of [Infinity, -Infinity, Number.NaN, 1e21, 0.000_000_1].entries()) odd.add('davecast_heap_bytes', labels({ kind: String(index) }), value);
    expect(text(odd, 'prometheus').split('\n').slice(2, -1).map((line) => line.split(' ')[1])).toEqual(['+Inf', '-Inf', 'NaN', '1e+21', '1e-7']);
  });

  it('has each sample once: those with the same labels are added up', () => {
    const twice = new Scrape();
    for (const value of [3, 4]) twice.add('davecast_target_stuck', labels({ target: 'relay:9001', transport: 'tcp' }), value);
    expect(text(twice, 'prometheus').split('\n')[2]).toBe('davecast_target_stuck_total{target="relay:9001",transport="tcp"} 7');
  });

  it('tells so many values of a label apart, and counts the others', () => {
    const many = new Scrape();
    const names = Array.from({ length: bounds.peer + 3 }, (_, index) => many.bounded('peer', `peer-${index}`));
    expect(names.at(bounds.peer - 1)).toBe(`peer-${bounds.peer - 1}`);
    expect(names.slice(bounds.peer)).toEqual([OTHERS, OTHERS, OTHERS]);
    expect(many.bounded('peer', 'peer-0')).toBe('peer-0');
    expect(many.bounded('peer', `peer-${bounds.peer}`)).toBe(OTHERS);
    expect(Object.fromEntries(many.summed)).toEqual({ mount: 0, stream: 0, peer: 3 });
  });
});
