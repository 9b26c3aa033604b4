import { describe, expect, it } from 'vitest';
import { listenersIn } from '../../../shell/cli/mount-listeners.ts';

const read = (listeners: unknown): unknown => listenersIn('/etc/davecast.json', { '/radio': { prefer: 'x', listeners }, jazz: { prefer: 'y' } }).get('radio');

describe('what a configuration file says of listeners', () => {
  it('is by mountpoint, with files beside the configuration', () => {
    expect(read({ allow: 'allow.txt', deny: '/var/deny.txt' })).toEqual({ allow: '/etc/allow.txt', deny: '/var/deny.txt' });
    expect(read({ auth: { htpasswd: 'users' } })).toEqual({ auth: { kind: 'htpasswd', file: '/etc/users', onePerUser: false } });
    expect(read({ auth: { htpasswd: 'users', onePerUser: true } })).toEqual({ auth: { kind: 'htpasswd', file: '/etc/users', onePerUser: true } });
    expect(listenersIn('x', { jazz: {} }).size).toBe(0);
  });

  it.each([
    ['x', 'mounts["/radio"].listeners: must be an object'],
    [{ allow: 1 }, 'mounts["/radio"].listeners.allow: must be a string, not 1'],
    [{ permit: 'x' }, 'mounts["/radio"].listeners.permit: unknown key: listeners have allow, deny, auth'],
    [{ auth: {} }, 'mounts["/radio"].listeners.auth: must have htpasswd'],
    [{ auth: { htpasswd: 'x', onePerUser: 1 } }, 'mounts["/radio"].listeners.auth.onePerUser: must be true or false, not 1'],
    [{ auth: { htpasswd: 'x', salt: 1 } }, 'mounts["/radio"].listeners.auth.salt: unknown key: with htpasswd there is onePerUser'],
  ])('is refused with its key: %j', (listeners, problem) => {
    expect(() => read(listeners)).toThrow(new RegExp(`^/etc/davecast.json: ${problem.replace(/[[\].]/g, '\\$&')}`));
  });
});
