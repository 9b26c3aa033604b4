import { defaultSettings, settingsProblem } from '../../core/config/settings.ts';
import { configSchema } from '../cli/config-schema.ts';
import { readConfigFile } from '../cli/config-file.ts';
import { settingsPlace } from '../cli/config.ts';
import { formatHelp, type HelpText } from '../cli/help.ts';
import { readOptions, type Option } from '../cli/options.ts';
import { UsageError } from '../process/problems.ts';

const roles = ['station', 'relay', 'edge', 'encoder'] as const;

export const configOptions: readonly Option[] = [
  { name: 'role', value: 'ROLE', help: `check also what ${roles.slice(0, -1).join(', ')} or ${roles.at(-1)} needs, such as the port that it listens on`, oneOf: roles },
  { name: 'help', help: 'print this text' },
];

export const configUsage: readonly string[] = ['davecast config check FILE [--role ROLE]', 'davecast config schema'];

export const configHelp: HelpText = {
  usage: configUsage,
  about:
    'check: reads a configuration file as davecast station, relay, edge and encoder do with --config, and prints all that is wrong with it, a line each. Exit status: 0 nothing, 2 something. ' +
    'schema: prints the JSON Schema of configuration files, for editors. What a process would run with: davecast ROLE … --print-config',
  sections: [{ title: 'Options', options: configOptions }],
};

export interface ConfigCommandOptions {
  /** Of all commands. */
  readonly options: readonly Option[];
  /** Reads the command line of a role. */
  readonly start: (argv: readonly string[]) => { readonly notes: readonly string[] };
}

/** Does what stands behind `davecast config`: a text to print. Throws a UsageError with all that is wrong. */
export function readConfigCommand(argv: readonly string[], { options, start }: ConfigCommandOptions): string {
  const given = readOptions(argv, configOptions);
  if (given.has('help')) return formatHelp(configHelp);
  const [what, file, ...more] = given.positionals;
  if (what === 'schema' && file === undefined) return schemaText(options);
  if (what !== 'check') throw new UsageError(`config: ${what === undefined ? 'command is missing' : `unknown command "${what}"`}, must be check or schema`);
  if (file === undefined) throw new UsageError('config check: FILE is missing');
  if (more.length > 0) throw new UsageError(`unexpected argument "${more[0]}"`);
  const role = given.one('role');
  if (role !== undefined && !roles.some((one) => one === role)) throw new UsageError(`--role must be one of ${roles.join(', ')}, not "${role}"`);
  const notes = role === undefined ? checked(file, options) : start([role, '--config', file]).notes;
  return [...notes, `${file}: nothing is wrong`].map((line) => `${line}\n`).join('');
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
