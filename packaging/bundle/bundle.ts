import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { bundledScript } from '../../shell/operations/page/script.ts';
import type { ThreadName } from '../../shell/process/start-thread.ts';
import type { BuiltIn } from './program/built-in.ts';

const root = join(import.meta.dirname, '../..');
const program = join(import.meta.dirname, 'program');

/** Modules that find others by the names of files, and what stands in place of them where there is one file. */
const replaced: Readonly<Record<string, string>> = {
  'shell/process/version.ts': 'version.ts',
  'shell/process/start-thread.ts': 'start-thread.ts',
  'shell/edge/workers/fork.ts': 'fork.ts',
  'shell/operations/page/script.ts': 'page-script.ts',
};

/** All of them: the compiler sees to that. */
const threadNames: Readonly<Record<ThreadName, true>> = { 'process/watchdog/thread': true, 'edge/admission/auth/password-thread': true };

export interface Bundle {
  /** A CommonJS module, which `node` runs. */
  readonly code: string;
  /** Names of the packages that are in it. */
  readonly packages: readonly string[];
}

/** davecast, daveice and all that they start, as one file. Rejects when a module cannot be in one, or with esbuild's errors. */
export async function bundleProgram(): Promise<Bundle> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const threads = await Promise.all(Object.keys(threadNames).map(async (name) => [name, await bundle(`shell/${name}.ts`)] as const));
  const builtIn: BuiltIn = { version, threads: Object.fromEntries(threads.map(([name, { code }]) => [name, code])) as BuiltIn['threads'], pageScript: bundledScript() };
  const whole = await bundle(join(relative(root, program), 'main.ts'), { banner: { js: '#!/usr/bin/env node' } }, builtIn);
  return { code: whole.code, packages: [...new Set([...threads.flatMap(([, { packages }]) => packages), ...whole.packages])].toSorted() };
}

async function bundle(entry: string, more: BuildOptions = {}, builtIn?: BuiltIn): Promise<Bundle> {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    legalComments: 'inline',
    logLevel: 'silent',
    plugins: [oneFile(builtIn)],
    ...more,
  });
  // Above all import.meta, which is empty here: a module that looks for a file of ours would not find it.
  if (warnings.length > 0) throw new Error(warnings.map(({ text, location }) => `${location?.file}:${location?.line}: ${text}`).join('\n'));
  return { code: outputFiles![0]!.text, packages: packagesIn(metafile!) };
}

const oneFile = (builtIn?: BuiltIn): Plugin => ({
  name: 'one-file',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]program[\\/]built-in\.ts$/ }, () => ({ contents: `export const builtIn = ${JSON.stringify(builtIn)};` }));
    onLoad({ filter: /[\\/]shell[\\/].*\.ts$/ }, ({ path }) => {
      const name = replaced[relative(root, path).replaceAll('\\', '/')];
      return name === undefined ? undefined : { contents: readFileSync(join(program, name), 'utf8'), loader: 'ts', resolveDir: program };
    });
  },
});

function packagesIn({ inputs }: Metafile): string[] {
  return Object.keys(inputs).flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
}
