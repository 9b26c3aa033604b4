import { defaultSettings, isSettingName, settingNames, settingProblem, settingsProblem, settingTable, type SettingName, type Settings } from '../../../core/config/settings.ts';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { MOUNTS_KEY, readConfigFile, type ConfigFile } from './config-file.ts';
import { keyText } from '../yaml/document.ts';
import type { MountListeners } from '../mounts/mount-listeners.ts';
import type { MountSources } from '../mounts/mount-sources.ts';
import { readOptions, type Given, type Option } from '../options/options.ts';
import type { ProcessRole } from '../../process/app.ts';
import { Problems, UsageError } from '../../process/problems.ts';
import { canBeMet, withNeeds } from '../options/needs.ts';
import { flagOf, keyOf } from '../options/renamed.ts';

/** Settings that are about one thing alone. In a configuration file they may stand for other processes. */
const settingNeeds: Readonly<Partial<Record<SettingName, readonly string[]>>> = {
  drainMs: ['stdin'],
  signMs: ['sign'],
  unsignedMs: ['verify'],
  demandWaitMs: ['on-demand'],
  hlsSegmentMs: ['hls'],
  hlsPartMs: ['hls'],
  hlsWindowMs: ['hls'],
  hlsBytes: ['hls'],
  hlsFileBytes: ['hls-dir'],
  recordMs: ['record'],
  recordBytes: ['record'],
};

/** The settings of a role on the command line, as far as they can do anything beside `options`. */
export function settingOptions(role: ProcessRole, options: readonly Option[]): readonly Option[] {
  return settingNamesOf(role).flatMap((name) => {
    const { value, unit, why } = settingTable[name];
    const needs = settingNeeds[name];
    if (needs !== undefined && !canBeMet(needs, options)) return [];
    return [withNeeds({ name: flagOf(name), value: unit.toUpperCase(), help: `${withFlags(why)} (default ${value})`, ...(needs !== undefined && { needs }) })];
  });
}

export interface Config {
  readonly settings: Settings;
  /** Of the file alone. */
  readonly policies: MountPolicies;
  readonly sources: MountSources;
  readonly listeners: MountListeners;
}

/** A command line, and the file that its --config names. */
export interface GivenWithFile extends Given {
  readonly file: ConfigFile | undefined;
  /** Of the command line alone. */
  readonly settings: Partial<Record<SettingName, number>>;
}

export interface CommandOptions {
  readonly role: ProcessRole;
  readonly options: readonly Option[];
}

/**
 * Takes a command line apart; what it does not say is as the file of --config says. Throws a UsageError with a line for all that is wrong in the file,
 * and with the settings on the command line.
 *
 * @param others options of other commands, which may stand in the file too.
 */
export function readGiven(argv: readonly string[], { role, options }: CommandOptions, others: readonly Option[] = []): GivenWithFile {
  const line = readOptions(argv, options);
  const problems = new Problems();
  const name = line.one('config');
  const file = name === undefined ? undefined : problems.try(() => readConfigFile(name, { own: options, others }));
  const settings = settingsOn(line, role, problems);
  problems.throwAll();
  if (file !== undefined) line.notes.push(...file.notes);
  const covered = new Set(options.flatMap(({ name: one, instead = [] }) => (line.has(one) ? [one, ...instead] : [])));
  const textsOf = (option: string): readonly string[] => (covered.has(option) ? line.all(option) : (file?.options.get(option)?.texts ?? []));
  return {
    positionals: line.positionals,
    has: (option) => textsOf(option).length > 0,
    all: textsOf,
    one: (option) => textsOf(option)[0],
    notes: line.notes,
    where: (option) => (covered.has(option) ? undefined : file?.options.get(option)?.where),
    file,
    settings,
  };
}

/** What `base` changes of the defaults, changed by the file that --config names, changed by what else is on the command line. */
export function configOf({ file, settings: onLine }: GivenWithFile, base: Partial<Settings> = {}): Config {
  const settings = { ...defaultSettings, ...base, ...file?.settings, ...onLine };
  const problem = settingsProblem(settings);
  if (problem !== undefined) throw new UsageError(settingsPlace(problem, file) + problem);
  return { settings, policies: file?.policies ?? {}, sources: file?.sources ?? new Map(), listeners: file?.listeners ?? new Map() };
}

/** Where the first setting of a problem with several of them stands that is in the file, if one is. */
export function settingsPlace(problem: string, file: ConfigFile | undefined): string {
  const name = problem.split(' ').find((word) => file !== undefined && Object.hasOwn(file.settings, word));
  return name === undefined ? '' : `${file!.document.at(name)}: `;
}

/** A key of a mountpoint, for a message: `FILE:LINE:COLUMN: key`, if it is in the file. */
export function mountKey({ file }: Pick<GivenWithFile, 'file'>, mount: string, key: string): string {
  const [name, slashed] = [mount, `/${mount}`].map((one) => `${keyText(MOUNTS_KEY, one)}.${key}`) as [string, string];
  const written = [name, slashed].find((where) => file?.document.has(where));
  return written === undefined ? name : `${file!.document.at(written)}: ${written}`;
}

/** The problems with options that stand in a file, said of the keys there. */
export function atPlaces(message: string, given: Given): string {
  return message.split('\n').map((line) => {
    const [flag, name] = /^--([a-z-]+)/.exec(line) ?? [];
    const where = name === undefined ? undefined : given.where?.(name);
    return where === undefined ? line : where + line.slice(flag!.length).replace(/(?<= )--([a-z-]+)/g, (_, one: string) => keyOf(one));
  }).join('\n');
}

function settingsOn(line: Given, role: ProcessRole, problems: Problems): GivenWithFile['settings'] {
  const changes: Partial<Record<SettingName, number>> = {};
  for (const name of settingNamesOf(role)) {
    const text = line.one(flagOf(name));
    if (text === undefined) continue;
    const value = /^\d+$/.test(text) ? Number(text) : text;
    const problem = settingProblem(name, value);
    if (problem === undefined) changes[name] = value as number;
    else problems.add(problem.replace(name, `--${flagOf(name)}`));
  }
  return changes;
}

/** The settings of a role; a station has those of all. */
export function settingNamesOf(role: ProcessRole): readonly SettingName[] {
  return role === 'station' ? settingNames : settingNames.filter((name) => settingTable[name].roles.includes(role));
}

/** A text for the command line: settings in it are written as options. */
function withFlags(text: string): string {
  return text.replace(/[a-z]+[A-Z]\w*/g, (word) => (isSettingName(word) ? `--${flagOf(word)}` : word));
}
