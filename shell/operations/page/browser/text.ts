/** 1 listener, 2 listeners. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Those that say something, one behind the other. */
export function joined(texts: readonly string[], between = ' · '): string {
  return texts.filter((text) => text !== '').join(between);
}
