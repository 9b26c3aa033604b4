/** All PromQL of a dashboard. */
export function expressionsOf(dashboard: unknown): readonly string[] {
  if (typeof dashboard !== 'object' || dashboard === null) return [];
  return Object.entries(dashboard).flatMap(([key, value]) => (key === 'expr' && typeof value === 'string' ? [value] : expressionsOf(value)));
}
