import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commands } from '../../../../shell/bin/commands/commands.ts';
import { SOURCE_PASSWORD_VARIABLE } from '../../../../shell/bin/roles/encoder-config.ts';
import { fittedTogether } from '../../../../shell/bin/memory.ts';
import { stationConfig, type StationWish } from '../../../../shell/bin/roles/station-config.ts';
import { readGiven } from '../../../../shell/cli/config/config.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { CapturedLog } from '../../support/support.ts';

let directory = '';
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'davecast-station-'))));
afterAll(() => rmSync(directory, { recursive: true }));

function wish(line: string, content?: object): StationWish & { readonly notes: readonly string[] } {
  const argv = line.split(' ');
  if (content !== undefined) {
    const path = join(directory, 'config.json');
    writeFileSync(path, JSON.stringify(content));
    argv.push('--config', path);
  }
  const given = readGiven(argv, commands.station);
  return { ...stationConfig(given), notes: given.notes };
}

describe('a station', () => {
  it('takes any mountpoint, several sources of each, and has no other port unless one is given', () => {
    const { config } = wish('--http 8000 --password pw --origin here --name N');
    expect(config).toMatchObject({ httpPort: 8_000, sourcesPerMount: 8, peers: [], pulled: [], workers: 1, policies: {} });
    expect(config.sources).toEqual({ password: 'pw', origin: 'here', title: '', headers: [['Icy-Name', 'N']], mounts: new Map(), only: undefined });
    expect([config.outPort, config.inPort, config.tls, config.shoutcast, config.adminPassword, config.record]).toEqual(Array.from({ length: 6 }, () => undefined));
  });

  it('takes in what the command line names, and nothing else', () => {
    const { config } = wish('--http 8000 --mount one --mount /two --single-source --out 8002 --in 9001 --peer other:8001 --shoutcast-mount one');
    expect(config.sources.only).toEqual(new Set(['one', 'two']));
    expect(config).toMatchObject({ sourcesPerMount: 1, outPort: 8_002, inPort: 9_001, peers: [{ transport: 'tcp', host: 'other', port: 8_001 }], shoutcast: { port: 8_001, mount: 'one' } });
  });

  it('has what the configuration file says of its mountpoints, and says what of it is for encoders', () => {
    const { config, settings, notes } = wish('--http 0 --from two=http://h/other', {
      stallMinMs: 500,
      mounts: {
        '/one': { prefer: 'here/192.0.2.7', maxListeners: 10, source: { password: 'own', origin: 'van', title: 'T', genre: 'Jazz', to: ['relay:9001'] } },
        two: { source: { from: 'http://h/two' } },
        three: { fallback: { mount: 'one' } },
      },
    });
    expect(config.sources.mounts.get('one')).toEqual({ password: 'own', origin: 'van', title: 'T', headers: [['Icy-Genre', 'Jazz']] });
    expect(config.pulled.map(({ mount, url }) => [mount, url.href])).toEqual([['two', 'http://h/other']]);
    expect(config.policies).toMatchObject({ one: { prefer: 'here/192.0.2.7', settings: { maxListeners: 10 } }, three: { fallback: { mount: 'one' } } });
    expect(settings.stallMinMs).toBe(500);
    expect(notes).toEqual([expect.stringMatching(/:1:\d+: mounts\["\/one"\]\.source\.to is for davecast encoder: a station sends to those who subscribe to its --out port$/)]);
  });

  it('has the password of source clients from the environment, too', () => {
    vi.stubEnv(SOURCE_PASSWORD_VARIABLE, 'hidden');
    expect(wish('--http 0').config.sources.password).toBe('hidden');
    expect(wish('--http 0 --password said').config.sources.password).toBe('said');
    vi.unstubAllEnvs();
  });

  it('has what an icecast.xml says, and what the configuration file and the command line say before it', () => {
    const xml = join(directory, 'icecast.xml');
    writeFileSync(xml, `<icecast>
      <limits><clients>100</clients><sources>5</sources></limits>
      <authentication><source-password>old</source-password><admin-password>boss</admin-password></authentication>
      <listen-socket><port>8000</port><bind-address>127.0.0.1</bind-address></listen-socket>
      <mount><mount-name>/live</mount-name><password>own</password><max-listeners>7</max-listeners><fallback-mount>/auto</fallback-mount><fallback-override>1</fallback-override><stream-name>Old</stream-name></mount>
      <relay><server>h</server><mount>/pulled</mount></relay><relay><server>i</server><mount>/other</mount></relay>
      <logging><loglevel>2</loglevel></logging><location>Earth</location></icecast>`);
    const plain = wish(`--icecast-config ${xml}`);
    expect(plain.config).toMatchObject({ bind: '127.0.0.1', httpPort: 8_000, adminPassword: 'boss', policies: { live: { fallback: { mount: 'auto' }, settings: { maxListeners: 7 } } } });
    expect(plain.config.sources).toMatchObject({ password: 'old', only: undefined, mounts: new Map([['live', { password: 'own', headers: [['Icy-Name', 'Old']] }]]) });
    expect(plain.config.pulled.map(({ mount, url }) => [mount, url.href])).toEqual([['pulled', 'http://h:8000/pulled'], ['other', 'http://i:8000/other']]);
    expect(plain.settings).toMatchObject({ maxListeners: 100, maxSources: 5 });
    expect(plain.logLevel).toBe('warn');
    expect(plain.notes).toEqual([`${xml}:7: <location> is not honoured: the status page does not name it`]);
    const changed = wish(`--icecast-config ${xml} --http 9000 --bind 127.0.0.2 --password new --admin-password other --max-sources 6 --from pulled=http://j/x --fallback-mount live=jazz`, {
      maxListeners: 50,
      mounts: { live: { returnMs: 1_000, source: { title: 'T' } } },
    });
    expect(changed.config).toMatchObject({
      bind: '127.0.0.2', httpPort: 9_000, adminPassword: 'other', policies: { live: { fallback: { mount: 'jazz' }, settings: { maxListeners: 7, returnMs: 1_000 } } },
    });
    expect(changed.config.sources).toMatchObject({ password: 'new', mounts: new Map([['live', { password: 'own', title: 'T', headers: [['Icy-Name', 'Old']] }]]) });
    expect(changed.config.pulled.map(({ url }) => url.href)).toEqual(['http://i:8000/other', 'http://j/x']);
    expect(changed.settings).toMatchObject({ maxListeners: 50, maxSources: 6 });
  });

  it('takes who may listen from an icecast.xml, the configuration file and the command line, in this order', () => {
    const xml = join(directory, 'listeners.xml');
    writeFileSync(xml, `<icecast><listen-socket><port>8000</port></listen-socket><paths><allow-ip>/allow</allow-ip><deny-ip>/deny</deny-ip></paths>
      <mount><mount-name>/live</mount-name><authentication type="htpasswd"><option name="filename" value="/users"/></authentication></mount></icecast>`);
    const auth = { kind: 'htpasswd', file: '/users' };
    expect(wish(`--icecast-config ${xml}`).config.httpLists).toEqual({ allow: '/allow', deny: '/deny' });
    expect(wish(`--icecast-config ${xml}`).config.admission).toEqual({ allow: undefined, deny: undefined, mounts: new Map([['live', { auth }]]), ca: undefined });
    const changed = wish(`--icecast-config ${xml} --listener-deny mine --http-deny own`, { mounts: { '/live': { listeners: { deny: '/no' } }, other: { listeners: { auth: { htpasswd: '/own' } } } } });
    expect(changed.config.httpLists).toEqual({ allow: '/allow', deny: 'own' });
    expect(changed.config.admission).toEqual({ allow: undefined, deny: 'mine', mounts: new Map([['live', { auth, deny: '/no' }], ['other', { auth: { ...auth, file: '/own' } }]]), ca: undefined });
    expect(() => wish('--http 0 --listener-allow=')).toThrow('--listener-allow must not be empty');
    expect(() => wish('--http 0 --http-deny=')).toThrow('--http-deny must not be empty');
  });

  it('has its memory shared by relay and edge', () => {
    const gigabyte = 1_073_741_824;
    const { relay, edge } = fittedTogether(defaultSettings, new CapturedLog().log, gigabyte);
    expect(relay.historyBytes + edge.edgeBytes).toBeLessThanOrEqual(0.6 * gigabyte);
    expect(edge.edgeBytes).toBeGreaterThan(3 * relay.historyBytes);
    const large = fittedTogether(defaultSettings, new CapturedLog().log, 64 * gigabyte);
    expect([large.relay.historyBytes, large.edge.edgeBytes]).toEqual([defaultSettings.historyBytes, defaultSettings.edgeBytes]);
  });
});
