import { builtIn } from './built-in.ts';

/** In place of shell/operations/page/script.ts: the script of the page is in the file already. */
export function pageScript(): string {
  return builtIn.pageScript;
}
