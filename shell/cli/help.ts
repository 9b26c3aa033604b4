import type { Option } from './options/options.ts';

export interface HelpSection {
  readonly title: string;
  readonly options: readonly Option[];
  /** Not part of the answer to --help, but of an answer of its own, to this option. */
  readonly apart?: string;
}

export interface HelpText {
  readonly usage: readonly string[];
  readonly about: string;
  readonly sections: readonly HelpSection[];
}

const WIDTH = 100;
const INDENT = '      ';

/** The answer to --help. */
export function formatHelp({ usage, about, sections }: HelpText): string {
  const parts = [
    usage.map((line, index) => `${index === 0 ? 'Usage: ' : '       '}${line}`).join('\n'),
    wrap(about, ''),
    ...sections.map((section) => (section.apart === undefined ? formatSection(section) : `${section.title}: see --${section.apart}`)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The answer to an option that is asked for what stands apart. */
export function formatApart({ sections }: HelpText, option: string): string {
  return `${sections.filter(({ apart }) => apart === option).map(formatSection).join('\n\n')}\n`;
}

function formatSection({ title, options }: HelpSection): string {
  return `${title}:\n${options.map(formatOption).join('\n')}`;
}

function formatOption({ name, value, repeated, help }: Option): string {
  const written = `  --${name}${value === undefined ? '' : ` ${value}`}${repeated === true ? ' …' : ''}`;
  return `${written}\n${wrap(help, INDENT)}`;
}

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line += line.length === indent.length ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}
