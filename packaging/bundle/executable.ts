import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'postject';

/** Fixed names of Node's single executable applications (nodejs.org/docs/latest-v20.x/api/single-executable-applications.html). */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** A Node.js of some processor, and its licence. */
export interface NodeProgram {
  readonly file: string;
  readonly licence: string;
}

/** Calls `use` with the Node.js of this version for Linux on `arch`, which npm has as a package. Throws when it cannot be had. */
export async function withNodeFor(arch: string, use: (node: NodeProgram) => Promise<void>): Promise<void> {
  if (process.platform === 'linux' && arch === process.arch) return await use({ file: process.execPath, licence: ownLicence() });
  await inFolder(async (folder) => {
    const name = `node-linux-${arch}@${process.versions.node}`;
    must('npm', ['pack', name, '--pack-destination', folder, '--silent']);
    const [tarball] = readdirSync(folder);
    must('tar', ['-xzf', join(folder, tarball!), '-C', folder, 'package/bin/node', 'package/LICENSE']);
    await use({ file: join(folder, 'package/bin/node'), licence: readFileSync(join(folder, 'package/LICENSE'), 'utf8') });
  });
}

/** Writes `to`: a copy of this Node.js that runs `code`, a CommonJS module, and nothing else. */
export async function makeExecutable(code: string, node: NodeProgram, to: string): Promise<void> {
  await inFolder(async (folder) => {
    const [main, output, config] = ['main.cjs', 'blob', 'sea.json'].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(main, code);
    // Neither snapshot nor code cache: those are for the processor that makes them.
    writeFileSync(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true }));
    must(process.execPath, ['--experimental-sea-config', config]);
    rmSync(to, { force: true });
    copyFileSync(node.file, to);
    // Symbols for debuggers are an eighth of it. What cannot be stripped here, of another processor say, stays as it is.
    spawnSync('strip', [to], { stdio: 'ignore' });
    await quietly(async () => await inject(to, RESOURCE, readFileSync(output), { sentinelFuse: FUSE }));
  });
}

function ownLicence(): string {
  const files = [join(dirname(process.execPath), '../LICENSE'), '/usr/share/doc/nodejs/LICENSE', '/usr/share/doc/nodejs/copyright'];
  const file = files.find((path) => existsSync(path));
  if (file === undefined) throw new Error(`the licence of ${process.execPath} is not beside it: use a Node.js that has it`);
  return readFileSync(file, 'utf8');
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'davecast-bundle-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** It warns on the console of sections whose names it cannot read, which Debian's builds of Node.js have. */
async function quietly(work: () => Promise<void>): Promise<void> {
  const { warn, log } = console;
  console.warn = console.log = () => undefined;
  try {
    await work();
  } finally {
    console.warn = warn;
    console.log = log;
  }
}

function must(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr.trim()}`);
}
