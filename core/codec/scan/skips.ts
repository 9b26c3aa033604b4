import type { SkipReason } from '../format/format.ts';

export interface SkipCount {
  count: number;
  bytes: number;
}

export type SkipCounts = Record<SkipReason, SkipCount>;

export function zeroSkipCounts(): SkipCounts {
  return {
    'garbage': zero(),
    'false-sync': zero(),
    'free-format': zero(),
    'reserved-value': zero(),
    'id3v2-tag': zero(),
    'id3v1-tag': zero(),
    'ape-tag': zero(),
    'lyrics3-tag': zero(),
    'padding': zero(),
    'xing-frame': zero(),
    'vbri-frame': zero(),
    'cut-frame': zero(),
  };
}

function zero(): SkipCount {
  return { count: 0, bytes: 0 };
}
