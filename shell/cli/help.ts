import type { Option } from './options.ts';

export interface HelpSection {
  readonly title: string;
  readonly options: readonly Option[];
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
    ...sections.map(({ title, options }) => `${title}:\n${options.map(formatOption).join('\n')}`),
  ];
  return `${parts.join('\n\n')}\n`;
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
