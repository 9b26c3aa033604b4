/** `$${NAME}` stands for the text `${NAME}` itself. */
const REFERENCE = /(\$?)\$\{([^}]*)\}/g;

export interface Substituted {
  readonly text: string;
  /** Variables that are not set, or whose names cannot be. */
  readonly missing: readonly string[];
  /** At least one was put in. */
  readonly isChanged: boolean;
}

/** Puts variables of the environment where a text has `${NAME}`. */
export function substituted(text: string, env: Readonly<Record<string, string | undefined>>): Substituted {
  const missing: string[] = [];
  let isChanged = false;
  const result = text.replace(REFERENCE, (whole: string, escape: string, name: string) => {
    if (escape !== '') return whole.slice(1);
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined) missing.push(name);
    isChanged = true;
    return value ?? '';
  });
  return { text: result, missing, isChanged };
}

/** A text that stands for itself in a configuration file. */
export function escapeReferences(text: string): string {
  return text.replaceAll('${', () => '$${');
}
