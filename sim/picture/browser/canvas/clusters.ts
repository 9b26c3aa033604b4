import { markTones, type Mark, type MarkTone } from '../../data.ts';

/** Marks that are too near to one another to be drawn singly. */
export interface Cluster {
  readonly x: number;
  readonly ids: readonly number[];
  /** The most important of them, which it is drawn as. */
  readonly id: number;
}

const rank = Object.fromEntries(markTones.map((tone, index) => [tone, index])) as Record<MarkTone, number>;

/** @param ids of marks, in order of time; @param xOf where a moment is drawn; those beyond the two edges are left out. */
export function clustersOf(ids: readonly number[], marks: readonly Mark[], xOf: (atMs: number) => number, left: number, right: number, nearPx: number): Cluster[] {
  const clusters: { x: number; ids: number[]; id: number }[] = [];
  for (let index = firstFrom(ids, (id) => xOf(marks[id]!.atMs) >= left); index < ids.length; index++) {
    const id = ids[index]!;
    const x = xOf(marks[id]!.atMs);
    if (x > right) break;
    const last = clusters.at(-1);
    if (last === undefined || x - last.x >= nearPx) clusters.push({ x, ids: [id], id });
    else {
      last.ids.push(id);
      if (rank[marks[id]!.tone] < rank[marks[last.id]!.tone]) last.id = id;
    }
  }
  return clusters;
}

/** The first place from which on it is so; of a list where it is first not so and then is. */
export function firstFrom<T>(list: readonly T[], isSo: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
