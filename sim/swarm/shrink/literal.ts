/** Writes values as TypeScript, in the way of the files around, and knows which functions it has written calls of. */
export class Pen {
  readonly #called = new Set<string>();

  /** The names of all functions called until now. */
  get called(): string[] {
    return [...this.#called].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  }

  /** `name(a, b)`; arguments that are written already. */
  call(name: string, ...written: readonly string[]): string {
    this.#called.add(name);
    return `${name}(${written.join(', ')})`;
  }

  /** Plain data; ranges of expectations as they are made. */
  value(value: unknown): string {
    if (typeof value === 'string') return quoted(value);
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) return `[${value.map((each) => this.value(each)).join(', ')}]`;
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    if (Object.keys(value).join() === 'atLeast,atMost') return this.#range(value as { atLeast: number; atMost: number });
    if (entries.length === 0) return '{}';
    return `{ ${entries.map(([key, each]) => `${/^[a-z_$][\w$]*$/i.test(key) ? key : quoted(key)}: ${this.value(each)}`).join(', ')} }`;
  }

  #range({ atLeast, atMost }: { readonly atLeast: number; readonly atMost: number }): string {
    if (atLeast === -Infinity) return this.call('atMost', this.value(atMost));
    if (atMost === Infinity) return this.call('atLeast', this.value(atLeast));
    return this.call('within', this.value(atLeast), this.value(atMost));
  }
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  if (text.includes("'")) return json;
  return `'${json.slice(1, -1).replaceAll(String.raw`\"`, '"')}'`;
}
