/** Prints a figure of the suite, for docs/reliability.md. */
export function figures(what: string, value: unknown): void {
  console.log(`attack: ${what}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
}
