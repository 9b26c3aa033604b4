/** Samples by name, each with its labels as they stand there. Throws on a line that is none. */
export function samplesOf(text: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const samples = new Map<string, Map<string, number>>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const found = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (found === null) throw new Error(`no sample: ${line}`);
    const [, name = '', of = '', value] = found;
    const own = samples.get(name) ?? new Map<string, number>();
    if (own.has(of)) throw new Error(`twice: ${line}`);
    samples.set(name, own.set(of, Number(value)));
  }
  return samples;
}
