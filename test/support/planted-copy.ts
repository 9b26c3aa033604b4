import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fault that is put into the code on purpose: this text, which is there once, becomes that. */
export interface Planted {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const root = join(import.meta.dirname, '../..');
const COPIED = ['core', 'sim', 'shell', 'demo', 'bench', 'scenarios', 'test', 'package.json', 'tsconfig.json', 'tsconfig.base.json', 'vitest.config.ts', '.oxlintrc.json'];

/** A copy of the machine, with or without a fault, to be removed when nobody needs it any more. */
export class PlantedCopy {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'davecast-planted-'));

  constructor(...planted: readonly Planted[]) {
    for (const name of COPIED) cpSync(join(root, name), join(this.directory, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'));
    for (const each of planted) this.plant(each);
  }

  /** Throws when the text to find is not there exactly once: the code has changed, and so must the fault. */
  plant({ file, find, replace }: Planted): void {
    const path = join(this.directory, file);
    const parts = readFileSync(path, 'utf8').split(find);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times what was to be replaced: ${find}`);
    writeFileSync(path, parts.join(replace));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
