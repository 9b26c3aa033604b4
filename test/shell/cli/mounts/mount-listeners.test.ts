import { describe, expect, it } from 'vitest';
import { YamlDocument } from '../../../../shell/cli/yaml/document.ts';
import { listenersIn } from '../../../../shell/cli/mounts/mount-listeners.ts';

const read = (listeners: unknown): unknown => {
  const document = new YamlDocument({ file: '/etc/davecast.json', text: JSON.stringify({ mounts: { '/radio': { prefer: 'x', listeners }, jazz: { prefer: 'y' } } }), env: {} });
  return listenersIn(document, (document.content as { mounts: unknown }).mounts).get('radio');
};

describe('what a configuration file says of listeners', () => {
  it('is by mountpoint, with files beside the configuration', () => {
    expect(read({ allow: 'allow.txt', deny: '/var/deny.txt' })).toEqual({ allow: '/etc/allow.txt', deny: '/var/deny.txt' });
    expect(read({ auth: { htpasswd: 'users' } })).toEqual({ auth: { kind: 'htpasswd', file: '/etc/users' } });
    expect(read({ auth: { htpasswd: 'users', onePerUser: true } })).toEqual({ auth: { kind: 'htpasswd', file: '/etc/users', onePerUser: true } });
    expect(read(undefined)).toBeUndefined();
  });

  it("can have a web service, with Icecast's options", () => {
    const auth = (url: object): unknown => (read({ auth: { url } }) as { auth: unknown }).auth;
    expect(auth({ listenerAdd: 'http://auth.example/add' })).toEqual({
      kind: 'url', add: new URL('http://auth.example/add'), authHeader: 'icecast-auth-user: 1', timelimitHeader: 'icecast-auth-timelimit:', headers: [], headerPrefix: '', whenDown: 'refuse',
    });
    expect(read({ auth: { url: { listenerAdd: 'http://x/' }, onePerUser: true } })).toMatchObject({ auth: { kind: 'url', onePerUser: true } });
    expect(auth({ listenerRemove: 'https://auth.example/x', username: 'u', password: 'p', authHeader: 'x-ok: yes', timelimitHeader: 'x-limit:', headers: ['x-token'], headerPrefix: 'Client.', whenDown: 'admit', server: 's' })).toEqual({
      kind: 'url', remove: new URL('https://auth.example/x'), login: { user: 'u', password: 'p' }, authHeader: 'x-ok: yes', timelimitHeader: 'x-limit:', headers: ['x-token'], headerPrefix: 'Client.', whenDown: 'admit', server: 's',
    });
  });

  it.each([
    ['x', 'mounts["/radio"].listeners: must be an object'],
    [{ allow: 1 }, 'mounts["/radio"].listeners.allow: must be a string, not 1: put it in quotes'],
    [{ permit: 'x' }, 'mounts["/radio"].listeners.permit: unknown key: listeners have allow, deny, auth'],
    [{ auth: {} }, 'mounts["/radio"].listeners.auth: must have either htpasswd or url'],
    [{ auth: { url: {} } }, 'mounts["/radio"].listeners.auth.url: must have listenerAdd or listenerRemove'],
    [{ auth: { url: { listenerAdd: 'ftp://x/' } } }, 'mounts["/radio"].listeners.auth.url.listenerAdd: must be an address such as http'],
    [{ auth: { url: { listenerAdd: 'http://x/', whenDown: 'wait' } } }, 'mounts["/radio"].listeners.auth.url.whenDown: must be "refuse" or "admit"'],
    [{ auth: { url: { listenerAdd: 'http://x/', timelimitHeader: 'x' } } }, 'mounts["/radio"].listeners.auth.url.timelimitHeader: must be the name of a header with a colon'],
    [{ auth: { url: { listenerAdd: 'http://x/', headers: 'x' } } }, 'mounts["/radio"].listeners.auth.url.headers: must be a list'],
    [{ auth: { url: { listener_add: 'http://x/' } } }, 'mounts["/radio"].listeners.auth.url.listener_add: unknown key'],
    [{ auth: { htpasswd: 'x', onePerUser: 1 } }, 'mounts["/radio"].listeners.auth.onePerUser: must be true or false, not 1'],
    [{ auth: { htpasswd: 'x', salt: 1 } }, 'mounts["/radio"].listeners.auth.salt: unknown key: auth has htpasswd, url, onePerUser'],
    [{ auth: { htpasswd: 'x', url: { listenerAdd: 'http://x/' } } }, 'mounts["/radio"].listeners.auth: must have either htpasswd or url'],
  ])('is refused with its key: %j', (listeners, problem) => {
    expect(() => read(listeners)).toThrow(new RegExp(`^/etc/davecast.json:\\d+:\\d+: ${problem.replace(/[[\].{}]/g, '\\$&')}`));
  });
});
