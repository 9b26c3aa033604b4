/** All PromQL of a dashboard, that in what Grafana itself is asked for the values of a variable included: `label_values(metric, label)`. */
export function expressionsOf(dashboard: unknown): readonly string[] {
  if (typeof dashboard !== 'object' || dashboard === null) return [];
  return Object.entries(dashboard).flatMap(([key, value]) => ((key === 'expr' || key === 'query') && typeof value === 'string' && value !== 'prometheus' ? [value.replace(/^label_values\((.+), \w+\)$/, '$1')] : expressionsOf(value)));
}
