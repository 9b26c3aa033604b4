import { defaultSettings, settingsProblem } from '../../../core/config/settings.ts';
import { noMore, wordOf } from '../../cli/options/arguments.ts';
import { configSchema } from '../../cli/config/config-schema.ts';
import { readConfigFile } from '../../cli/config/config-file.ts';
import { settingsPlace } from '../../cli/config/config.ts';
import { formatHelp, type HelpText } from '../../cli/help.ts';
import type { Task } from '../../cli/task.ts';
import { ConfigFiles, namingFiles } from './config-files.ts';
import { readOptions, type Option } from '../../cli/options/options.ts';
import { UsageError } from '../../process/problems.ts';

const roles = ['station', 'relay', 'edge', 'encoder'] as const;

const configOptions: readonly Option[] = [
  { name: 'role', value: 'ROLE', help: `check also what ${roles.slice(0, -1).join(', ')} or ${roles.at(-1)} needs, such as the port that it listens on`, oneOf: roles },
  { name: 'help', help: 'print this text' },
];

export const configUsage: readonly string[] = ['davecast config check FILE [--role ROLE]', 'davecast config schema'];

export const configHelp: HelpText = {
  usage: configUsage,
  about:
    'check: reads a configuration file as davecast station, relay, edge and encoder do with --config, and prints all that is wrong with it, and with the files of keys, certificates and logins that it names, a line each. Exit status: 0 nothing, 2 something. ' +
    'schema: prints the JSON Schema of configuration files, for editors. What a process would run with: davecast ROLE … --print-config',
  sections: [{ title: 'Options', options: configOptions }],
};

export interface ConfigCommandOptions {
  /** Of all commands. */
  readonly options: readonly Option[];
  /** Reads the command line of a role. */
  readonly start: (argv: readonly string[]) => { readonly notes: readonly string[]; readonly configuration: { readonly config: object } };
}

/** Does what stands behind `davecast config`: a text to print, or, where files are to be read, what reads them. Throws, or rejects with, a UsageError with all that is wrong. */
export function readConfigCommand(argv: readonly string[], { options, start }: ConfigCommandOptions): string | Task {
  const given = readOptions(argv, configOptions);
  if (given.has('help')) return formatHelp(configHelp);
  const [what, file, ...more] = given.positionals;
  if (what === 'schema' && given.has('role')) throw new UsageError('--role is for config check');
  if (what === 'schema' && file === undefined) return schemaText(options);
  if (what !== 'check') throw new UsageError(`config: ${what === undefined ? 'command is missing' : `unknown command "${what}"`}, must be check or schema`);
  if (file === undefined) throw new UsageError('config check: FILE is missing');
  noMore(more);
  const role = given.one('role');
  const started = role === undefined ? undefined : start([wordOf('--role', role, roles), '--config', file]);
  const notes = started?.notes ?? checked(file, options);
  const files = new ConfigFiles(readConfigFile(file, { own: options.filter(({ name }) => namingFiles.has(name)), others: options }), started?.configuration.config);
  const found = (more: readonly string[]): string => [...notes, ...more, `${file}: nothing is wrong`].map((line) => `${line}\n`).join('');
  return files.isEmpty ? found([]) : async (out) => out(found(await files.check()));
}

/** The content of docs/config.schema.json. */
export function schemaText(options: readonly Option[]): string {
  return `${JSON.stringify(configSchema(options), undefined, 2)}\n`;
}

function checked(file: string, options: readonly Option[]): readonly string[] {
  const read = readConfigFile(file, { own: [], others: options });
  const problem = settingsProblem({ ...defaultSettings, ...read.settings });
  if (problem !== undefined) throw new UsageError(settingsPlace(problem, read) + problem);
  return read.notes;
}
