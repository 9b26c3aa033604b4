import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { Picture } from '../picture/data.ts';
import { pageOf } from '../picture/page.ts';
import { UsageError } from './options.ts';

/** Writes a picture as a page. */
export function writeHtml(path: string, picture: Picture): void {
  const page = pageOf(picture, browserScript());
  try {
    writeFileSync(path, page);
  } catch (error) {
    throw new UsageError(`cannot write the picture to ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The page's modules as one script: from the sources or from what was compiled of them, as this very file is. */
function browserScript(): string {
  const entry = new URL(`../picture/browser/main${extname(import.meta.url)}`, import.meta.url);
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
