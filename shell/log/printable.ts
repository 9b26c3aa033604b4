/** What strangers call things must not move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
