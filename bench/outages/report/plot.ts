import type { Experience, SessionResult } from '../experience.ts';
import { faults, type FaultName } from '../fault.ts';
import { spreadOf } from './summary.ts';
import { systems, type SystemName } from '../systems.ts';

const COLOURS: Readonly<Record<SystemName, string>> = { davecast: '#1f6feb', icecast: '#c2410c', liquidsoap: '#15803d' };
const ROW = 16;
const GROUP = 14;
const TOP = 62;
const LABELS = 190;
const PANEL = 360;
const GAP = 36;
/** Everything below is drawn at the left edge. */
const LEAST_MS = 1;
const MOST_MS = 40_000;
const TICKS_MS: readonly number[] = [1, 10, 100, 1_000, 10_000];

const panels: readonly { readonly title: string; readonly of: (one: Experience) => number }[] = [
  { title: 'longest time without data, ms', of: ({ stallMs }) => stallMs },
  { title: 'programme missing, repeated, garbled or silent, ms', of: ({ missingMs, repeatedMs, garbledMs, silentMs }) => missingMs + repeatedMs + garbledMs + silentMs },
];

/**
 * Every switch of the faults that all systems can have, as a dot on a logarithmic scale, in one SVG; a bar is the median.
 *
 *     encoder killed   Davecast     :.|.
 *                      Icecast            .:|:
 */
export function plot(sessions: readonly SessionResult[]): string {
  const parts: string[] = [];
  let y = TOP;
  for (const fault of Object.keys(faults) as FaultName[]) {
    const rows = (Object.keys(systems) as SystemName[]).flatMap((system) => {
      const rounds = sessions.filter((session) => session.fault === fault && session.system === system && isShared(session, sessions)).flatMap((session) => session.rounds);
      return rounds.length === 0 ? [] : [{ system, rounds }];
    });
    if (faults[fault].needs !== 'studios' || rows.length === 0) continue;
    parts.push(text(8, y + 4, faults[fault].label, 'font-weight="600"'));
    y += ROW;
    for (const { system, rounds } of rows) {
      parts.push(text(20, y + 4, systems[system].label, `fill="${COLOURS[system]}"`));
      panels.forEach(({ of }, panel) => parts.push(dots(rounds.map(of), panel, y, COLOURS[system])));
      y += ROW;
    }
    y += GROUP;
  }
  const [width, height] = [panelLeft(panels.length - 1) + PANEL + 24, y + 10];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(8, 18, 'What a listener gets of a fault: each dot is one, the bar is the median', 'font-size="14" font-weight="600"'),
    ...panels.map(({ title }, panel) => axis(title, panel, y - GROUP)),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** Whether more than one system was measured with this codec: only then is it compared. */
function isShared({ codec }: SessionResult, sessions: readonly SessionResult[]): boolean {
  return new Set(sessions.filter((session) => session.codec === codec).map(({ system }) => system)).size > 1;
}

function axis(title: string, panel: number, bottom: number): string {
  const lines = TICKS_MS.map((ms) => {
    const x = xOf(ms, panel);
    const label = ms === LEAST_MS ? `≤ ${ms}` : ms.toLocaleString('en');
    return `<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${bottom}" stroke="#d0d7de"/>${text(x, TOP - 14, label, 'text-anchor="middle" fill="#57606a" font-size="11"')}`;
  });
  return `${text(panelLeft(panel), TOP - 28, title, 'fill="#57606a"')}${lines.join('')}`;
}

function dots(values: readonly number[], panel: number, y: number, colour: string): string {
  const circles = values.map((value) => `<circle cx="${xOf(value, panel)}" cy="${y}" r="3" fill="${colour}" fill-opacity="0.35"/>`);
  const x = xOf(spreadOf(values).median, panel);
  return `${circles.join('')}<line x1="${x}" y1="${y - 6}" x2="${x}" y2="${y + 6}" stroke="${colour}" stroke-width="2"/>`;
}

function panelLeft(panel: number): number {
  return LABELS + panel * (PANEL + GAP);
}

function xOf(ms: number, panel: number): number {
  const share = Math.log(Math.max(LEAST_MS, ms) / LEAST_MS) / Math.log(MOST_MS / LEAST_MS);
  return Math.round(10 * (panelLeft(panel) + Math.min(1, share) * PANEL)) / 10;
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}
