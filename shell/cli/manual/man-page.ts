import type { Option } from '../options/options.ts';
import type { HelpSection } from '../help.ts';
import type { ManualEntry } from './manual.ts';

export interface ManPageOptions {
  readonly entries: readonly ManualEntry[];
  /** Variables of the environment, and what each is for. */
  readonly variables: Readonly<Record<string, string>>;
  /** Exit statuses, and what each means. */
  readonly statuses: Readonly<Record<string, string>>;
}

/** davecast(1): a page of the man macros (man(7)), of the same tables as --help. */
export function manPage({ entries, variables, statuses }: ManPageOptions): string {
  return `${[
    '.\\" Written by npm run manual',
    '.TH DAVECAST 1 "" davecast "User Commands"',
    '.SH NAME',
    'davecast \\- radio streaming without audible outages',
    '.SH SYNOPSIS',
    ...entries.flatMap(({ help }) => help.usage).flatMap((line) => [escaped(line), '.br']),
    '.SH DESCRIPTION',
    escaped('Davecast sends each audio stream by several paths to redundant relays. An edge puts the frames in order, and when an encoder fails it goes on with another one at the same place of the programme. Source clients and players connect as to an Icecast.'),
    '.PP',
    escaped('Every option of station, relay, edge and encoder can stand in the file of --config, by its name in camel case. --help prints the options of a command, --help-settings its settings.'),
    '.SH COMMANDS',
    ...entries.flatMap(linesOf),
    '.SH SETTINGS',
    escaped('Of the commands whose --help-settings names them.'),
    ...settingsOf(entries).flatMap(optionOf),
    '.SH ENVIRONMENT',
    ...Object.entries(variables).flatMap(([name, what]) => ['.TP', bold(name), escaped(what)]),
    '.SH EXIT STATUS',
    ...Object.entries(statuses).flatMap(([status, what]) => ['.TP', bold(status), escaped(what)]),
  ].join('\n')}\n`;
}

function linesOf({ name, help }: ManualEntry): readonly string[] {
  return [`.SS ${name}`, ...help.usage.flatMap((line) => [bold(line), '.br']), '.PP', escaped(help.about), ...help.sections.filter(({ apart }) => apart === undefined).flatMap(sectionOf)];
}

/** What stands apart in the help of any command, each once. */
function settingsOf(entries: readonly ManualEntry[]): readonly Option[] {
  const apart = entries.flatMap(({ help }) => help.sections.filter((section) => section.apart !== undefined));
  return [...new Map(apart.flatMap(({ options }) => options).map((option) => [option.name, option])).values()];
}

function sectionOf({ title, options }: HelpSection): readonly string[] {
  return ['.PP', escaped(`${title}:`), ...options.flatMap(optionOf)];
}

function optionOf({ name, value, repeated, help }: Option): readonly string[] {
  const written = `--${name}`.replaceAll('-', '\\-');
  return ['.TP', `\\fB${written}\\fR${value === undefined ? '' : ` \\fI${escaped(value)}\\fR`}${repeated === true ? ' \\&...' : ''}`, escaped(help)];
}

function bold(text: string): string {
  return `\\fB${escaped(text).replace(/(?<!\\)-/g, '\\-')}\\fR`;
}

function named(letter: string): string {
  return `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;
}

/** A text on one line, none of which is a request: what is not ASCII is named (groff_char(7)). */
function escaped(text: string): string {
  const line = text.replaceAll('\\', '\\e').replaceAll('…', '\\&...').replaceAll('’', "'").replaceAll('"', '\\(dq').replace(/--(?=[a-z])/g, '\\-\\-').replace(/[^\x20-\x7e]/gu, named);
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
