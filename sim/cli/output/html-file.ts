import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { Picture } from '../../picture/data.ts';
import { pageOf } from '../../picture/page.ts';
import { UsageError } from '../options/options.ts';
import { browserScript } from './browser-script.ts';

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
