import type { Lane } from '../../data.ts';

/** A line of the picture: a group's heading, or a lane. */
export interface Row {
  readonly y: number;
  readonly height: number;
  readonly group: string;
  /** The lane's place in the picture; undefined for a heading. */
  readonly lane: number | undefined;
}

const HEADING_PX = 24;
const LANE_PX = 22;
const KEY_LANE_PX = 30;
const CHART_PX = 58;

/** Lanes under their groups' headings, without those of folded groups. */
export function rowsOf(lanes: readonly Lane[], folded: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  let y = 0;
  const add = (height: number, group: string, lane: number | undefined): void => {
    rows.push({ y, height, group, lane });
    y += height;
  };
  let group: string | undefined;
  for (const [index, lane] of lanes.entries()) {
    if (lane.group !== group) {
      group = lane.group;
      add(HEADING_PX, group, undefined);
    }
    if (!folded.has(lane.group)) add(lane.kind === 'buffer' ? CHART_PX : lane.isKey ? KEY_LANE_PX : LANE_PX, lane.group, index);
  }
  return rows;
}

export function heightOf(rows: readonly Row[]): number {
  const last = rows.at(-1);
  return last === undefined ? 0 : last.y + last.height;
}

export function rowAt(rows: readonly Row[], y: number): Row | undefined {
  return rows.find((row) => y >= row.y && y < row.y + row.height);
}
