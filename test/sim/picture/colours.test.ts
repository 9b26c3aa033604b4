import { describe, expect, it } from 'vitest';
import { schemes, type Scheme } from '../../../sim/picture/colours.ts';
import { markTones } from '../../../sim/picture/data.ts';

describe.each(Object.entries(schemes))('the %s scheme', (_, scheme) => {
  it.each(grounds(scheme))('has text that stands out on %s', (_, ground) => {
    expect(contrast(scheme.ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([scheme.ground, scheme.panel, scheme.raised])('has quiet text and links that can be read on %s', (ground) => {
    expect(contrast(scheme.quiet, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme.accent, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(markTones.map((tone) => [tone, scheme.marks[tone]] as const))('has a sign for %s that is seen', (_, colour) => {
    expect(contrast(colour, scheme.ground)).toBeGreaterThanOrEqual(3);
  });

  it.each(scheme.hues.map(([, line]) => line))('has the line %s that is seen', (line) => {
    expect(contrast(line, scheme.ground)).toBeGreaterThanOrEqual(3);
  });
});

function grounds({ ground, panel, raised, hues, spans }: Scheme): (readonly [string, string])[] {
  const fills = [...hues.map(([fill]) => fill), ...Object.values(spans).map(([fill]) => fill)];
  return [ground, panel, raised, ...fills].map((colour) => [colour, colour] as const);
}

/** As WCAG 2 has it. */
function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
