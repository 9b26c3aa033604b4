/**
 * Leaves out as many of the parts as it can while what is left still fails: halves first, then ever smaller pieces, and
 * single ones until none can be spared. The last parts go first.
 */
export function fewest<T>(parts: readonly T[], fails: (kept: readonly T[]) => boolean): readonly T[] {
  if (parts.length > 0 && fails([])) return [];
  let kept = parts;
  for (let size = Math.ceil(kept.length / 2); size >= 1; ) {
    const before = kept.length;
    for (let end = kept.length; end > 0; end = Math.min(end - size, kept.length)) {
      const fewer = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      if (fewer.length > 0 && fails(fewer)) kept = fewer;
    }
    if (size === 1 && kept.length === before) break;
    size = Math.min(Math.ceil(size / 2), Math.max(1, kept.length));
  }
  return kept;
}
