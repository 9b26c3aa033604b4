import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { commands, type CommandName } from '../../../../shell/bin/commands/commands.ts';
import { readDavecast } from '../../../../shell/bin/command-line.ts';
import { kindOf } from '../../../../shell/cli/options/value-kinds.ts';
import { isSettingName, settingTable, type SettingName } from '../../../../core/config/settings.ts';
import { keyOf } from '../../../../shell/cli/options/renamed.ts';
import { PASSWORD_VARIABLE } from '../../../../shell/operations/operator/password.ts';
import { certificateFile } from '../../net/tls/support.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** What each command cannot do without. */
const least: Readonly<Partial<Record<CommandName, string>>> = {
  relay: 'relay --in 1 --out 2',
  originalRelay: '-r 1 2',
  edge: 'edge --http 1 --relay a:1',
  originalEdge: '8000 a:1',
  station: 'station --http 1',
  encoder: 'encoder --mount m --to a:1 --stdin',
};

const useless = (Object.keys(least) as CommandName[]).flatMap((name) => commands[name].options
  // What they need is there in any case.
  .filter((option) => option.needs !== undefined && !option.needs.some((need) => least[name]!.split(' ').includes(`--${need}`)))
  .map((option) => [name, option.name, option] as const));

function read(line: string): ReturnType<typeof readDavecast> {
  return readDavecast(line.split(' '));
}

function file(content: string): string {
  const path = join(directory, 'config.yaml');
  writeFileSync(path, content);
  return path;
}

describe('an option that does nothing by itself', () => {
  it.each(useless)('is refused, and help says what it needs: %s --%s', (command, name, option) => {
    vi.stubEnv(PASSWORD_VARIABLE, '');
    const value = kindOf(option)?.example.replaceAll('"', '') ?? (isSettingName(keyOf(name)) ? String(settingTable[keyOf(name) as SettingName].value) : '');
    const given = option.value === undefined ? [] : [option.value === 'FILE' ? certificateFile('ca.crt') : value];
    const more = name === 'https' ? ['--tls-cert', 'c', '--tls-key', 'k'] : [];
    const line = [least[command], `--${name}`, ...given, ...more].join(' ');
    expect(() => read(line)).toThrow(`--${name} needs --${option.needs![0]}`);
    expect(option.help).toMatch(/^with --/);
  });

  it('is any of several', () => {
    expect(useless.length).toBeGreaterThan(40);
    expect(new Set(useless.map(([, name]) => name)).size).toBeGreaterThan(20);
  });

  it.each([
    ['relay --in 1 --out 2 --mounts a', '--mounts needs --upstream'],
    ['station --http 1 --mounts a', '--mounts needs --peer'],
    ['station --http 1 --allow-in 192.0.2.7 --out 2', '--allow-in needs --in'],
    ['encoder --mount m --to a:1 --from http://h/m --metrics-allow 192.0.2.7', '--metrics-allow needs --http or --listen'],
    ['station --http 1 --admin-user boss', `--admin-user needs --admin-password, --admin-password-file, --icecast-config or ${PASSWORD_VARIABLE}`],
    ['config schema --role edge', '--role is for config check'],
    ['key public file --role edge', 'key public: --role is for key new'],
  ])('%s', (line, problem) => {
    expect(() => read(line)).toThrow(problem);
  });

  it('is accepted with what it needs, an option or a variable', () => {
    expect(read('relay --in 1 --out 2 --mounts a --upstream b:1').kind).toBe('run');
    expect(read('relay --in 1 --out 2 --https 3 --tls-cert c --tls-key k --admin-password x --admin-user boss').kind).toBe('run');
    vi.stubEnv(PASSWORD_VARIABLE, 'secret');
    expect(read('edge --http 1 --relay a:1 --admin-user boss').kind).toBe('run');
  });

  it('is a problem among others, each with its line', () => {
    expect(() => read('station --http 1 --mounts a --no-audio')).toThrow('--mounts needs --peer\n--no-audio needs --record');
  });

  it('is one of a command that has nothing for it', () => {
    expect(() => read('8000 a:1 --demand-wait-ms 5')).toThrow('unknown option --demand-wait-ms');
  });
});

describe('in a configuration file', () => {
  it('it is refused at its place', () => {
    const path = file('http: 1\nrelay: a:1\nlinger: 5\n');
    expect(() => read(`edge --config ${path}`)).toThrow(`${path}:3:1: linger needs onDemand`);
  });

  it('it may stand for another process that reads the same file', () => {
    const path = file('onlyMounts: [news]\nhttpAllow: list\n');
    expect(read(`relay --in 1 --out 2 --config ${path}`).kind).toBe('run');
    expect(read(`encoder --mount m --to a:1 --stdin --config ${path}`).kind).toBe('run');
  });

  it('it has what it needs there, or on the command line', () => {
    const path = file('linger: 5\n');
    expect(read(`edge --http 1 --relay a:1 --on-demand --config ${path}`).kind).toBe('run');
  });
});
