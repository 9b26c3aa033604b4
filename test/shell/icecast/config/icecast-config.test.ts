import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shell/process/problems.ts';
import { readIcecastConfig, type IcecastConfig } from '../../../../shell/icecast/config/icecast-config.ts';

let directory = '';
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'davecast-icecast-'))));
afterAll(() => rmSync(directory, { recursive: true }));

function path(): string {
  return join(directory, 'icecast.xml');
}

/** @param inside what is in `<icecast>`, from the second line on. */
function read(inside: string): IcecastConfig {
  writeFileSync(path(), `<icecast>\n${inside}\n</icecast>\n`);
  return readIcecastConfig(path());
}

/** Without the name of the file. */
function notesOf(inside: string): string[] {
  return read(inside).notes.map((note) => note.replace(`${path()}:`, ''));
}

function problemOf(content: string): string {
  writeFileSync(path(), content);
  try {
    readIcecastConfig(path());
  } catch (error) {
    return (error as Error).message.replaceAll(`${path()}:`, '');
  }
  return '';
}

/** The shape of what a distribution ships. */
const SHIPPED = `
  <!-- comment -->
  <location>Earth</location>
  <admin>root@radio.example</admin>
  <limits>
    <clients>100</clients><sources>2</sources><queue-size>524288</queue-size>
    <client-timeout>30</client-timeout><header-timeout>15</header-timeout><source-timeout>10</source-timeout>
    <burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size>
  </limits>
  <authentication>
    <source-password>for-sources</source-password>
    <relay-password>for-relays</relay-password>
    <admin-user>admin</admin-user><admin-password>for-admins</admin-password>
  </authentication>
  <hostname>radio.example</hostname>
  <listen-socket><port>8000</port></listen-socket>
  <http-headers><header name="Access-Control-Allow-Origin" value="*" /></http-headers>
  <fileserve>1</fileserve>
  <paths><logdir>/var/log</logdir><alias source="/" destination="/status.xsl"/></paths>
  <logging><accesslog>access.log</accesslog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot></security>`;

describe('an icecast.xml', () => {
  it('says ports, passwords, limits and the log level', () => {
    const { httpPort, bind, tls, shoutcast, sourcePassword, adminPassword, settings, logLevel, mounts, policies, pulled } = read(SHIPPED);
    expect({ httpPort, bind, tls, shoutcast }).toEqual({ httpPort: 8_000, bind: undefined, tls: undefined, shoutcast: undefined });
    expect({ sourcePassword, adminPassword, logLevel }).toEqual({ sourcePassword: 'for-sources', adminPassword: 'for-admins', logLevel: 'info' });
    expect(read(SHIPPED)).toMatchObject({ adminUser: 'admin', accessLog: { file: '/var/log/access.log', format: 'combined' } });
    expect(settings).toEqual({ maxListeners: 100, maxSources: 2, listenerQueueBytes: 524_288, headTimeoutMs: 15_000, sourceIdleMs: 10_000, burstMs: 4_096 });
    expect({ mounts, policies, pulled }).toEqual({ mounts: new Map(), policies: {}, pulled: [] });
  });

  it('is told of, line by line, where it is not honoured, and of nothing else', () => {
    expect(notesOf(SHIPPED).map((note) => /^\d+: <[\w-]+>/.exec(note)![0])).toEqual([
      '4: <location>', '5: <admin>', '8: <client-timeout>', '13: <relay-password>', '16: <hostname>', '19: <fileserve>', '20: <alias>',
    ]);
    expect(notesOf('<mysterious>1</mysterious>')).toEqual(['2: <mysterious> is not honoured: unknown']);
    expect(notesOf('<http-headers><header name="X-Frame-Options" value="deny"/></http-headers>')).toEqual(['2: <http-headers> is not honoured: responses have their own headers']);
    expect(notesOf('<limits><clients>0</clients></limits>')).toEqual(['2: <clients> 0 is taken as maxListeners 1 listeners']);
    expect(notesOf('<security><chroot>1</chroot></security>\n<relays-on-demand>1</relays-on-demand>')).toEqual([
      '2: <chroot> is not honoured: let the system do it',
      '3: <relays-on-demand> is not honoured: streams are pulled all the time',
    ]);
  });

  it('says of mountpoints their password, limit, fallback, and what listeners are told', () => {
    const { mounts, policies, notes } = read(`
      <mount type="normal">
        <mount-name>/live</mount-name><password>secret</password><max-listeners>20</max-listeners>
        <fallback-mount>/auto</fallback-mount><fallback-override>1</fallback-override>
        <stream-name>Live &amp; loud</stream-name><genre>Rock</genre><event/><stream-url>http://radio.example</stream-url><public>1</public><hidden>0</hidden>
      </mount>
      <mount><mount-name>/auto</mount-name><max-listeners>-1</max-listeners></mount>`);
    expect(mounts.get('live')).toEqual({ password: 'secret', headers: [['Icy-Name', 'Live & loud'], ['Icy-Genre', 'Rock'], ['Icy-Url', 'http://radio.example']] });
    expect(policies).toEqual({ live: { fallback: { mount: 'auto' }, settings: { maxListeners: 20 } }, auto: {} });
    expect(notes.map((note) => note.slice(path().length))).toEqual([':6: <event> is not honoured: unknown']);
  });

  it('is told of what a mountpoint has that is not honoured', () => {
    expect(notesOf(`<mount type="default"><intro>/x</intro><password>p</password><intro>/y</intro></mount>
      <mount><mount-name>/m</mount-name><username>dj</username><fallback-override>0</fallback-override><hidden>1</hidden>

      <authentication type="roles"/></mount>`)).toEqual([
      '2: <mount> type="default" is not honoured, with <intro>, <password>: give each mountpoint a <mount> of its own',
      '3: <fallback-override> 0 is not honoured: listeners return from the fallback to the stream',
      '3: <hidden> is not honoured: all mountpoints are listed on the status page',
      '5: <authentication> type="roles" is not honoured: url and htpasswd are',
    ]);
  });

  it('is told of what is otherwise here than by default there', () => {
    expect(notesOf('<mount><mount-name>/m</mount-name>\n<fallback-mount>/n</fallback-mount></mount>\n<relay><server>h</server><mount>/m</mount><relay-shoutcast-metadata>0</relay-shoutcast-metadata></relay>')).toEqual([
      '3: <fallback-mount> without <fallback-override> is as with it: listeners return from the fallback to the stream',
      '4: <relay-shoutcast-metadata> 0 is not honoured: titles are always taken',
    ]);
    expect(notesOf('<relay><server>h</server><mount>/m</mount><relay-shoutcast-metadata>1</relay-shoutcast-metadata></relay>')).toEqual([]);
  });

  it('says who may listen, and for how long', () => {
    const { listeners, mounts, policies, allow, deny, notes } = read(`<hostname>radio.example</hostname>
      <paths><allow-ip>/etc/allow</allow-ip><deny-ip>deny.txt</deny-ip></paths>
      <mount><mount-name>/paid</mount-name><max-listener-duration>3600</max-listener-duration>
        <authentication type="htpasswd"><option name="filename" value="users"/><option name="allow_duplicate_users" value="0"/></authentication></mount>
      <mount><mount-name>/many</mount-name><authentication type="htpasswd"><option name="filename" value="/users"/><option name="allow_duplicate_users" value="1"/></authentication></mount>
      <mount><mount-name>/asked</mount-name><authentication type="url">
        <option name="listener_add" value="http://u:p@auth.example/add.php"/><option name="listener_remove" value="https://auth.example/remove.php"/>
        <option name="username" value="user"/><option name="password" value="pass"/>
        <option name="auth_header" value="icecast-auth: yes"/><option name="timelimit_header" value="X-Limit"/>
        <option name="headers" value="x-pragma, x-token"/><option name="header_prefix" value="ClientHeader."/>
        <option name="presume_innocent" value="1"/><option name="allow_duplicate_users" value="0"/><option name="timeout" value="3"/>
        <option name="stream_auth" value="http://auth.example/source.php"/><option name="colour" value="red"/></authentication></mount>
      <mount><mount-name>/sources</mount-name><authentication type="url"><option name="mount_add" value="http://auth.example/add"/><option name="mount_remove" value="http://auth.example/remove"/></authentication></mount>`);
    expect([allow, deny]).toEqual(['/etc/allow', join(directory, 'deny.txt')]);
    expect(Object.fromEntries(listeners)).toEqual({
      paid: { auth: { kind: 'htpasswd', file: join(directory, 'users'), onePerUser: true } },
      many: { auth: { kind: 'htpasswd', file: '/users' } },
      asked: { auth: {
        kind: 'url', add: new URL('http://u:p@auth.example/add.php'), remove: new URL('https://auth.example/remove.php'), login: { user: 'user', password: 'pass' },
        authHeader: 'icecast-auth: yes', timelimitHeader: 'X-Limit:', headers: ['x-pragma', 'x-token'], headerPrefix: 'ClientHeader.', whenDown: 'admit', server: 'radio.example', onePerUser: true,
      } },
    });
    const service = { server: 'radio.example' };
    expect(mounts.get('asked')?.auth).toEqual({ streamAuth: new URL('http://auth.example/source.php'), login: { user: 'user', password: 'pass' }, authHeader: 'icecast-auth: yes', ...service });
    expect(mounts.get('sources')?.auth).toEqual({ mountAdd: new URL('http://auth.example/add'), mountRemove: new URL('http://auth.example/remove'), authHeader: 'icecast-auth-user: 1', ...service });
    expect(policies).toEqual({ paid: { settings: { listenerDurationMs: 3_600_000 } }, many: {}, asked: { settings: { listenerAuthTimeoutMs: 3_000 } }, sources: {} });
    expect(notes.map((note) => note.slice(path().length))).toEqual([
      ':2: <hostname> is what authentication services are told: addresses in playlists have the name that a client asks by',
      ':13: <option> name="colour" is not honoured: unknown',
    ]);
  });

  it('says who operators and the source clients of a mountpoint are', () => {
    const { adminUser, mounts, notes } = read('<authentication><admin-user>boss</admin-user></authentication><mount><mount-name>/m</mount-name><username>dj</username><password>p</password></mount>');
    expect({ adminUser, mount: mounts.get('m'), notes }).toEqual({ adminUser: 'boss', mount: { user: 'dj', password: 'p', headers: [] }, notes: [] });
    expect(() => read('<authentication><admin-user>a:b</admin-user></authentication>')).toThrow(/<admin-user> must be a name without a colon/);
    expect(() => read('<mount><mount-name>/m</mount-name><username>a:b</username></mount>')).toThrow(/<username> must be a name without a colon/);
  });

  it('says where the access log is, if it says in which directory', () => {
    expect(read('<paths><logdir>logs</logdir></paths><logging><accesslog>a.log</accesslog></logging>').accessLog).toEqual({ file: join(directory, 'logs', 'a.log'), format: 'combined' });
    expect(notesOf('<logging><accesslog>a.log</accesslog></logging>')).toEqual(['2: <accesslog> is not honoured without <logdir>: see --access-log']);
    expect(notesOf('<paths><logdir>logs</logdir></paths>')).toEqual(['2: <logdir> is not honoured: the log goes to standard output, and there is no <accesslog>']);
    expect(read('<logging><accesslog>-</accesslog></logging>')).toMatchObject({ accessLog: undefined, notes: [] });
  });

  it('has a fallback that is a file where there is one of that name in its webroot', () => {
    mkdirSync(join(directory, 'web'), { recursive: true });
    writeFileSync(join(directory, 'web', 'sorry.mp3'), 'audio');
    const mount = (name: string, fallback: string): string => `<mount><mount-name>/${name}</mount-name><fallback-mount>/${fallback}</fallback-mount></mount>`;
    const { policies } = read(`<paths><webroot>web</webroot></paths>${mount('one', 'sorry.mp3')}${mount('two', 'other.mp3')}`);
    expect(policies).toEqual({ one: { fallback: { file: join(directory, 'web', 'sorry.mp3') } }, two: { fallback: { mount: 'other.mp3' } } });
  });

  it('says which proxies are believed', () => {
    const { trustedProxies, notes } = read('<paths><x-forwarded-for>192.0.2.10</x-forwarded-for><x-forwarded-for/><x-forwarded-for>2001:db8::/32</x-forwarded-for></paths>');
    expect(trustedProxies).toEqual([{ address: '192.0.2.10', prefix: 32, family: 'ipv4' }, { address: '2001:db8::', prefix: 32, family: 'ipv6' }]);
    expect(notes).toEqual([]);
  });

  it('has an intro in its webroot', () => {
    const mount = '<mount><mount-name>/one</mount-name><intro>/hello.mp3</intro></mount>';
    expect(read(`<paths><webroot>web</webroot></paths>${mount}`).policies).toEqual({ one: { intro: join(directory, 'web', 'hello.mp3') } });
  });

  it('says what is pulled from other servers', () => {
    const { pulled, notes } = read(`
      <relay><server>other.example</server><port>8001</port><mount>/a b</mount><local-mount>/copy</local-mount><on-demand>0</on-demand></relay>
      <relay><server>::1</server><mount>/same</mount><username>u</username><password>p:w</password><on-demand>1</on-demand></relay>
      <master-server>master.example</master-server>`.replace('/a b', '/a'));
    expect(pulled.map(({ mount, url }) => [mount, url.href])).toEqual([['copy', 'http://other.example:8001/a'], ['same', 'http://u:p%3Aw@[::1]:8000/same']]);
    expect(notes.map((note) => note.slice(path().length))).toEqual([
      ':4: <on-demand> is not honoured: the stream is pulled all the time',
      ':5: <master-server> is not honoured: each stream needs a <relay>; two stations are a redundant pair by --peer',
    ]);
  });

  it('says one port without TLS, one with, and one for Shoutcast', () => {
    const { bind, httpPort, tls, shoutcast, notes } = read(`
      <listen-socket><port>8000</port><bind-address>127.0.0.1</bind-address><shoutcast-mount>/live</shoutcast-mount></listen-socket>
      <listen-socket><port>8443</port><ssl>1</ssl></listen-socket>
      <listen-socket><port>8080</port><bind-address>::1</bind-address></listen-socket>
      <paths><ssl-certificate>station.pem</ssl-certificate></paths>`);
    const file = join(directory, 'station.pem');
    expect({ bind, httpPort, tls, shoutcast }).toEqual({ bind: '127.0.0.1', httpPort: 8_000, tls: { port: 8_443, certificates: [{ cert: file, key: file }] }, shoutcast: { port: 8_001, mount: 'live' } });
    expect(notes.map((note) => note.slice(path().length))).toEqual([
      ':5: <port> 8080 is not honoured: there is one port for HTTP, one for TLS and one for Shoutcast',
      ':5: <bind-address> ::1 is not honoured: all ports are at 127.0.0.1',
    ]);
  });

  it('says them in the words of other versions, too', () => {
    expect(read('<port>8100</port><bind-address>127.0.0.1</bind-address>')).toMatchObject({ httpPort: 8_100, bind: '127.0.0.1', notes: [] });
    const { shoutcast, httpPort } = read('<shoutcast-mount>/live</shoutcast-mount><listen-socket><port>8001</port><shoutcast-compat>1</shoutcast-compat></listen-socket>');
    expect({ shoutcast, httpPort }).toEqual({ shoutcast: { port: 8_001, mount: 'live' }, httpPort: undefined });
    const further = read('<listen-socket><port>8000</port></listen-socket><listen-socket><port>8004</port><shoutcast-mount>/live</shoutcast-mount></listen-socket>\n<listen-socket><port>8006</port><shoutcast-mount>/more</shoutcast-mount></listen-socket>');
    expect(further).toMatchObject({ httpPort: 8_000, shoutcast: { port: 8_005, mount: 'live' } });
    // Nobody would see that their titles go nowhere.
    expect(further.notes.at(1)).toMatch(/:2: <shoutcast-mount> \/live: its source clients send titles to port 8004, which is not there: make that the first port without TLS$/);
    expect(further.notes.at(-1)).toMatch(/:3: <shoutcast-mount> \/more is not honoured: there is one port for Shoutcast$/);
    const { tls } = read('<listen-socket><port>8443</port><tls>1</tls></listen-socket><tls-context><tls-certificate>/c.pem</tls-certificate><tls-key>/k.pem</tls-key></tls-context>');
    expect(tls).toEqual({ port: 8_443, certificates: [{ cert: '/c.pem', key: '/k.pem' }] });
  });
});

describe('an icecast.xml that is wrong', () => {
  it.each([
    ['', /^1: document must contain a root element/],
    ['no XML', /^1: /],
    ['<icecast>\n<limits>\n</icecast>', /^3: unexpected close tag/],
    ['<icecast>\n  <limits><clients>1</clients>', /^2: unclosed tag: /],
    ['<icecast>&what;</icecast>', /^1: undefined entity/],
    ['<!DOCTYPE x [<!ENTITY a "b">]>\n<icecast><admin>&a;</admin></icecast>', /^2: undefined entity/],
    ['<icecast a=1></icecast>', /^1: /],
    ['<rss></rss>', /^1: <icecast> is missing: the file begins with <rss>/],
    ['<icecast>\n<limits><clients>many</clients></limits></icecast>', /^2: <clients> must be a whole number, not "many"$/],
    ['<icecast><listen-socket>\n<port>99999</port></listen-socket></icecast>', /^2: <port> must be from 0 to 65535, not 99999$/],
    ['<icecast><listen-socket><bind-address>here</bind-address></listen-socket></icecast>', /^1: <bind-address> must be an address of this machine, not "here"$/],
    ['<icecast><paths>\n<x-forwarded-for>proxy.example</x-forwarded-for></paths></icecast>', /^2: <x-forwarded-for> must be an address, not "proxy.example"$/],
    ['<icecast><listen-socket>\n<ssl>1</ssl></listen-socket></icecast>', /^2: <ssl> needs <ssl-certificate> in <paths>$/],
    ['<icecast>\n<mount></mount></icecast>', /^2: <mount-name> is missing$/],
    ['<icecast><mount><mount-name>/admin</mount-name></mount></icecast>', /^1: <mount-name> cannot be \/admin: the name admin is reserved for a page$/],
    ['<icecast><relay><mount>/m</mount></relay></icecast>', /^1: <server> is missing$/],
    ['<icecast><relay><server>a b</server><mount>/m</mount></relay></icecast>', /^1: <server> and <port> are no address/],
    ['<icecast><mount><mount-name>/m</mount-name>\n<authentication type="htpasswd"/></mount></icecast>', /^2: <authentication> type="htpasswd" needs <option name="filename"/],
    ['<icecast><mount><mount-name>/m</mount-name><authentication type="url">\n<option name="listener_add" value="auth.php"/></authentication></mount></icecast>', /^2: <option> name="listener_add" must be an address such as http/],
    ['<icecast><logging><loglevel>9</loglevel></logging></icecast>', /^1: <loglevel> must be from 1 to 4, not 9$/],
  ])('%j is refused with one line', (content, message) => {
    expect(problemOf(content)).toMatch(message);
    expect(problemOf(content)).not.toContain('\n');
  });

  it('is told of all that is wrong at once', () => {
    expect(problemOf('<icecast>\n<limits><clients>x</clients></limits>\n<mount/>\n<relay/></icecast>').split('\n')).toEqual(['2: <clients> must be a whole number, not "x"', '3: <mount-name> is missing', '4: <server> is missing']);
  });

  it('is not there', () => {
    expect(() => readIcecastConfig(join(directory, 'none.xml'))).toThrow(/^cannot read .*none\.xml: no such file or directory \(ENOENT\)$/);
  });
});

describe('an icecast.xml in an encoding of its own', () => {
  const text = (declared: string): string => `${declared}<icecast>\n<authentication>\n<source-password>häck €</source-password></authentication></icecast>\n`;

  it.each([
    ['UTF-8', text(''), 'utf8'],
    ['UTF-8 behind a mark', `\ufeff${text('<?xml version="1.0"?>\n')}`, 'utf8'],
    ['UTF-16', `\ufeff${text('<?xml version="1.0" encoding="UTF-16"?>\n')}`, 'utf16le'],
    ['Windows-1252', text("<?xml version='1.0' encoding='windows-1252'?>\n").replace('€', '\x80'), 'latin1'],
    ['what is called ISO-8859-1', text('<?xml version="1.0" encoding="ISO-8859-1"?>\n').replace('€', '\x80'), 'latin1'],
    ['ISO-8859-15', text('<?xml version="1.0" encoding="ISO-8859-15" standalone="yes"?>\n').replace('€', '\xa4'), 'latin1'],
  ] as const)('is read as it says: %s', (_, content, encoding) => {
    writeFileSync(path(), content, encoding);
    expect(readIcecastConfig(path()).sourcePassword).toBe('häck €');
  });

  it.each([
    [text(''), '3: is not UTF-8: say what it is in its first line, as in <?xml version="1.0" encoding="ISO-8859-1"?>'],
    [text('<?xml version="1.0" encoding="utf-8"?>\n'), '4: is not utf-8: say what it is in its first line, as in <?xml version="1.0" encoding="ISO-8859-1"?>'],
    [text('<?xml version="1.0" encoding="latin-99"?>\n'), '1: the encoding "latin-99" is not known'],
  ])('is refused when it is not in it, or in one that nobody knows: %#', (content, problem) => {
    writeFileSync(path(), content, 'latin1');
    expect(() => readIcecastConfig(path())).toThrow(new UsageError(`${path()}:${problem}`));
  });
});
