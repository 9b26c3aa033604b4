import type { MarkTone, SpanTone } from './data.ts';

/** One scheme's colours: fills carry text in `ink`, lines and glyphs stand on `ground`. */
export interface Scheme {
  readonly ground: string;
  readonly panel: string;
  readonly raised: string;
  readonly rule: string;
  readonly ink: string;
  readonly quiet: string;
  readonly accent: string;
  readonly hues: readonly (readonly [fill: string, line: string])[];
  readonly spans: Readonly<Record<SpanTone, readonly [fill: string, line: string]>>;
  readonly marks: Readonly<Record<MarkTone, string>>;
}

/** Hues that people who see few colours can tell apart by brightness, too; every encoder has one in all lanes. */
export const schemes: Readonly<Record<'light' | 'dark', Scheme>> = {
  light: {
    ground: '#ffffff',
    panel: '#f3f5f8',
    raised: '#ffffff',
    rule: '#d3d9e1',
    ink: '#16202b',
    quiet: '#55616f',
    accent: '#0b57a8',
    hues: [
      ['#b7d5f6', '#0b66b8'],
      ['#fbd5a4', '#b55f00'],
      ['#b9e4cb', '#0b7d4f'],
      ['#e2cbf2', '#8a3fb0'],
      ['#e9e08f', '#7a6f00'],
      ['#aee2e4', '#00727f'],
      ['#f7c4d7', '#b83269'],
      ['#e0cdba', '#7d5130'],
    ],
    spans: {
      good: ['#d5ead9', '#2c7a45'],
      idle: ['#dfe5ec', '#8794a3'],
      warn: ['#ffe27a', '#8a5d00'],
      bad: ['#f6aaa0', '#b3261a'],
      off: ['#eceff3', '#a9b3bf'],
    },
    marks: { bad: '#b3261a', switch: '#6a1fb0', fault: '#c22e00', loss: '#8a5d00', repair: '#1c7a3e', news: '#0b57a8', routine: '#8794a3' },
  },
  dark: {
    ground: '#10161d',
    panel: '#18212b',
    raised: '#212c38',
    rule: '#33404e',
    ink: '#eef3f8',
    quiet: '#a5b2c0',
    accent: '#7cc0ff',
    hues: [
      ['#174573', '#5fb0ff'],
      ['#6f430a', '#ffb04d'],
      ['#12573b', '#4fd39a'],
      ['#54306e', '#cd9af5'],
      ['#55500b', '#e0d34a'],
      ['#0d515a', '#4fd0dc'],
      ['#6d2545', '#ff86b3'],
      ['#523823', '#d8ab80'],
    ],
    spans: {
      good: ['#1d4429', '#5cc47d'],
      idle: ['#2a3643', '#73828f'],
      warn: ['#665008', '#ffcf3f'],
      bad: ['#7d1d15', '#ff7a6b'],
      off: ['#1a232d', '#556270'],
    },
    marks: { bad: '#ff7a6b', switch: '#d3a2ff', fault: '#ff9466', loss: '#ffcf3f', repair: '#5cd68a', news: '#7cc0ff', routine: '#73828f' },
  },
};
