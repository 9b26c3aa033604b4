import { randomBytes } from 'node:crypto';
import { formatHelp, type HelpText } from '../cli/help.ts';
import { readOptions, type Option } from '../cli/options.ts';
import { formatEntry, globProblem, KEY_BYTES, keyNameProblem, linkRoles } from '../keys/entry.ts';
import { UsageError } from '../process/problems.ts';

const options: readonly Option[] = [
  { name: 'role', value: 'ROLE', help: `what the peer is: ${linkRoles.join(', ')} (default encoder). An encoder pushes to --in; edges, relays and stations subscribe at --out` },
  { name: 'mounts', value: 'NAME', repeated: true, help: 'mountpoint that the peer may announce, or set the title of; * stands for any characters, as in news/* (default: all)' },
  { name: 'help', help: 'print this text' },
];

export const keyUsage: readonly string[] = ['davecast key new NAME [--role ROLE] [--mounts NAME]…'];

export const keyHelp: HelpText = {
  usage: keyUsage,
  about:
    'Prints a new key with its name, in one line. The peer has that line in a file of its own (--key FILE), and each relay that it connects to has it among the lines of its keys file (--keys FILE). '
    + 'Who can read the line can speak as this peer: keep both files readable by their users only.',
  sections: [{ title: 'Options', options }],
};

/** Reads the arguments behind `davecast key`: the text to print. */
export function readKey(argv: readonly string[]): string {
  const given = readOptions(argv, options);
  if (given.has('help')) return formatHelp(keyHelp);
  const [what, name, ...more] = given.positionals;
  if (what !== 'new') throw new UsageError(what === undefined ? 'key: command is missing, must be new' : `key: unknown command "${what}", must be new`);
  if (name === undefined) throw new UsageError('key new: NAME is missing');
  if (more.length > 0) throw new UsageError(`unexpected argument "${more[0]}"`);
  const role = linkRoles.find((one) => one === (given.one('role') ?? 'encoder'));
  if (role === undefined) throw new UsageError(`--role must be one of ${linkRoles.join(', ')}, not "${given.one('role')}"`);
  const mounts = given.has('mounts') ? given.all('mounts').map((mount) => mount.replace(/^\//, '')) : undefined;
  const wrong = keyNameProblem(name) ?? mounts?.map(globProblem).find((problem) => problem !== undefined);
  if (wrong !== undefined) throw new UsageError(`key new: ${wrong}`);
  return `${formatEntry({ name, role, mounts, keys: [randomBytes(KEY_BYTES)] })}\n`;
}
