import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../../../shell/bin/commands/commands.ts';
import { encoderConfig, SOURCE_PASSWORD_VARIABLE } from '../../../../shell/bin/roles/encoder-config.ts';
import type { EncoderConfig } from '../../../../shell/encoder/encoder.ts';
import { formatEndpoint, type Endpoint } from '../../../../shell/net/addresses/address.ts';
import { readGiven } from '../../../../shell/cli/config/config.ts';

let directory = '';
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'davecast-encoder-'))));
afterAll(() => rmSync(directory, { recursive: true }));

function config(line: string, content?: object): EncoderConfig {
  const argv = line.split(' ');
  if (content !== undefined) {
    const path = join(directory, 'config.json');
    writeFileSync(path, JSON.stringify(content));
    argv.push('--config', path);
  }
  return encoderConfig(readGiven(argv, commands.encoder));
}

const texts = (endpoints: readonly Endpoint[] | undefined): string[] => endpoints!.map(formatEndpoint);

describe('the mountpoints of an encoder', () => {
  it('is one, with all that the command line says, as ever', () => {
    const { mounts, targets, listenPort } = config('--mount /radio --to a:1 --to b@2 --listen 8000 --password pw --title T --name N --origin studio');
    expect(mounts).toMatchObject([{ name: 'radio', input: { kind: 'listen', password: 'pw' }, title: 'T', headers: [['Icy-Name', 'N']], origin: 'studio' }]);
    expect(texts(targets)).toEqual(['a:1', 'b@2']);
    expect(listenPort).toBe(8_000);
  });

  it('are several that share what is said of none', () => {
    const { mounts } = config('--mount one --mount two --to a:1 --listen 0 --password pw');
    expect(mounts.map(({ name, input }) => [name, input])).toEqual(['one', 'two'].map((name) => [name, { kind: 'listen', password: 'pw' }]));
  });

  it('have what the configuration file says of each, and the rest from the command line', () => {
    const { mounts, targets } = config('--mount one --to a:1 --listen 0 --password pw --title T --name N --origin studio', {
      stallMinMs: 500,
      mounts: {
        '/two': { prefer: 'studio-a', listenerAuthTimeoutMs: 700, source: { password: 'other', auth: { url: { streamAuth: 'http://auth.example/s', username: 'u', password: 'p' } }, to: ['b:2', 'a:1'], origin: 'van', title: 'U', name: 'M', genre: 'Jazz' } },
        three: { source: { from: 'http://h:8000/x' } },
        four: { prefer: 'studio-a' },
      },
    });
    expect(mounts.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
    expect(mounts[0]).toMatchObject({ input: { kind: 'listen', password: 'pw' }, title: 'T', headers: [['Icy-Name', 'N']], origin: 'studio' });
    expect(mounts[1]).toMatchObject({ input: { kind: 'listen', password: 'other', authTimeoutMs: 700, auth: { streamAuth: new URL('http://auth.example/s'), login: { user: 'u', password: 'p' }, authHeader: 'icecast-auth-user: 1' } }, title: 'U', headers: [['Icy-Name', 'M'], ['Icy-Genre', 'Jazz'], ['Icy-Name', 'N']], origin: 'van' });
    expect(mounts[2]!.input).toMatchObject({ kind: 'from', url: expect.objectContaining({ href: 'http://h:8000/x' }) });
    expect(mounts.map(({ to }) => texts(to))).toEqual([['a:1'], ['b:2', 'a:1'], ['a:1']]);
    expect(texts(targets)).toEqual(['a:1', 'b:2']);
  });

  it('need no common target where each has its own', () => {
    const { mounts, targets } = config('--listen 0', { mounts: { one: { source: { to: ['a:1'] } }, two: { source: { to: ['b:2'] } } } });
    expect(mounts).toHaveLength(2);
    expect(texts(targets)).toEqual(['a:1', 'b:2']);
  });

  it('are pulled, any number of them, and pushed beside that', () => {
    const { mounts } = config('--from one=http://h/1?x=y --from two=http://h/2 --mount three --listen 0 --to a:1');
    expect(mounts.map(({ name, input }) => [name, input.kind === 'from' ? input.url.href : input.kind])).toEqual([['three', 'listen'], ['one', 'http://h/1?x=y'], ['two', 'http://h/2']]);
    expect(config('--mount m --from http://h/m?a=b --to a:1').mounts).toMatchObject([{ name: 'm', input: { kind: 'from' } }]);
  });

  it('have a port for Shoutcast where it is asked for: behind --listen, unless given', () => {
    expect(config('--mount one --to a:1 --listen 8000').shoutcast).toBeUndefined();
    expect(config('--mount one --mount two --to a:1 --listen 8000 --shoutcast-mount /two').shoutcast).toEqual({ port: 8_001, mount: 'two' });
    expect(config('--mount one --to a:1 --listen 8000 --shoutcast-port 9000').shoutcast).toEqual({ port: 9_000, mount: 'one' });
  });

  it('have a port by TLS with any number of certificates', () => {
    expect(config('--mount one --to a:1 --listen 8000').tls).toBeUndefined();
    expect(config('--mount one --to a:1 --listen 8000 --https 8443 --tls-cert a --tls-key b --tls-cert c --tls-key d').tls)
      .toEqual({ port: 8_443, certificates: [{ cert: 'a', key: 'b' }, { cert: 'c', key: 'd' }] });
  });

  it('take the password from the environment, where none is written', () => {
    process.env[SOURCE_PASSWORD_VARIABLE] = 'hidden';
    try {
      const { mounts } = config('--mount one --listen 0 --to a:1', { mounts: { two: { source: { password: 'own' } } } });
      expect(mounts.map(({ input }) => input)).toMatchObject([{ password: 'hidden' }, { password: 'own' }]);
    } finally {
      delete process.env[SOURCE_PASSWORD_VARIABLE];
    }
  });

  it.each([
    ['--to a:1 --listen 0', undefined, /--mount is missing/],
    ['--mount one --mount two --to a:1 --stdin', undefined, /--stdin is for one mountpoint, and not for \/one, \/two/],
    ['--mount one --mount two --to a:1 --from http://h/m', undefined, /--from is for one mountpoint/],
    ['--mount one --to a:1 --from http://h/m --from http://h/n', undefined, /--from is given twice; with several mountpoints it is --from MOUNT=URL/],
    ['--to a:1 --from one=http://h/m --from one=http://h/n', undefined, /--from is given twice for \/one/],
    ['--to a:1 --from one=http://h/m --listen 0', undefined, /--listen is for no mountpoint/],
    ['--to a:1 --from one=https://h/m --ca no/such/file', undefined, /--ca: cannot read no\/such\/file: no such file or directory \(ENOENT\)/],
    ['--to a:1 --from one=nonsense', undefined, /--from must be http/],
    ['--mount one --to a:1 --stdin --shoutcast-mount one', undefined, /--shoutcast-mount needs --listen/],
    ['--mount one --mount two --to a:1 --listen 1 --shoutcast-port 2', undefined, /--shoutcast-mount is missing: source clients push to several mountpoints/],
    ['--mount one --to a:1 --listen 1 --shoutcast-mount two', undefined, /--shoutcast-mount: source clients do not push to \/two/],
    ['--mount one --to a:1 --listen 65535 --shoutcast-mount one', undefined, /--shoutcast-port must be a port from 0 to 65535, not "65536"/],
    ['--mount one --to a:1 --listen 0 --shoutcast-mount one', undefined, /--shoutcast-port is missing/],
    ['--listen 0', { mounts: { one: { source: { to: ['a:1'] } }, two: { source: {} } } }, /--to is missing/],
    ['--listen 0 --to a:1', { mounts: { one: { source: 5 } } }, /mounts\.one\.source: must be an object/],
    ['--listen 0 --to a:1', { mounts: { one: { source: { pasword: 'x' } } } }, /mounts\.one\.source\.pasword: unknown key: did you mean password\?: a source has user, password, auth, from, to, /],
    ['--listen 0 --to a:1', { mounts: { one: { source: { user: 'a:b' } } } }, /mounts\.one\.source\.user: must be a name without a colon/],
    ['--listen 0 --to a:1', { mounts: { one: { source: { password: '' } } } }, /mounts\.one\.source\.password: must be a string/],
    ['--listen 0 --to a:1', { mounts: { one: { source: { to: ['x'] } } } }, /mounts\.one\.source\.to must be HOST:PORT, HOST@PORT or nats:\/\/HOST, not "x"/],
    ['--listen 0 --to a:1', { mounts: { one: { source: { to: [] } } } }, /mounts\.one\.source\.to: must be a target or a list of targets/],
    ['--listen 0 --to a:1', { mounts: { one: { source: { from: 'x' } } } }, /mounts\.one\.source\.from must be http/],
    ['--listen 0 --to a:1', { mounts: { one: { source: { origin: 'a\u0000' } } } }, /mounts\.one\.source\.origin: an origin's name has no control characters/],
  ])('%s with %j is refused', (line, content, problem) => {
    expect(() => config(line, content)).toThrow(problem);
  });
});
