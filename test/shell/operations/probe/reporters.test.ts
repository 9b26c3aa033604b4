import { describe, expect, it } from 'vitest';
import type { ProbeEvent } from '../../../../core/probe/events.ts';
import { JsonReporter } from '../../../../shell/operations/probe/json-reporter.ts';
import { TextReporter } from '../../../../shell/operations/probe/text-reporter.ts';
import { calmFigures } from './figures.ts';

const time = new Date(2026, 10, 22, 7, 8, 9, 12);
const moment = { time, atMs: 1_234.5678 };
const url = 'http://edge:8000/radio';
const second: ProbeEvent = { kind: 'second', isConnected: true, frames: 38, bytes: 15_900, kbps: 127.9, silentMs: 12, heldMs: 1_040 };
const figures = (): typeof calmFigures => calmFigures;

function textOf(options: { readonly columns?: number; readonly isQuiet?: boolean }, use: (reporter: TextReporter) => void): string {
  let text = '';
  const { columns, isQuiet = false } = options;
  use(new TextReporter({ write: (part) => (text += part), columns: columns === undefined ? undefined : () => columns, isQuiet }));
  return text;
}

describe('lines for people', () => {
  it('are events with the time of day, and the verdict last', () => {
    const lines = textOf({}, (reporter) => {
      reporter.event(moment, { kind: 'stalled', silentMs: 500 }, figures);
      reporter.event(moment, second, figures);
      reporter.event(moment, { kind: 'garbled', why: 'overlap' }, figures);
      reporter.summary(moment, { url, figures: calmFigures, violations: ['longest stall 612 ms, at most 500 allowed', 'disconnects 1, at most 0 allowed'] });
    }).split('\n');
    expect(lines.slice(0, 2)).toEqual(['07:08:09.012  STALL: no data for 500 ms', '07:08:09.012  GARBLED: the data of a frame overlaps that of the frame before']);
    expect(lines.slice(2)).toMatchObject([/^connections /, /^first audio /, /^stalls /, /^silence /, /^audio /, /^programme /, /^format /, /^bit rate /, /^frames /, /^garbled /, /^repeated /, /^titles /, /^BAD /, /^$/].map((pattern) => expect.stringMatching(pattern)));
    expect(lines.at(-2)).toBe(
      `BAD ${url}: 57.6 s, MP3 48 kHz mono 128 kbit/s, longest stall 24 ms, silence 0 ms, disconnects 0, garbled places 0: longest stall 612 ms, at most 500 allowed; disconnects 1, at most 0 allowed`,
    );
  });

  it('are the verdict alone when asked to be quiet', () => {
    const text = textOf({ isQuiet: true }, (reporter) => {
      reporter.event(moment, { kind: 'stalled', silentMs: 500 }, figures);
      reporter.summary(moment, { url, figures: calmFigures, violations: [] });
    });
    expect(text).toBe(`OK ${url}: 57.6 s, MP3 48 kHz mono 128 kbit/s, longest stall 24 ms, silence 0 ms, disconnects 0, garbled places 0\n`);
  });

  it('stay above the one that a terminal rewrites', () => {
    const text = textOf({ columns: 30 }, (reporter) => {
      reporter.event(moment, second, figures);
      reporter.event(moment, { kind: 'title', title: 'One' }, figures);
    });
    const live = '58 s  128 kbit/s  buffer 1 s ';
    expect(text).toBe(`\r\u001b[K${live}\r\u001b[K07:08:09.012  title: One\n${live}`);
  });

  it('are no commands to a terminal, whatever a title says', () => {
    const text = textOf({}, (reporter) => reporter.event(moment, { kind: 'title', title: 'a\u001b[2Jb\u009bc\nd' }, figures));
    expect(text).toBe('07:08:09.012  title: a [2Jb c d\n');
  });
});

describe('lines for machines', () => {
  it('are one JSON object each, with both times, and the summary last', () => {
    const lines: string[] = [];
    const reporter = new JsonReporter((line) => lines.push(line));
    reporter.event(moment, second);
    reporter.event(moment, { kind: 'title', title: 'Zwölf "\u001b' });
    reporter.summary(moment, { url, figures: { ...calmFigures, driftPpm: undefined }, violations: ['this'] });
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    const [first, title, summary] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toEqual({ time: time.toISOString(), atMs: 1_234.568, event: 'second', isConnected: true, frames: 38, bytes: 15_900, kbps: 127.9, silentMs: 12, heldMs: 1_040 });
    expect(title).toMatchObject({ event: 'title', title: 'Zwölf "\u001b' });
    expect(summary).toMatchObject({ event: 'summary', url, ok: false, violations: ['this'], connects: 1, frames: 2_500, driftPpm: null, format: { codec: 'mp3' } });
  });
});
