import type { Option } from '../options/options.ts';
import { completionOf, optionsIn, summaryOf, type ManualEntry } from './manual.ts';

/** For fish 3. */
export function fishCompletion(entries: readonly ManualEntry[]): string {
  const commands = entries.map(({ name, help }) => `complete -c davecast -n __fish_use_subcommand -f -a ${name} -d ${quoted(summaryOf(help.about))}`);
  const help = [
    'complete -c davecast -n __fish_use_subcommand -f -a help -d \'help on a command\'',
    `complete -c davecast -n '__fish_seen_subcommand_from help' -f -a ${quoted(entries.map(({ name }) => name).join(' '))}`,
  ];
  return `# davecast completion fish\n${[...commands, ...help, ...entries.flatMap(linesOf)].join('\n')}\n`;
}

function linesOf(entry: ManualEntry): readonly string[] {
  const { name, words = [] } = entry;
  const here = `complete -c davecast -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
  return [
    ...(words.length > 0 ? [`${here} -f -a ${quoted(words.join(' '))}`] : []),
    ...optionsIn(entry).map((option) => `${here} -l ${option.name}${valueOf(option)} -d ${quoted(summaryOf(option.help))}`),
  ];
}

function valueOf(option: Option): string {
  const completion = completionOf(option);
  if (completion === undefined) return '';
  switch (completion.kind) {
    case 'words': return ` -x -a ${quoted(completion.words.join(' '))}`;
    case 'file': return ' -r -F';
    case 'folder': return " -x -a '(__fish_complete_directories)'";
    case 'other': return ' -x';
    default: return completion satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, (letter) => `\\${letter}`)}'`;
}
