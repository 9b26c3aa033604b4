/** Columns as wide as they need to be: the first ones' text begins at the left, numbers end at the right. */
export function textTable(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, String(cell).length)), []);
  const isNumber = widths.map((_, column) => typeof rows.at(-1)?.[column] === 'number');
  return rows.map((row) =>
    row
      .map((cell, column) => (isNumber[column] ? String(cell).padStart(widths[column]!) : String(cell).padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** `3 min`, `4 h 11 min`: as people say it, from seconds. */
export function spoken(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [size, unit] of units) {
    if (rest < size) continue;
    parts.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return parts.length === 0 ? '0 s' : parts.slice(0, 2).join(' ');
}
