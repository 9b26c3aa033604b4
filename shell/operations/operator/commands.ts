import { noMore } from '../../cli/options/arguments.ts';
import { formatHelp, type HelpText } from '../../cli/help.ts';
import { readOptions, type Given, type Option } from '../../cli/options/options.ts';
import { UsageError } from '../../process/problems.ts';
import { parseTarget } from '../../http/message/request-target.ts';
import type { Task } from '../../cli/task.ts';
import { authoritiesOf, caOption } from '../../cli/options/tls.ts';
import type { Answer, Sources } from './answers.ts';
import { askEdge, type Question } from './client.ts';
import { adminPassword, adminUser, PASSWORD_VARIABLE } from './password.ts';
import { sourceTable } from './source-table.ts';

const commonOptions: readonly Option[] = [
  { name: 'password', value: 'PASSWORD', help: `the --admin-password of the edge. Prefer --password-file or the environment variable ${PASSWORD_VARIABLE}: command lines are visible to all users of the machine` },
  { name: 'password-file', value: 'FILE', help: 'file that has the password in its first line' },
  { name: 'user', value: 'NAME', help: 'the --admin-user of the edge (default admin)' },
  { name: 'json', help: 'print the JSON response of the edge' },
  caOption('https://…'),
  { name: 'help', help: 'print this text' },
];

const switchOptions: readonly Option[] = [
  { name: 'automatic', help: 'cancel the manual choice: the edge stays with the encoder on air, or returns to the preferred one' },
  ...commonOptions,
];

const switchUsage = ['davecast switch URL [TO]', 'davecast switch URL --automatic'];
const sourcesUsage = ['davecast sources URL [--json]'];

export const operatorUsage: readonly string[] = [...switchUsage, ...sourcesUsage];

export const switchHelp: HelpText = {
  usage: switchUsage,
  about:
    'Switches a mountpoint of an edge, such as http://edge:8000/radio, to another encoder at the same point of the programme. TO is the origin of the encoder, the address that its '
    + 'relay receives it from, or at least the first four digits of its stream id; without TO it is the best of the others. Exit status: 0 switched, or will switch as soon as possible, '
    + '1 refused, 2 usage error.',
  sections: [{ title: 'Options', options: switchOptions }],
};

export const sourcesHelp: HelpText = {
  usage: sourcesUsage,
  about: 'Lists the streams of a mountpoint of an edge: how far each is ahead of the listeners, and whether it can go on air, or why not.',
  sections: [{ title: 'Options', options: commonOptions }],
};

/** Reads the arguments behind `davecast switch`: a task, or a text to print. */
export function readSwitch(argv: readonly string[]): Task | string {
  const given = readOptions(argv, switchOptions);
  if (given.has('help')) return formatHelp(switchHelp);
  const [text, to, ...more] = given.positionals;
  noMore(more);
  if (to !== undefined && given.has('automatic')) throw new UsageError(`--automatic and "${to}" exclude each other`);
  if (to === '') throw new UsageError('TO must not be empty');
  const page = given.has('automatic') ? 'automatic' : 'switch';
  const question = questionFor(given, text, { method: 'POST', page, query: to === undefined ? {} : { to } });
  return async (out) => {
    const answer = (await askEdge(question)) as Answer;
    out(given.has('json') ? `${JSON.stringify(answer)}\n` : `${answer.message}\n`);
  };
}

/** Reads the arguments behind `davecast sources`: a task, or a text to print. */
export function readSources(argv: readonly string[]): Task | string {
  const given = readOptions(argv, commonOptions);
  if (given.has('help')) return formatHelp(sourcesHelp);
  const [text, ...more] = given.positionals;
  noMore(more);
  const question = questionFor(given, text, { method: 'GET', page: 'sources', query: {} });
  return async (out) => {
    const answer = (await askEdge(question)) as Sources;
    out(given.has('json') ? `${JSON.stringify(answer)}\n` : sourceTable(answer));
  };
}

function questionFor(
  given: Given,
  text: string | undefined,
  { method, page, query }: { readonly method: Question['method']; readonly page: string; readonly query: Readonly<Record<string, string>> },
): Question {
  if (text === undefined) throw new UsageError('URL is missing');
  const mountUrl = URL.canParse(text) ? new URL(text) : undefined;
  const mount = mountUrl && parseTarget(mountUrl.pathname)?.name;
  const isHttp = mountUrl?.protocol === 'http:' || mountUrl?.protocol === 'https:';
  if (mountUrl === undefined || !isHttp || mount === undefined || mount === '') throw new UsageError(`URL must be http://HOST:PORT/MOUNT, not "${text}"`);
  if (mountUrl.username !== '' || mountUrl.password !== '') throw new UsageError(`URL must not contain a password: use --password or ${PASSWORD_VARIABLE}`);
  if (given.has('ca') && mountUrl.protocol !== 'https:') throw new UsageError(`--ca needs an address of https, not "${text}"`);
  const password = adminPassword(given, 'password');
  if (password === undefined) throw new UsageError(`password is missing: set --password-file or ${PASSWORD_VARIABLE}`);
  const url = new URL(`/admin/${page}`, mountUrl);
  for (const [name, value] of Object.entries({ mount: `/${mount}`, ...query })) url.searchParams.set(name, value);
  return { method, url, user: adminUser(given, 'user'), password, ca: authoritiesOf(given) };
}
