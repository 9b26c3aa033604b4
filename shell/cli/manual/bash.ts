import { completionOf, optionsIn, type ManualEntry } from './manual.ts';

/** For bash 4 and newer, and for its emulation by others. */
export function bashCompletion(entries: readonly ManualEntry[]): string {
  return `# davecast completion bash
_davecast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" options="" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...entries.map(({ name }) => name), 'help', '--help', '--version'].join(' ')}" -- "$current"))
    return
  fi
  case "$command" in
${entries.map(caseOf).join('\n')}
    help) words="${entries.map(({ name }) => name).join(' ')}" ;;
    *) return ;;
  esac
  case "$command $before" in
${entries.flatMap(valueCases).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$options $words" -- "$current"))
}
complete -o default -F _davecast davecast
`;
}

function caseOf(entry: ManualEntry): string {
  const { name, words = [] } = entry;
  return `    ${name}) options="${optionsIn(entry).map((option) => `--${option.name}`).join(' ')}" words="${words.join(' ')}" ;;`;
}

/** The options of a command that need a value: files, folders and words are completed, all others are left to whoever types. */
function valueCases(entry: ManualEntry): readonly string[] {
  const ways = new Map<string, string[]>();
  for (const option of optionsIn(entry)) {
    const completion = completionOf(option);
    if (completion === undefined) continue;
    const { kind } = completion;
    const way = kind === 'words' ? `COMPREPLY=($(compgen -W "${completion.words.join(' ')}" -- "$current")); return` : kind === 'other' ? 'return' : `COMPREPLY=($(compgen -${kind === 'file' ? 'f' : 'd'} -- "$current")); return`;
    ways.set(way, [...(ways.get(way) ?? []), `"${entry.name} --${option.name}"`]);
  }
  return [...ways].map(([way, patterns]) => `    ${patterns.join('|')}) ${way} ;;`);
}
