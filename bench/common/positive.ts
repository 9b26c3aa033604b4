/** A number above 0 from a command line; where it is none, says so with status 2, and gives undefined. */
export function positive(what: string, text: string): number | undefined {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  process.stderr.write(`bench: ${what} must be a number above 0, not ${JSON.stringify(text)}\n`);
  process.exitCode = 2;
  return undefined;
}
