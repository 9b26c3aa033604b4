import type { HelpText } from '../help.ts';
import type { Option } from '../options/options.ts';

/** One command, as manuals and shells know it. */
export interface ManualEntry {
  readonly name: string;
  readonly help: HelpText;
  /** What may stand behind it without an option, if that is one of a few words. */
  readonly words?: readonly string[];
}

/** The options of a command, each once. */
export function optionsIn({ help }: ManualEntry): readonly Option[] {
  return [...new Map(help.sections.flatMap(({ options }) => options).map((option) => [option.name, option])).values()];
}

/** What a value of an option can be completed with. */
export type Completion = { readonly kind: 'words'; readonly words: readonly string[] } | { readonly kind: 'file' | 'folder' | 'other' };

/** Undefined for a flag. */
export function completionOf({ value, oneOf }: Option): Completion | undefined {
  if (value === undefined) return undefined;
  if (oneOf !== undefined) return { kind: 'words', words: oneOf };
  if (value === 'N|auto') return { kind: 'words', words: ['auto'] };
  if (value === 'FILE') return { kind: 'file' };
  return { kind: value === 'DIR' ? 'folder' : 'other' };
}

/** The first sentence of a help text, for lists of options: up to a full stop, a colon with more behind it, or a semicolon. */
export function summaryOf(text: string): string {
  const [first = text] = text.split(/(?:[;:]|\.(?= [A-Z]))\s|\s\(default/);
  return first.replace(/\.$/, '');
}
