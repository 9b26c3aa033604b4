import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Esbuild from 'esbuild';

const folder = new URL('browser/', import.meta.url);
/** Of the sources, or of what was compiled of them, as this very file is. */
const ending = extname(import.meta.url);
/** What scripts/prepare.js has bundled: the package has no bundler. */
const built = new URL('page-script.js', folder);

/** The script of the page. Throws what esbuild throws. */
export function pageScript(): string {
  return ending === '.js' && existsSync(built) ? readFileSync(built, 'utf8') : bundledScript();
}

/** Its modules as one script. Throws where there is no esbuild, which is a development dependency. */
export function bundledScript(): string {
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof Esbuild;
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`main${ending}`, folder))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    minify: true,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
