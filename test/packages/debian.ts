import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sleep } from '../shell/support/support.ts';
import { run, succeed, type Ended } from './launched.ts';

/** Whether this machine lets its root have namespaces in which a systemd can run: many containers do not. */
export function canBoot(): boolean {
  const trial = 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/cgroup && mount -t cgroup2 none /mnt/cgroup && mkdir /mnt/cgroup/trial && rmdir /mnt/cgroup/trial && mknod /mnt/null c 1 3';
  return process.getuid?.() === 0 && run('unshare', ['--mount', '--pid', '--uts', '--ipc', '--net', '--cgroup', '--fork', 'sh', '-c', trial]).status === 0;
}

/** A tree of Debian with nothing in it but what it must have, and its systemd, which runs in namespaces of its own: no network but loopback. */
export class Debian {
  readonly root: string;
  #namespaces: ChildProcess | undefined;

  /** Installs it from Debian's archive. */
  constructor(root: string, suite: string, packages: readonly string[]) {
    this.root = root;
    const fast = ['--dpkgopt=force-unsafe-io', '--dpkgopt=path-exclude=/usr/share/locale/*', '--aptopt=Acquire::Languages "none"'];
    succeed('mmdebstrap', ['--quiet', '--variant=essential', ...fast, `--include=${['systemd', ...packages].join(',')}`, suite, root]);
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
  }

  /** Resolves when all that is to be started has been. */
  async boot(): Promise<void> {
    this.#namespaces = spawn('unshare', ['--mount', '--pid', '--uts', '--ipc', '--net', '--cgroup', '--fork', '--kill-child', 'bash', join(import.meta.dirname, 'boot.sh'), this.root], { stdio: 'ignore' });
    let state = '';
    while (!/^(running|degraded)/.test(state)) {
      expect(this.#namespaces.exitCode, state).toBeNull();
      await sleep(100);
      if (this.#first !== undefined) state = this.tell('systemctl is-system-running').stdout;
    }
  }

  /** Runs a line of the shell in it. */
  tell(line: string): Ended {
    if (this.#first === undefined) return run('chroot', [this.root, 'bash', '-c', line]);
    return run('nsenter', ['--target', `${this.#first}`, '--all', 'bash', '-c', line]);
  }

  /** The same of one that has to succeed; returns what it printed. */
  must(line: string): string {
    const { status, stdout, stderr } = this.tell(line);
    expect(status, `${line}\n${stdout}${stderr}`).toBe(0);
    return stdout.trim();
  }

  async remove(): Promise<void> {
    if (this.#namespaces !== undefined) {
      const ended = new Promise((resolve) => this.#namespaces!.once('exit', resolve));
      this.#namespaces.kill('SIGKILL');
      await ended;
    }
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Its first process, as it is called here. */
  get #first(): number | undefined {
    const pid = this.#namespaces?.pid;
    if (pid === undefined) return undefined;
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return child === undefined || child === '' ? undefined : Number(child);
  }
}
