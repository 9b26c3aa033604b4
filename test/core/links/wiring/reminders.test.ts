import { describe, expect, it } from 'vitest';
import { ms } from '../../../../core/base/units.ts';
import { Processes } from '../../../../core/links/wiring/processes.ts';
import { Reminders } from '../../../../core/links/wiring/reminders.ts';

describe('what has been told', () => {
  it('is told again after a minute, each thing for itself', () => {
    const reminders = new Reminders();
    expect(reminders.take(ms(0), 'a')).toBe(true);
    expect(reminders.take(ms(1), 'b')).toBe(true);
    expect(reminders.take(ms(59_999), 'a')).toBe(false);
    expect(reminders.take(ms(60_000), 'a')).toBe(true);
    expect(reminders.take(ms(60_000), 'b')).toBe(false);
  });

  it('is remembered of 1,024 things: of more nothing is told, until some are old', () => {
    const reminders = new Reminders();
    for (let i = 0; i < 1_024; i++) expect(reminders.take(ms(i), `${i}`)).toBe(true);
    expect(reminders.take(ms(2_000), 'new')).toBe(false);
    expect(reminders.take(ms(60_000), 'new')).toBe(true);
    expect(reminders.take(ms(60_000), '5')).toBe(false);
  });
});

describe('the processes that connections lead to', () => {
  it('are different for different endpoints, as far as they are known', () => {
    const processes = new Processes<string>('own');
    expect(processes.found('link 1', 'a:1', 'one')).toBeUndefined();
    expect(processes.found('link 2', 'b:1', 'two')).toBeUndefined();
    expect(processes.found('link 3', 'c:1', 'one')).toEqual({ other: 'a:1' });
    expect(processes.found('link 4', 'd:1', 'own')).toBe('own');
  });

  it('may be the same for the addresses of one endpoint, and after a connection has closed', () => {
    const processes = new Processes<string>('own');
    processes.found('by IPv4', 'a:1', 'one');
    expect(processes.found('by IPv6', 'a:1', 'one')).toBeUndefined();
    processes.lost('by IPv4');
    processes.lost('by IPv6');
    expect(processes.found('moved', 'b:1', 'one')).toBeUndefined();
  });
});
