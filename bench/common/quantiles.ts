/** The values below which such shares of all lie, in the order of the shares, with so many decimals; the largest for a share of 1. */
export function quantiles(values: readonly number[], shares: readonly number[], decimals: number): string {
  return shares.map((share) => quantile(values, share).toFixed(decimals)).join(', ');
}

/** The value below which such a share of all lies; the largest for a share of 1, and 0 where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
