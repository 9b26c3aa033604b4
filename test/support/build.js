// Before the first test: builds what has changed, because tests of processes start what is built (built.ts). Vitest itself reads no
// TypeScript here. A type error is printed, and `npm run types` fails for it; here it stops nothing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export default function build() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [compiler, '-b', 'shell', 'sim/cli', 'scenarios', 'demo'], { cwd: root, stdio: 'inherit' });
}
