import type { Option } from '../options/options.ts';
import { completionOf, optionsIn, summaryOf, type ManualEntry } from './manual.ts';

/** For the completion system of zsh 5 (compinit), as a function of the name _davecast. */
export function zshCompletion(entries: readonly ManualEntry[]): string {
  return `#compdef davecast
# davecast completion zsh
_davecast() {
  local -a commands
  commands=(
${entries.map(({ name, help }) => `    ${quoted(`${name}:${summaryOf(help.about)}`)}`).join('\n')}
    'help:help on a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${entries.map(caseOf).join('\n')}
    help) _values command ${entries.map(({ name }) => name).join(' ')} ;;
  esac
}
_davecast "$@"
`;
}

function caseOf(entry: ManualEntry): string {
  const { name, words = [] } = entry;
  const specs = [...optionsIn(entry).map(specOf), ...(words.length > 0 ? [quoted(`1:command:(${words.join(' ')})`)] : []), quoted('*:file:_files')];
  return `    ${name})\n      _arguments \\\n${specs.map((spec) => `        ${spec}`).join(' \\\n')} ;;`;
}

/** \`--option[what it does]:value:how to complete it\`, with a star before it where it can be repeated. */
function specOf(option: Option): string {
  const { name, value, repeated, help } = option;
  const what = summaryOf(help).replace(/[[\]]/g, (bracket) => `\\${bracket}`);
  return quoted(`${repeated === true ? '*' : ''}--${name}[${what}]${value === undefined ? '' : `:${value.replaceAll(':', '\\:')}:${actionOf(option)}`}`);
}

function actionOf(option: Option): string {
  const completion = completionOf(option);
  if (completion?.kind === 'words') return `(${completion.words.join(' ')})`;
  if (completion?.kind === 'file') return '_files';
  return completion?.kind === 'folder' ? '_files -/' : '';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
