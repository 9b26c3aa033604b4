/** Where in `b` a stretch of `a` is most alike, and how much: 1 is the same but for its loudness. */
export interface Match {
  readonly at: number;
  readonly correlation: number;
}

/** The normalised cross-correlation of `a[aAt, +length)` and `b[bAt, +length)`; 0 where either is silent or not there. */
export function correlation(a: Float32Array, aAt: number, b: Float32Array, bAt: number, length: number): number {
  if (aAt < 0 || bAt < 0 || aAt + length > a.length || bAt + length > b.length) return 0;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < length; i++) {
    const x = a[aAt + i]!;
    const y = b[bAt + i]!;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa * bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** The best match of `a[aAt, +length)` among the places of `b` from `from` up to and including `to`. */
export function findBest(a: Float32Array, aAt: number, length: number, b: Float32Array, from: number, to: number): Match {
  let best: Match = { at: from, correlation: 0 };
  const last = Math.min(to, b.length - length);
  for (let at = Math.max(0, from); at <= last; at++) {
    const here = correlation(a, aAt, b, at, length);
    if (here > best.correlation) best = { at, correlation: here };
  }
  return best;
}
