import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleProgram } from './bundle.ts';
import { makeExecutable, withNodeFor } from './executable.ts';
import { licencesOf, packagePart } from './licences.ts';

const USAGE = `npm run bundle [-- --executable x64|arm64 ...] [--to FOLDER]

Writes davecast.cjs: all of davecast and daveice in one file, which Node.js 20.19 or newer runs.
--executable also writes davecast-linux-ARCH, which has Node.js in it. The Node.js of another processor comes from npm.
--to is dist/bundle if it is not given.
`;

try {
  const { values } = parseArgs({ options: { executable: { type: 'string', multiple: true }, to: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) process.stdout.write(USAGE);
  else await make(values.to ?? join(import.meta.dirname, '../../dist/bundle'), values.executable ?? []);
} catch (error) {
  process.stderr.write(`bundle: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function make(folder: string, architectures: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { code, packages } = await bundleProgram();
  const parts = packages.map(packagePart);
  write(join(folder, 'davecast.cjs'), (file) => writeFileSync(file, code));
  write(join(folder, 'LICENSES'), (file) => writeFileSync(file, licencesOf(parts)), 0o644);
  for (const arch of architectures) {
    await withNodeFor(arch, async (node) => {
      const file = join(folder, `davecast-linux-${arch}`);
      await makeExecutable(code, node, file);
      write(file);
      write(join(folder, `LICENSES-linux-${arch}`), (to) => writeFileSync(to, licencesOf([...parts, { name: 'Node.js', licence: node.licence }])), 0o644);
    });
  }
}

/** Says what has been written. */
function write(file: string, make: (file: string) => void = () => undefined, mode = 0o755): void {
  make(file);
  chmodSync(file, mode);
  process.stdout.write(`${file} ${(statSync(file).size / 1e6).toFixed(1)} MB\n`);
}
