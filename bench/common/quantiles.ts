/** The values below which such shares of all lie, in the order of the shares, with so many decimals; the largest for a share of 1. */
export function quantiles(values: readonly number[], shares: readonly number[], decimals: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return shares.map((share) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(decimals)).join(', ');
}
