import { markTones, type Mark, type MarkTone } from '../data.ts';

/** Which events are listed and drawn. */
export interface Filter {
  /** 'told': all but routine; 'all'; `tone:…` or `kind:…` for one of them. */
  readonly what: string;
  readonly text: string;
}

export const toneNames: Readonly<Record<MarkTone, string>> = {
  bad: 'Audible or violated',
  switch: 'Switches',
  fault: 'Faults',
  loss: 'Losses and stalls',
  repair: 'Repairs',
  news: 'News',
  routine: 'Routine',
};

export function matching(marks: readonly Mark[], { what, text }: Filter): number[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const ids: number[] = [];
  for (const [id, mark] of marks.entries()) {
    if (isOf(mark, what) && (words.length === 0 || hasAll(mark, words))) ids.push(id);
  }
  return ids;
}

/** What can be chosen, with how many there are of each. */
export function choicesOf(marks: readonly Mark[]): { readonly value: string; readonly name: string; readonly count: number }[] {
  const tones = counted(marks.map(({ tone }) => tone));
  const kinds = counted(marks.map(({ kind }) => kind));
  return [
    { value: 'told', name: 'All but routine', count: marks.length - (tones.get('routine') ?? 0) },
    { value: 'all', name: 'Everything', count: marks.length },
    ...markTones.flatMap((tone) => (tones.has(tone) ? [{ value: `tone:${tone}`, name: toneNames[tone], count: tones.get(tone)! }] : [])),
    ...[...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => ({ value: `kind:${kind}`, name: kind, count })),
  ];
}

function counted<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function isOf({ tone, kind }: Mark, what: string): boolean {
  if (what === 'all') return true;
  if (what === 'told') return tone !== 'routine';
  return what === `tone:${tone}` || what === `kind:${kind}`;
}

function hasAll({ kind, who, text, label }: Mark, words: readonly string[]): boolean {
  const told = `${kind} ${who} ${text} ${label}`.toLowerCase();
  return words.every((word) => told.includes(word));
}
