import type { Cut, Figures } from './continuity.ts';

/** One line on what the listener has heard. */
export function statusLine(figures: Figures): string {
  const { heardMs, missingMs, repeatedMs, longestStallMs, switches, disconnects, damagedFrames } = figures;
  const parts = [
    `heard ${(heardMs / 1000).toFixed(1)} s`,
    `missing ${Math.round(missingMs)} ms`,
    `repeated ${Math.round(repeatedMs)} ms`,
    `longest stall ${seconds(longestStallMs)}`,
    `switches ${switches}`,
    `disconnects ${disconnects}`,
  ];
  if (damagedFrames > 0) parts.push(`damaged frames ${damagedFrames}`);
  return parts.join(' · ');
}

/** One line on a place where the programme did not simply go on. */
export function cutLine({ from, to, missingMs, stallMs }: Cut): string {
  const where = from === to ? `within encoding ${from}` : `from encoding ${from} to ${to}`;
  const what = missingMs >= 0 ? `${missingMs.toFixed(1)} ms missing` : `${(-missingMs).toFixed(1)} ms repeated`;
  return `cut ${where}: ${what}, after ${seconds(stallMs)} without data`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
