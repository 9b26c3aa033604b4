// Builds dist/, where there is a compiler: without the development dependencies (npm ci --omit=dev) there is none, and that is no failure.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
if (existsSync(new URL('node_modules/typescript/package.json', root))) {
  const { status } = spawnSync('tsc', ['-b'], { cwd: fileURLToPath(root), stdio: 'inherit', shell: true });
  process.exitCode = status ?? 1;
  if (status === 0) await bundlePageScripts();
} else if (!existsSync(new URL('dist/shell/bin/davecast.js', root))) {
  process.stderr.write('davecast is not built: there is no compiler here. Build it with npm ci, or install its package (npm pack).\n');
}

// One script of the modules of each page, so that the package needs no bundler.
async function bundlePageScripts() {
  for (const [from, to] of [['sim/cli/output/browser-script.js', 'sim/picture/browser'], ['shell/operations/page/script.js', 'shell/operations/page/browser']]) {
    const { bundledScript } = await import(new URL(`dist/${from}`, root));
    writeFileSync(new URL(`dist/${to}/page-script.js`, root), bundledScript());
  }
}
