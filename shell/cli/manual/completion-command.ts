import { noMore } from '../options/arguments.ts';
import { formatHelp, type HelpText } from '../help.ts';
import { readOptions, type Option } from '../options/options.ts';
import { UsageError } from '../../process/problems.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import type { ManualEntry } from './manual.ts';
import { zshCompletion } from './zsh.ts';

const shells: Readonly<Record<string, (entries: readonly ManualEntry[]) => string>> = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export const shellNames: readonly string[] = Object.keys(shells);

export const completionUsage: readonly string[] = ['davecast completion bash|zsh|fish'];

const options: readonly Option[] = [{ name: 'help', help: 'print this text' }];

export const completionHelp: HelpText = {
  usage: completionUsage,
  about: 'Prints a script by which a shell completes commands, options and their values. bash: eval "$(davecast completion bash)"; zsh: davecast completion zsh > _davecast, in a folder of $fpath; fish: davecast completion fish | source',
  sections: [{ title: 'Options', options }],
};

/** Does what stands behind `davecast completion`: a text to print. */
export function readCompletion(argv: readonly string[], entries: readonly ManualEntry[]): string {
  const given = readOptions(argv, options);
  if (given.has('help')) return formatHelp(completionHelp);
  const [shell, ...more] = given.positionals;
  if (shell === undefined) throw new UsageError(`completion: SHELL is missing, must be one of ${shellNames.join(', ')}`);
  if (!Object.hasOwn(shells, shell)) throw new UsageError(`completion: unknown shell "${shell}", must be one of ${shellNames.join(', ')}`);
  noMore(more);
  return shells[shell]!(entries);
}
