import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

function packed(): readonly string[] {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8', shell: process.platform === 'win32' });
  const [{ files }] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
  return files.map(({ path }) => path);
}

describe('the package', () => {
  const files = packed();
  const modules = files.filter((path) => path.endsWith('.js') && path.startsWith('dist/'));

  it('holds what runs, and no tests', () => {
    expect(files).toEqual(expect.arrayContaining([...Object.values(manifest.bin), 'README.md', 'LICENSE', 'docs/operations.md', 'packaging/systemd/davecast-edge.service', 'demo/programme-a.mp3', 'dist/scenarios/encoder-death.js', 'dist/sim/picture/browser/page-script.js', 'dist/shell/operations/page/browser/page-script.js', 'scripts/run.js']));
    for (const name of ['sim', 'replay']) expect(files).toContain(`dist/${/(\S+)$/.exec(manifest.scripts[name]!)![1]!}.js`);
    expect(files.filter((path) => /(^|\/)(test|bench)\/|\.test\.|\.map$|\.tsbuildinfo$|\.ts$/.test(path))).toEqual([]);
  });

  it('holds all that its modules import, or depends on it', () => {
    for (const path of modules) {
      for (const [, from = ''] of readFileSync(path, 'utf8').matchAll(/^(?:import|export) (?:.* from )?'([^']+)';$/gm)) {
        if (from.startsWith('.')) expect(files, `${path} imports ${from}`).toContain(new URL(from, `file:///${path}`).pathname.slice(1));
        else if (!from.startsWith('node:')) expect(Object.keys(manifest.dependencies), `${path} imports ${from}`).toContain(from);
      }
    }
    expect(modules.length).toBeGreaterThan(300);
  });

  it('has what starts its programs: their sources, or what is built of them', () => {
    for (const program of [['scripts/run.js', 'sim/cli/main'], ['dist/sim/cli/main.js']]) {
      const { status, stdout } = spawnSync(process.execPath, [...program, '--list'], { encoding: 'utf8' });
      expect(status).toBe(0);
      expect(stdout).toContain('encoder-death');
    }
  });

  it('has a young generation of the heap that does not grow, whatever is kept', () => {
    const { stderr } = spawnSync(process.execPath, ['-r', './test/shell/bin/growing.cjs', manifest.bin['davecast']!, 'relay', '--in', '0', '--out', '0', '--bind', '127.0.0.1'], { encoding: 'utf8' });
    const [kept, before, after] = stderr.split(' ').map(Number);
    expect(kept).toBe(1_000_000);
    expect(after).toBe(before);
  });
});
