import { readLines } from '../../process/files/lines.ts';
import type { Content, ReloadedFile, ReloadedFiles } from '../../process/files/reloaded-files.ts';
import { parseRange } from '../addresses/allow.ts';
import { RangeSet } from '../addresses/range-set.ts';
import { UsageError } from '../../process/problems.ts';

/** Files of ranges of addresses, one a line. */
export interface AddressFiles {
  /** Only these may. */
  readonly allow?: string | undefined;
  /** These may not, whatever else is said. */
  readonly deny?: string | undefined;
}

/** The addresses that may listen, or whatever it is about, by two files. */
export class AddressRules {
  readonly #allow: ReloadedFile<RangeSet> | undefined;
  readonly #deny: ReloadedFile<RangeSet> | undefined;

  constructor({ allow, deny }: AddressFiles, files: ReloadedFiles) {
    this.#allow = allow === undefined ? undefined : files.add(allow, allowed);
    this.#deny = deny === undefined ? undefined : files.add(deny, rangesIn);
  }

  admit(address: string): boolean {
    return this.#deny?.value.has(address) !== true && this.#allow?.value.has(address) !== false;
  }
}

async function rangesIn(text: string, file: string): Promise<Content<RangeSet>> {
  const value = new RangeSet();
  let entries = 0;
  await readLines(text, file, (line) => {
    const [written = ''] = line.split(/\s+#/);
    const range = parseRange(written.trim());
    if (range === undefined) return `must be a range of addresses such as 192.0.2.0/24 or 2001:db8::/32, not "${written}"`;
    value.add(range);
    entries++;
    return undefined;
  });
  return { value, entries };
}

/** A file that is empty by mistake must not keep everybody out. */
async function allowed(text: string, file: string): Promise<Content<RangeSet>> {
  const content = await rangesIn(text, file);
  if (content.entries === 0) throw new UsageError(`${file}: has no range of addresses: nobody would be let in`);
  return content;
}
