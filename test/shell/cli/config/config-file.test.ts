import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands, optionsOfAll, type CommandName } from '../../../../shell/bin/commands/commands.ts';
import { readDavecast } from '../../../../shell/bin/command-line.ts';
import { configOf, readGiven, type GivenWithFile } from '../../../../shell/cli/config/config.ts';
import { optionsInFiles } from '../../../../shell/cli/config/config-file.ts';
import { keyOf } from '../../../../shell/cli/options/renamed.ts';
import { kindOf } from '../../../../shell/cli/options/value-kinds.ts';
import { UsageError } from '../../../../shell/process/problems.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function written(content: string): string {
  const path = join(directory, 'davecast.yaml');
  writeFileSync(path, content);
  return path;
}

const given = (name: CommandName, content: string, ...argv: string[]): GivenWithFile => readGiven(['--config', written(content), ...argv], commands[name], optionsOfAll);

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof UsageError) return error.message.split('\n').map((line) => line.replace(join(directory, 'davecast.yaml'), 'FILE'));
    throw error;
  }
  return [];
}

describe('a configuration file', () => {
  it('has every option by its name in camel case', () => {
    const { all, has, one } = given('edge', 'http: 8000\nrelay: [a:1, "b:2"]\ntrustedProxy: 192.0.2.0/24\nadminPassword: 0123\nnoAudio: true\nworkers: auto\n');
    expect([one('http'), all('relay'), all('trusted-proxy'), one('admin-password'), has('no-audio'), one('workers')]).toEqual(['8000', ['a:1', 'b:2'], ['192.0.2.0/24'], '0123', true, 'auto']);
    expect([has('record'), all('record'), one('record'), given('edge', 'noAudio: false').has('no-audio')]).toEqual([false, [], undefined, false]);
    for (const { options } of Object.values(commands)) for (const option of optionsInFiles(options)) expect([option.name, kindOf(option) === undefined], option.name).toEqual([option.name, option.value === undefined]);
  });

  it('is told which key opens the port that the role is there for', () => {
    expect((['station', 'edge', 'relay', 'encoder'] as const).map((role) => problemsOf(() => given(role, 'port: 1\n')))).toEqual(['http', 'http', 'in', 'listen'].map((key) => [`FILE:1:1: unknown key "port": did you mean ${key}?`]));
  });

  it('is overridden by the command line, option by option', () => {
    const { all, one, has } = given('edge', 'http: 8000\nrelay: [a:1, b:2]\nadminPasswordFile: x\nstallMinMs: 400\n', '--relay', 'c:3', '--admin-password', 'y', '--stall-min-ms', '500');
    expect([one('http'), all('relay'), one('admin-password'), has('admin-password-file')]).toEqual(['8000', ['c:3'], 'y', false]);
    expect(configOf(given('edge', 'stallMinMs: 400', '--stall-min-ms', '500')).settings.stallMinMs).toBe(500);
  });

  it('may have keys with nothing behind them where there is nothing to say yet', () => {
    expect(given('edge', '').file?.policies).toEqual({});
    expect(given('edge', 'mounts:\n').file?.policies).toEqual({});
    expect(given('edge', 'mounts:\n  radio:\n  jazz: {prefer: a}\n').file?.policies).toEqual({ radio: {}, jazz: { prefer: 'a' } });
    expect(problemsOf(() => given('edge', 'mounts:\n  radio: {source: {password: 0123}}\n'))).toEqual(['FILE:2:20: mounts.radio.source.password: must be a string, not 0123: put it in quotes']);
  });

  it('starts a process without anything else on the command line', () => {
    const path = written('http: 0\nrelay: 127.0.0.1:1\nlogLevel: warn\nmounts:\n  radio: {prefer: studio-a}\n');
    expect(readDavecast(['edge', '--config', path])).toMatchObject({ kind: 'run', role: 'edge', logLevel: 'warn' });
    expect(readDavecast(['-r', '1', '2', '--config', path])).toMatchObject({ kind: 'run', role: 'relay', logLevel: 'warn' });
    const encoder = written('mount: radio\nto: [127.0.0.1:1]\nfrom: http://127.0.0.1:1/radio\n');
    expect(readDavecast(['encoder', '--config', encoder])).toMatchObject({ kind: 'run', role: 'encoder' });
  });

  it('names files from its own directory', () => {
    const { one, all } = given('edge', 'listenerAllow: allow.txt\nfallbackFile: [radio=sorry.mp3, jazz=/x.mp3]\nrecord: /var/x');
    expect([one('listener-allow'), all('fallback-file'), one('record')]).toEqual([join(directory, 'allow.txt'), [`radio=${join(directory, 'sorry.mp3')}`, 'jazz=/x.mp3'], '/var/x']);
  });

  it('has secrets in the environment, and says which are not there', () => {
    process.env['DAVECAST_TEST_NUMBER'] = '0700';
    try {
      const file = given('station', 'password: ${DAVECAST_TEST_NUMBER}\nstallMinMs: ${DAVECAST_TEST_NUMBER}\nmounts:\n  radio: {source: {password: "${DAVECAST_TEST_NUMBER}"}, maxListeners: "${DAVECAST_TEST_NUMBER}"}\n');
      expect([file.one('password'), configOf(file).settings.stallMinMs, configOf(file).sources.get('radio')?.password, configOf(file).policies['radio']?.settings]).toEqual(['0700', 700, '0700', { maxListeners: 700 }]);
    } finally {
      delete process.env['DAVECAST_TEST_NUMBER'];
    }
    expect(problemsOf(() => given('station', '# x\npassword: ${DAVECAST_TEST_NUMBER}\n'))).toEqual(['FILE:2:11: password: environment variable "DAVECAST_TEST_NUMBER" is not set; "$${DAVECAST_TEST_NUMBER}" is the text itself']);
  });

  it('may have what is for other roles, if it is right for them', () => {
    expect(given('edge', 'in: 9001\nlisten: 8000\nhistoryMs: 5000\n').has('in')).toBe(false);
    expect(problemsOf(() => given('edge', 'in: 90o1\n'))).toEqual(['FILE:1:1: in must be a port from 0 to 65535, not "90o1", as in "in: 8000"']);
    // Of a station it must be MOUNT=URL, of an encoder it need not.
    expect(problemsOf(() => given('edge', 'from: http://h/radio\n'))).toEqual([]);
    expect(problemsOf(() => given('station', 'from: http://h/radio\n'))).toHaveLength(1);
  });

  it('is refused with all that is wrong, where it is, and with what would be right', () => {
    const content = `htpp: 8000
http: [8000]
relay:
  - a:1
  - a
trustedProxy: {from: 192.0.2.1}
workers: 200
noAudio: yes
logLevel: loud
bind:
stallMinMs: fast
mounts:
  radio:
    perfer: studio-a
  jazz: {source: {from: "ftp://h/x", auth: {url: {streamAdd: "http://h/"}}}}
  news: {source: {auth: {url: {username: u}}}}
password: \${NOT_SET_AT_ALL}
`;
    expect(problemsOf(() => given('edge', content))).toEqual([
      'FILE:1:1: unknown key "htpp": did you mean http?',
      'FILE:2:1: http must be one value, not a list, as in "http: 8000"',
      'FILE:5:5: relay[1] must be HOST:PORT or nats://HOST, not "a", as in "relay: relay-1.example.com:8001"',
      'FILE:6:1: trustedProxy must be CIDR, as in "trustedProxy: 192.0.2.0/24"',
      'FILE:7:1: workers must be a number from 1 to 128, or "auto", not "200", as in "workers: auto"',
      'FILE:8:1: noAudio: must be true or false, not "yes"',
      'FILE:9:1: logLevel must be one of debug, info, warn, error, not "loud", as in "logLevel: debug"',
      'FILE:10:1: bind must be ADDRESS, as in "bind: 192.0.2.1"',
      'FILE:11:1: stallMinMs must be a whole number of ms from 50 to 60000, not fast, as in "stallMinMs: 300"',
      expect.stringMatching(/^FILE:14:5: mounts\.radio\.perfer: unknown key: did you mean prefer\?: a mountpoint has prefer, /),
      'FILE:15:19: mounts.jazz.source.from must be http://HOST:PORT/MOUNT or https://…, not "ftp://h/x"',
      'FILE:15:51: mounts.jazz.source.auth.url.streamAdd: unknown key: did you mean streamAuth?: url of a source has streamAuth, mountAdd, mountRemove, username, password, authHeader, server',
      'FILE:16:26: mounts.news.source.auth.url: must have streamAuth, mountAdd or mountRemove',
      'FILE:17:11: password: environment variable "NOT_SET_AT_ALL" is not set; "$${NOT_SET_AT_ALL}" is the text itself',
    ]);
  });

  it.each([
    ['edge', 'http: 0\nrelay: a:1\naccessLogFormat: combined\n', 'FILE:3:1: accessLogFormat needs accessLog'],
    ['edge', 'http: 0\nrelay: a:1\ntlsCert: a\nhttps: 1\n', 'FILE:3:1: tlsCert is given once, tlsKey 0 times'],
    ['edge', 'http: 0\nrelay: a:1\nbind: localhost\n', 'FILE:3:1: bind must be an address of this machine, not "localhost"'],
    ['station', 'http: 0\nmount: ["a b"]\n', "FILE:2:1: mount: a mountpoint's name has no spaces"],
    ['station', 'http: 0\nprefer: [radio=a, radio=b]\n', 'FILE:2:1: prefer is given twice for /radio'],
  ] as const)('of %s is refused as %j by what its options say together', (role, content, problem) => {
    const [line] = problemsOf(() => readDavecast([role, '--config', written(content)]));
    expect(line?.startsWith(problem) || `${line} is not ${problem}`).toBe(true);
  });

  it('says what is missing by the option', () => {
    expect(problemsOf(() => readDavecast(['edge', '--config', written('relay: a:1\n')]))).toEqual(['--http is missing']);
  });
});

it('a key is the name of its option in camel case', () => {
  expect(['http', 'trusted-proxy', 'tls-cert'].map(keyOf)).toEqual(['http', 'trustedProxy', 'tlsCert']);
});
