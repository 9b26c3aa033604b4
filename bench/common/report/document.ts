/**
 * A document with figures between its two marks in the place of those it had: `<!-- figures: made by npm run bench -- NAME -->` and
 * `<!-- end of figures -->`. Throws when it has no place for them.
 */
export function withFigures(document: string, name: string, figures: string): string {
  const mark = `<!-- figures: made by npm run bench -- ${name} -->`;
  const begin = document.indexOf(mark);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the document has no place for figures, between ${mark} and ${END}`);
  return `${document.slice(0, begin + mark.length)}\n\n${figures}\n\n${document.slice(end)}`;
}

const END = '<!-- end of figures -->';
