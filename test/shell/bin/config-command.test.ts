import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settingNames } from '../../../core/config/settings.ts';
import { readDavecast, readDaveice, type Wish } from '../../../shell/bin/command-line.ts';
import { optionsOfAll } from '../../../shell/bin/commands.ts';
import { schemaText } from '../../../shell/bin/config-command.ts';
import { optionsInFiles } from '../../../shell/cli/config-file.ts';
import { keyOf } from '../../../shell/cli/renamed.ts';

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

  it.each([
    ['check FILE', 'stallMinMs: 900\nstallMaxMs: 800\nhtp: 1\n', /davecast\.yaml:3:1: unknown key "htp": did you mean http\?$/],
    ['check FILE', 'stallMinMs: 900\nstallMaxMs: 800\n', /davecast\.yaml:1:1: stallMinMs \(900\) must not be more than stallMaxMs \(800\)$/],
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
