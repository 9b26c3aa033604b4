import { closeSync, openSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { Picture } from '../../picture/data.ts';
import { pageOf } from '../../picture/page.ts';
import { UsageError } from '../options.ts';

/** A page that a picture is written to. It is opened at once: nobody wants to hear of a wrong path after a long run. */
export class HtmlFile {
  readonly #descriptor: number;

  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`cannot write the picture to ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  write(picture: Picture): void {
    writeFileSync(this.#descriptor, pageOf(picture, browserScript()));
    closeSync(this.#descriptor);
  }
}

/** The page's modules as one script: from the sources or from what was compiled of them, as this very file is. */
export function browserScript(): string {
  const entry = new URL(`../../picture/browser/main${extname(import.meta.url)}`, import.meta.url);
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
