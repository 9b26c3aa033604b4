import { median } from '../common/accounting.ts';
import { valuesOf, type Result } from '../common/report/results.ts';
import { growths, sizesOf } from './growth.ts';

const PANEL = { width: 300, height: 200 } as const;
const LEFT = 64;
const TOP = 56;
const GAP = 76;
const TICKS = 4;
const COLOURS: readonly string[] = ['#1f6feb', '#c2410c', '#15803d', '#7c3aed'];

interface Panel {
  /** Of which growth, and which of its figures. */
  readonly growth: number;
  readonly figure: string;
}

const panels: readonly Panel[] = [
  { growth: 0, figure: 'edge, cores' },
  { growth: 0, figure: 'edge, MB' },
  { growth: 3, figure: 'cores, with listeners' },
];

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** How cost grows, as an SVG: cores and memory of the edge by mountpoints, cores by listeners, of everybody who was measured. */
export function plot(results: readonly Result[]): string {
  const width = LEFT + panels.length * (PANEL.width + GAP);
  const height = TOP + PANEL.height + 64;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...panels.map((panel, index) => `<g transform="translate(${LEFT + index * (PANEL.width + GAP)} ${TOP})">${drawPanel(panel, results)}</g>`),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ growth: index, figure }: Panel, results: readonly Result[]): string {
  const { title } = growths[index]!;
  const lines = linesOf(index, figure, results);
  const all = lines.flatMap(({ points }) => points);
  const head = text(0, -34, figure, 'font-weight="600"') + text(0, -16, title, 'fill="#57606a" font-size="11"');
  if (all.length === 0) return `${head}${text(0, 20, 'Not measured.', 'fill="#57606a"')}`;
  const [mostX, mostY] = [roundUp(Math.max(...all.map(([x]) => x))), roundUp(Math.max(...all.map(([, y]) => y)))];
  const place = ([x, y]: readonly [number, number]): readonly [number, number] => [tenths((x / mostX) * PANEL.width), tenths(PANEL.height * (1 - y / mostY))];
  return head + axes(mostX, mostY) + lines.map((line, order) => drawLine(line, COLOURS[order % COLOURS.length]!, order, place)).join('');
}

function linesOf(index: number, figure: string, results: readonly Result[]): readonly Line[] {
  const measured = sizesOf(growths[index]!, results);
  const names = [...new Set(measured.flatMap(({ result }) => result.contestants.map(({ name }) => name)))];
  return names.map((name) => ({
    name,
    points: measured.flatMap(({ size, result }) => {
      const values = valuesOf(result, name, figure);
      return values === undefined ? [] : [[size, median(values)] as const];
    }),
  }));
}

function drawLine({ name, points }: Line, colour: string, order: number, place: (point: readonly [number, number]) => readonly [number, number]): string {
  const places = points.map(place);
  const dots = places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`).join('');
  const label = text(order * 90, PANEL.height + 40, `● ${name}`, `fill="${colour}"`);
  return `<polyline points="${places.map(([x, y]) => `${x},${y}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${label}`;
}

function axes(mostX: number, mostY: number): string {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const [x, y] = [tenths((tick / TICKS) * PANEL.width), tenths(PANEL.height * (1 - tick / TICKS))];
    const line = `<line x1="0" y1="${y}" x2="${PANEL.width}" y2="${y}" stroke="#d0d7de"/>`;
    const grey = 'fill="#57606a" font-size="11"';
    return line + text(-6, y + 4, label((tick / TICKS) * mostY), `text-anchor="end" ${grey}`) + text(x, PANEL.height + 18, label((tick / TICKS) * mostX), `text-anchor="middle" ${grey}`);
  }).join('');
}

/** To 1, 2, 4 or 8 of the next power of ten, so that four ticks are round. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 8, 10].map((factor) => factor * power).find((most) => most >= value * 0.999)!;
}

function label(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}
