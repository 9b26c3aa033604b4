import { defaultSettings, settingNames, settingProblem, settingsProblem, settingTable, type SettingName, type Settings } from '../../core/config/settings.ts';
import type { MountPolicies } from '../../core/config/mount-policy.ts';
import { contentOf } from './file.ts';
import { listenersIn, type MountListeners } from './mount-listeners.ts';
import { policiesIn } from './mount-policies.ts';
import { sourcesIn, type MountSources } from './mount-sources.ts';
import type { Given, Option } from './options.ts';
import type { ProcessRole } from '../process/app.ts';
import { Problems, UsageError } from '../process/problems.ts';
import { presentName, renamedNote } from '../../core/config/former-names.ts';
import { flagOf } from './renamed.ts';

/** The settings of a role on the command line. */
export function settingOptions(role: ProcessRole): readonly Option[] {
  return namesFor(role).map((name) => {
    const { value, unit, why } = settingTable[name];
    return { name: flagOf(name), value: unit.toUpperCase(), help: `${withFlags(why)} (default ${value})` };
  });
}

export interface Config {
  readonly settings: Settings;
  /** Of the file alone. */
  readonly policies: MountPolicies;
  readonly sources: MountSources;
  readonly listeners: MountListeners;
}

/** What `base` changes of the defaults, changed by the file that --config names, changed by what else is on the command line. */
export function configOf(given: Given, role: ProcessRole, base: Partial<Settings> = {}): Config {
  const file = given.one('config');
  const problems = new Problems();
  const nothing: ConfigFile = { settings: {}, policies: {}, sources: new Map(), listeners: new Map() };
  const { settings: changes, policies, sources, listeners } = (file === undefined ? undefined : problems.try(() => readConfig(file, given.notes))) ?? nothing;
  for (const name of namesFor(role)) {
    const text = given.one(flagOf(name));
    if (text === undefined) continue;
    const value = /^\d+$/.test(text) ? Number(text) : text;
    problems.try(() => refuse(settingProblem(name, value)?.replace(name, `--${flagOf(name)}`)));
    changes[name] = value as number;
  }
  problems.throwAll();
  const settings = { ...defaultSettings, ...base, ...changes };
  const problem = settingsProblem(settings);
  if (problem !== undefined) throw new UsageError(problem);
  return { settings, policies, sources, listeners };
}

interface ConfigFile {
  readonly settings: Partial<Record<SettingName, number>>;
  readonly policies: MountPolicies;
  readonly sources: MountSources;
  readonly listeners: MountListeners;
}

/** A JSON object of settings by name, and "mounts". Those of other roles may be in it, so that one file serves a whole site. */
function readConfig(file: string, notes: string[]): ConfigFile {
  const content: unknown = parseConfig(file);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UsageError(`${file}: must be a JSON object such as {"stallMinMs": 500}`);
  }
  const { mounts, ...given } = content as Record<string, unknown>;
  const settings: Partial<Record<SettingName, number>> = {};
  const problems = new Problems();
  for (const [written, value] of Object.entries(given)) problems.try(() => take(settings, written, value, file, notes));
  const policies = mounts === undefined ? {} : problems.try(() => policiesIn(file, mounts));
  // What is no object of mountpoints is told once.
  const sources = mounts === undefined || policies === undefined ? new Map() : problems.try(() => sourcesIn(file, mounts));
  const listeners = mounts === undefined || policies === undefined ? new Map() : problems.try(() => listenersIn(file, mounts));
  problems.throwAll();
  return { settings, policies: policies!, sources: sources!, listeners: listeners! };
}

/** Takes in one setting of a file, which may have a former name; throws a UsageError that says what is wrong with it. */
function take(settings: Partial<Record<SettingName, number>>, written: string, value: unknown, file: string, notes: string[]): void {
  const name = presentName(written);
  if (!isSettingName(name)) throw new UsageError(`${file}: unknown setting ${JSON.stringify(name)}`);
  if (name !== written) notes.push(renamedNote(`${file}: ${written}`, name));
  if (settings[name] !== undefined) throw new UsageError(`${file}: ${name} is given twice, also by its former name`);
  refuse(settingProblem(name, value), `${file}: `);
  settings[name] = value as number;
}

function refuse(problem: string | undefined, before = ''): void {
  if (problem !== undefined) throw new UsageError(before + problem);
}

function parseConfig(file: string): unknown {
  const text = contentOf(file);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file}: not valid JSON`);
  }
}

/** A station has the settings of all roles. */
function namesFor(role: ProcessRole): readonly SettingName[] {
  return role === 'station' ? settingNames : settingNames.filter((name) => settingTable[name].roles.includes(role));
}

/** A text for the command line: settings in it are written as options. */
function withFlags(text: string): string {
  return text.replace(/[a-z]+[A-Z]\w*/g, (word) => (isSettingName(word) ? `--${flagOf(word)}` : word));
}

function isSettingName(name: string): name is SettingName {
  return settingNames.includes(name as SettingName);
}
