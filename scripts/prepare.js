// Builds dist/, where there is a compiler: without the development dependencies (npm ci --omit=dev) there is none, and that is no failure.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
if (existsSync(new URL('node_modules/typescript/package.json', root))) {
  const { status } = spawnSync('tsc', ['-b'], { cwd: fileURLToPath(root), stdio: 'inherit', shell: true });
  process.exitCode = status ?? 1;
} else if (!existsSync(new URL('dist/shell/bin/davecast.js', root))) {
  process.stderr.write('davecast is not built: there is no compiler here. Build it with npm ci, or install its package (npm pack).\n');
}
