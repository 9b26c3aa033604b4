import { readFileSync, writeFileSync } from 'node:fs';
import { inRepository } from '../common/repository.ts';
import { withFigures } from '../common/report/document.ts';
import { tables } from './report/table.ts';
import { plot } from './report/plot.ts';
import { readResults } from './report/results.ts';

const docs = (name: string): string => inRepository('docs', name);

/** Puts the figures of a run of `outages` into the documentation: `npm run bench -- outages-doc FILE`. */
export function outagesDoc(args: readonly string[]): Promise<void> {
  const [file, ...more] = args;
  try {
    if (file === undefined || more.length > 0) throw new Error('outages-doc takes the file that outages --json has written');
    const results = readResults(readFileSync(file, 'utf8'));
    writeFileSync(docs('outages.md'), withFigures(readFileSync(docs('outages.md'), 'utf8'), 'outages-doc', tables(results)));
    writeFileSync(docs('outages.svg'), plot(results.sessions));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message.split('\n')[0]}\n`);
    process.exitCode = 2;
  }
  return Promise.resolve();
}
