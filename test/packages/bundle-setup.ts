import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { succeed } from './launched.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the files of `npm run bundle` are. */
    bundle: string;
  }
}

/** Builds once what several files test. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'davecast-bundle-'));
  succeed('npm', ['run', 'bundle', '--', '--executable', process.arch, '--to', folder]);
  provide('bundle', folder);
  return () => rmSync(folder, { recursive: true });
}
