/** Where a command says what it says. */
export interface Streams {
  /** A line, or several, for standard output. */
  out(text: string): void;
  /** One line for standard error. */
  problem(text: string): void;
}
