import { describe, expect, it } from 'vitest';
import { BadOption } from '../../bench/common/options.ts';
import { readOptions } from '../../bench/outages/options.ts';
import { planTasks } from '../../bench/outages/plan.ts';

const none = { systems: undefined, faults: undefined, codecs: undefined, switches: 10 };

describe('what the bench of outages is asked for', () => {
  it('is everything, ten times, when nothing is said', () => {
    expect(readOptions([])).toMatchObject({ ...none, json: undefined });
  });

  it('is what is named', () => {
    const args = ['--system', 'icecast', '--fault', 'silent', '--fault', 'frozen', '--codec', 'mp3-vbr', '--switches', '3', '--json', 'x.json'];
    const options = readOptions(args);
    expect(options).toMatchObject({ systems: ['icecast'], faults: ['silent', 'frozen'], codecs: ['mp3-vbr'], switches: 3, json: 'x.json' });
    expect(planTasks(options).map(({ fault }) => fault).toSorted()).toEqual(['frozen', 'silent']);
  });

  it.each([['--system', 'shoutcast'], ['--fault', 'fire'], ['--codec', 'toString'], ['--switches', '0'], ['--switches', '1e3'], ['--rigs', '65'], ['--bogus'], ['word'], ['--json']])(
    'is refused in one line: %s %s',
    (...args) => {
      expect(() => readOptions(args.filter((arg) => arg !== undefined))).toThrow(BadOption);
      expect(() => readOptions(args.filter((arg) => arg !== undefined))).toThrow(/^[^\n]+$/);
    },
  );
});

describe('the full table', () => {
  it('asks others for the faults of encoders only, and us for all of them', () => {
    const tasks = planTasks(none);
    const of = (system: string): typeof tasks => tasks.filter((task) => task.system === system);
    expect(of('davecast').length).toBe(5 * 5 + 2 * 8);
    expect(of('icecast').length).toBe(2 * 6);
    expect(of('liquidsoap').map(({ fault }) => fault)).not.toContain('relay-kill');
  });
});
