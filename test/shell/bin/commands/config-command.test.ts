import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settingNames } from '../../../../core/config/settings.ts';
import { readDavecast, readDaveice, type Wish } from '../../../../shell/bin/command-line.ts';
import { optionsOfAll } from '../../../../shell/bin/commands/commands.ts';
import { readKey } from '../../../../shell/bin/commands/key-command.ts';
import { schemaText } from '../../../../shell/bin/commands/config-command.ts';
import { optionsInFiles } from '../../../../shell/cli/config/config-file.ts';
import { keyOf } from '../../../../shell/cli/options/renamed.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function written(content: string, name = 'davecast.yaml'): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function text(wish: Wish): string {
  expect(wish.kind).toBe('print');
  return wish.kind === 'print' ? wish.text : '';
}

const site = `http: 8000
in: 9001
out: 8001
relay: [a:1, b:2]
password: secret-s
adminPassword: secret-a
title: "1984 $\${x}"
listenerAllow: allow.txt
singleSource: false
stallMinMs: 400
mounts:
  radio:
    prefer: studio-a
    fallback: {file: sorry.mp3}
    source: {password: secret-r, from: "http://user:secret-u@h/x", title: "T"}
    listeners: {auth: {htpasswd: users, onePerUser: true}, deny: "/etc/deny"}
    intro: hello.mp3
    maxListeners: 5
  ra-dio: {source: {password: secret-2}}
`;

describe('davecast config check', () => {
  it('finds nothing in a good file, and says what else there is to know', () => {
    const path = written(`${site}lateMs: 300\n`);
    expect(text(readDavecast(['config', 'check', path]))).toBe(`${path}:20:1: lateMs is now called maxTimerLagMs\n${path}: nothing is wrong\n`);
    for (const role of ['station', 'relay', 'edge']) expect(text(readDavecast(['config', 'check', path, '--role', role]))).toContain('nothing is wrong');
  });

  describe('of the files that it names', () => {
    const secret = 'SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY';

    async function checked(content: string, more: readonly string[] = []): Promise<string> {
      const wish = readDavecast(['config', 'check', written(content, 'files.yaml'), ...more]);
      expect(wish.kind).toBe('task');
      let printed = '';
      if (wish.kind === 'task') await wish.task((line) => (printed += line));
      return printed.replaceAll(`${directory}/`, '');
    }

    async function problemsOf(content: string): Promise<readonly string[]> {
      return await checked(content).then(() => [], (error: Error) => error.message.replaceAll(`${directory}/`, '').split('\n'));
    }

    function own(name: string, content: string): void {
      chmodSync(written(content, name), 0o600);
    }

    it('finds nothing wrong with good ones', async () => {
      own('own.key', readKey(['new', 'studio-a']));
      own('peers', `${readKey(['new', 'studio-a'])}${readKey(['new', 'edge-1', '--role', 'edge'])}`);
      own('own.sign', readKey(['new', 'studio-a', '--sign']));
      written(readKey(['public', join(directory, 'own.sign')]), 'all.verify');
      own('nats.nk', secret);
      expect(await checked('key: own.key\nkeys: peers\nsign: own.sign\nverify: all.verify\nto: ["nats://h?nkey=DIR/nats.nk"]\n'.replace('DIR', directory))).toBe('files.yaml: nothing is wrong\n');
    });

    it('tells of each that is not there or has something wrong in it, with its line', async () => {
      own('own.key', 'nonsense');
      own('peers', `# ours\n${readKey(['new', 'a'])}{"name":"b c","key":"x"}\n{"name":"d","key":"x"}\n`);
      own('own.sign', readKey(['new', 'studio-a']));
      expect(await problemsOf('http: 8000\nkey: own.key\nkeys: peers\nsign: own.sign\nverify: none.verify\nrelay: ["nats://h?creds=/no/such.creds", "a:1"]\nmounts:\n  jazz: {source: {to: "nats://h?login=/no/login"}}\n  jazz.mp3: {source: {to: "nats://h?login=/no/login"}}\n  /news: {source: {to: ["a:1", "nats://h?login=/no/login"]}}\n')).toEqual([
        'files.yaml:2:1: key: own.key: must be an object in JSON, as davecast key new prints it',
        expect.stringMatching(/^files\.yaml:3:1: keys: peers:3: name must have /),
        expect.stringMatching(/^files\.yaml:3:1: keys: peers:4: key must be 32 bytes/),
        expect.stringMatching(/^files\.yaml:4:1: sign: own\.sign:1: /),
        'files.yaml:5:1: verify: none.verify: cannot be read: no such file or directory (ENOENT)',
        'files.yaml:6:1: relay: nats://h:4222: /no/such.creds: cannot be read: no such file or directory (ENOENT)',
        'files.yaml:8:19: mounts.jazz.source.to: nats://h:4222: /no/login: cannot be read: no such file or directory (ENOENT)',
        'files.yaml:9:23: mounts["jazz.mp3"].source.to: nats://h:4222: /no/login: cannot be read: no such file or directory (ENOENT)',
        'files.yaml:10:20: mounts["/news"].source.to: nats://h:4222: /no/login: cannot be read: no such file or directory (ENOENT)',
      ]);
    });

    it('says who else can read one, and what it is not for', async () => {
      chmodSync(written(readKey(['new', 'studio-a', '--mounts', 'rock']), 'own.key'), 0o644);
      const content = 'key: own.key\nto: "a:1"\nlisten: 8000\nmount: jazz\n';
      expect(await checked(content)).toBe('own.key: can be read by all users of this machine, who can speak by its keys then: chmod o-r\nfiles.yaml: nothing is wrong\n');
      expect(await checked(content, ['--role', 'encoder'])).toContain('own.key: is not for the mountpoint jazz: relays drop what is sent of it\n');
    });
  });

  it.each([
    ['check FILE', 'stallMinMs: 900\nstallMaxMs: 800\nhtp: 1\n', /davecast\.yaml:3:1: unknown key "htp": did you mean http\?$/],
    ['check FILE', 'stallMinMs: 900\nstallMaxMs: 800\n', /davecast\.yaml:1:1: stallMinMs \(900\) must not be more than stallMaxMs \(800\)$/],
    ['check FILE', 'stallMaxMs: 150\n', /davecast\.yaml:1:1: stallMinMs \(300\) must not be more than stallMaxMs \(150\)$/],
    ['check FILE --role edge', 'http: 1\nrelay: a:1\nhls: true\nhlsPartMs: 1700\n', /davecast\.yaml:4:1: hlsSegmentMs \(6000\) must be a multiple of hlsPartMs \(1700\), and at least twice as long$/],
    ['check FILE --role edge', 'http: 1\n', /^--relay is missing$/],
    ['check FILE --role edges', 'http: 1\n', /--role must be one of station, relay, edge, encoder, not "edges"/],
    ['check', '', /config check: FILE is missing/],
    ['check FILE more', '', /unexpected argument "more"/],
    ['', '', /config: command is missing, must be check or schema/],
    ['chekc', '', /config: unknown command "chekc", must be check or schema/],
  ])('refuses %s', (line, content, problem) => {
    const path = written(content);
    const argv = line.split(' ').filter((word) => word !== '').map((word) => (word === 'FILE' ? path : word));
    expect(() => readDavecast(['config', ...argv])).toThrow(problem);
  });
});

describe('--print-config', () => {
  const read = (argv: readonly string[]): string => text(readDavecast(argv));

  it('prints no login of NATS, be it a user with a password or a token', () => {
    const printed = parse(read(['encoder', '--stdin', '--mount', 'radio', '--to', 'nats://studio:secret-a@a,b', '--to', 'tls://secret-t@c', '--to', 'nats://d?creds=/etc/d.creds', '--to', 'nats://u:secret/b@secret-c@e', '--print-config'])) as unknown;
    expect(printed).toMatchObject({ to: ['nats://studio:${DAVECAST_TO_PASSWORD}@a,b', 'tls://${DAVECAST_TO_PASSWORD_2}@c', 'nats://d?creds=/etc/d.creds', 'nats://u:${DAVECAST_TO_PASSWORD_4}@e'] });
  });

  it('prints what is given by command line and file, without secrets, as a file that can be read again', () => {
    const first = read(['station', '--config', written(site), '--http', '8080', '--from', 'jazz=http://u:secret-j@h/jazz', '--fleet', 'http://a:secret-f@h', '--fleet', 'http://a:secret-g@i', '--print-config']);
    expect(first).not.toContain('secret');
    expect(parse(first)).toMatchObject({
      http: 8_080,
      out: 8_001,
      password: '${DAVECAST_SOURCE_PASSWORD}',
      adminPassword: '${DAVECAST_ADMIN_PASSWORD}',
      title: '1984 $${x}',
      listenerAllow: join(directory, 'allow.txt'),
      fleet: ['http://a:${DAVECAST_FLEET_PASSWORD}@h', 'http://a:${DAVECAST_FLEET_PASSWORD_2}@i'],
      from: 'jazz=http://u:${DAVECAST_FROM_PASSWORD}@h/jazz',
      stallMinMs: 400,
      mounts: {
        'radio': {
          fallback: { file: join(directory, 'sorry.mp3') },
          source: { password: '${DAVECAST_MOUNTS_RADIO_SOURCE_PASSWORD}', from: 'http://user:${DAVECAST_MOUNTS_RADIO_SOURCE_FROM}@h/x', title: 'T' },
          intro: join(directory, 'hello.mp3'),
          listeners: { auth: { htpasswd: join(directory, 'users'), onePerUser: true }, deny: '/etc/deny' },
          maxListeners: 5,
        },
        'ra-dio': { source: { password: '${DAVECAST_MOUNTS_RA_DIO_SOURCE_PASSWORD}' } },
      },
    });
    expect(first).toContain('# stallMaxMs: 3000\n');
    expect(first).not.toContain('# stallMinMs');
    const names = [...first.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => name!);
    for (const name of names) process.env[name] = 'x';
    try {
      expect(read(['station', '--config', written(first, 'printed.yaml'), '--print-config'])).toBe(first);
    } finally {
      for (const name of names) delete process.env[name];
    }
  });

  it.each([
    ['station', '--http', '1'],
    ['relay', '--in', '1', '--out', '2', '--http', '3'],
    ['edge', '--http', '1', '--relay', 'a:1'],
  ])('prints no password of operators for %s', (...argv) => {
    expect(parse(read([...argv, '--admin-password', 'secret-a', '--print-config']))).toMatchObject({ adminPassword: '${DAVECAST_ADMIN_PASSWORD}' });
    const file = written('adminPassword: secret-b\nadminPasswordFile: admin.txt\n');
    const other = written('secret-c\n', 'other.txt');
    expect(parse(read([...argv, '--config', file, '--admin-password-file', other, '--print-config']))).toMatchObject({ adminPasswordFile: other });
    expect(read([...argv, '--config', file, '--admin-password-file', other, '--print-config'])).not.toContain('secret');
  });

  it('prints where the files of the command line are, for a file that may be put elsewhere', () => {
    const argv = ['edge', '--http', '1', '--relay', 'a:1', '--listener-deny', 'deny.txt', '--fallback-file', 'radio=sorry.mp3', '--intro', 'radio=/srv/a=b.mp3', '--intro', 'jazz=hello.mp3'];
    expect(parse(read([...argv, '--print-config']))).toMatchObject({
      listenerDeny: resolve('deny.txt'),
      fallbackFile: `radio=${resolve('sorry.mp3')}`,
      intro: ['radio=/srv/a=b.mp3', `jazz=${resolve('hello.mp3')}`],
    });
  });

  it('names the options of arguments that have no names', () => {
    expect(parse(read(['edge', '--http', '1', 'a:1', '--relay', 'b:2', '--print-config']))).toEqual({ http: 1, relay: ['b:2', 'a:1'] });
    expect(parse(read(['8000', 'a:1', 'b:2', '--print-config']))).toEqual({ http: 8_000, relay: ['a:1', 'b:2'] });
    expect(parse(read(['-r', '1', '2', '239.1.1.1@3', '--print-config']))).toEqual({ in: 1, out: 2, multicast: '239.1.1.1@3' });
    expect(parse(read(['-r', '1', '2', 'h:3', '--print-config']))).toEqual({ in: 1, out: 2, upstream: 'h:3' });
    expect(parse(read(['encoder', '--mount', 'm', '--stdin', 'a:1', '--print-config']))).toEqual({ mount: 'm', to: 'a:1', stdin: true });
    expect(parse(text(readDaveice(['h:8000', 'm', 'a:1', 'b@2', '--print-config'])))).toEqual({ mount: 'm', from: 'http://h:8000/m', to: ['a:1', 'b@2'] });
  });
});

interface Schema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
}

/** As much of JSON Schema as ours has. */
function fits(value: unknown, schema: Schema): boolean {
  const kinds = [schema.type ?? []].flat();
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  if (kinds.length > 0 && !kinds.includes(kind) && !(kinds.includes('integer') && Number.isInteger(value))) return false;
  if (schema.anyOf?.some((one) => fits(value, one)) === false) return false;
  if (schema.enum?.includes(value) === false || ('const' in schema && schema.const !== value)) return false;
  if (typeof value === 'string') return (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value)) && value.length >= (schema.minLength ?? 0);
  if (typeof value === 'number') return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
  if (Array.isArray(value)) return value.every((one) => schema.items === undefined || fits(one, schema.items));
  if (kind !== 'object') return true;
  const entries = Object.entries(value as object);
  return schema.required?.some((key) => !(key in (value as object))) !== true && entries.every(([key, one]) => {
    const of = schema.properties?.[key] ?? schema.additionalProperties ?? true;
    return typeof of === 'boolean' ? of : fits(one, of);
  });
}

describe('the schema of configuration files', () => {
  const schema = JSON.parse(schemaText(optionsOfAll)) as Schema;

  it('is in the manual as davecast config schema prints it', () => {
    expect(readFileSync('docs/config.schema.json', 'utf8') === schemaText(optionsOfAll), 'docs/config.schema.json is not up to date: npx davecast config schema > docs/config.schema.json').toBe(true);
    expect(text(readDavecast(['config', 'schema']))).toBe(schemaText(optionsOfAll));
  });

  it('has every option, every setting and mounts', () => {
    expect(Object.keys(schema.properties!)).toEqual(expect.arrayContaining([...optionsInFiles(optionsOfAll).map(({ name }) => keyOf(name)), ...settingNames, 'mounts']));
  });

  it.each([
    [site, true],
    ['http: "${PORT}"\nworkers: auto\ntrustedProxy: [192.0.2.0/24, "2001:db8::/32"]\nlogLevel: warn\nfrom: [http://h/x, jazz=http://h/y]\nsingleSource: true\nreadyCheck: none\nstallMinMs: ${X}\n', true],
    ['mounts: {radio: {listeners: {auth: {url: {listenerAdd: "http://x/", whenDown: admit}}}}}', true],
    ['mounts: {radio: {listeners: {auth: {url: {whenDown: admit}}}}}', false],
    ['mounts: {radio: {listeners: {auth: {}}}}', false],
    ['htpp: 8000', false],
    ['http: 80000', false],
    ['http: [80]', false],
    ['logLevel: loud', false],
    ['relay: a', false],
    ['stallMinMs: 1', false],
    ['mounts: {radio: {perfer: x}}', false],
    ['mounts: {radio: {fallback: {file: x, mount: y}}}', false],
    ['mounts: {radio: {source: {to: []}}, jazz: {codec: wav}}', false],
  ])('says of %j what the reader says', (content, isRight) => {
    const names = [...content.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => name!);
    for (const name of names) process.env[name] = '900';
    try {
      expect(fits(parse(content), schema)).toBe(isRight);
      const check = (): Wish => readDavecast(['config', 'check', written(content)]);
      if (isRight) check();
      else expect(check).toThrow(/davecast\.yaml:1:\d+: /);
    } finally {
      for (const name of names) delete process.env[name];
    }
  });
});
