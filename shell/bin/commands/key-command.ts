import { randomBytes } from 'node:crypto';
import { noMore, wordOf } from '../../cli/options/arguments.ts';
import { contentOf } from '../../cli/file.ts';
import { formatHelp, type HelpText } from '../../cli/help.ts';
import { readOptions, type Option } from '../../cli/options/options.ts';
import { formatEntry, linkRoles } from '../../net/keys/file/entry.ts';
import { globProblem, KEY_BYTES, keyNameProblem } from '../../net/keys/file/line.ts';
import { newSeed } from '../../net/keys/signing/signing.ts';
import { formatSigningEntry, parseSigningEntry, publicEntry } from '../../net/keys/signing/signing-keys.ts';
import { UsageError } from '../../process/problems.ts';

const options: readonly Option[] = [
  { name: 'role', value: 'ROLE', help: `what the peer is: ${linkRoles.join(', ')} (default encoder). An encoder pushes to --in; edges, relays and stations subscribe at --out` },
  { name: 'mounts', value: 'NAME', repeated: true, help: 'mountpoint that the peer may announce, or set the title of; * stands for any characters, as in news/* (default: all)' },
  { name: 'sign', help: 'make a key that an encoder signs its audio with (--sign FILE), instead of one for connections; --mounts are those that may be signed with it' },
  { name: 'help', help: 'print this text' },
];

export const keyUsage: readonly string[] = ['davecast key new NAME [--role ROLE] [--mounts NAME]…', 'davecast key new NAME --sign [--mounts NAME]…', 'davecast key public FILE'];

export const keyHelp: HelpText = {
  usage: keyUsage,
  about:
    'Prints a new key with its name, in one line. The peer has that line in a file of its own (--key FILE), and each relay that it connects to has it among the lines of its keys file (--keys FILE). '
    + 'Who can read the line can speak as this peer: keep both files readable by their users only. '
    + 'With --sign the line is for an encoder alone; "key public" prints, of the file that has it, the line that edges verify with (--verify FILE). That one is no secret.',
  sections: [{ title: 'Options', options }],
};

/** Reads the arguments behind `davecast key`: the text to print. */
export function readKey(argv: readonly string[]): string {
  const given = readOptions(argv, options);
  if (given.has('help')) return formatHelp(keyHelp);
  const [what, name, ...more] = given.positionals;
  if (what === 'public') {
    const useless = ['role', 'mounts', 'sign'].find((option) => given.has(option));
    if (useless !== undefined) throw new UsageError(`key public: --${useless} is for key new`);
    return publicLine(name, more);
  }
  if (what !== 'new') throw new UsageError(what === undefined ? 'key: command is missing, must be new or public' : `key: unknown command "${what}", must be new or public`);
  if (name === undefined) throw new UsageError('key new: NAME is missing');
  noMore(more);
  const role = wordOf('--role', given.one('role') ?? 'encoder', linkRoles);
  const mounts = given.has('mounts') ? given.all('mounts').map((mount) => mount.replace(/^\//, '')) : undefined;
  const wrong = keyNameProblem(name) ?? mounts?.map(globProblem).find((problem) => problem !== undefined);
  if (wrong !== undefined) throw new UsageError(`key new: ${wrong}`);
  if (given.has('sign')) {
    if (given.has('role')) throw new UsageError('key new: --sign and --role exclude each other');
    return `${formatSigningEntry({ kind: 'sign', name, mounts, keys: [newSeed()] })}\n`;
  }
  return `${formatEntry({ name, role, mounts, keys: [randomBytes(KEY_BYTES)] })}\n`;
}

/** What edges are given of the key in a file. */
function publicLine(file: string | undefined, more: readonly string[]): string {
  if (file === undefined) throw new UsageError('key public: FILE is missing');
  noMore(more);
  const lines = contentOf(file, { option: 'key public' }).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const entry = lines.length === 1 ? parseSigningEntry(lines[0]!) : 'must have one line, as davecast key new --sign prints it';
  if (typeof entry === 'string') throw new UsageError(`${file}: ${entry}`);
  if (entry.kind !== 'sign') throw new UsageError(`${file}: is a public key already`);
  return `${formatSigningEntry(publicEntry(entry))}\n`;
}
