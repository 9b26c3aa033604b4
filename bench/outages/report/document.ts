import type { Results } from './results.ts';
import { tables } from './table.ts';

const BEGIN = '<!-- figures: made by npm run bench -- outages-doc -->';
const END = '<!-- end of figures -->';

/** The document with the figures of a run in the place of those it had. Throws when it has no place for them. */
export function withFigures(document: string, results: Results): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the document has no place for figures, between ${BEGIN} and ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${tables(results)}\n\n${document.slice(end)}`;
}
