import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceManager } from '../../../../shell/process/service/service-manager.ts';

let directory: string;
let failures: string[];
const managers: ServiceManager[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'notify-'));
  failures = [];
  program('echo "$NOTIFY_SOCKET $1" >> "$(dirname "$0")/said"');
});

afterEach(() => {
  for (const one of managers.splice(0)) one.end();
  rmSync(directory, { recursive: true });
});

/** What takes the place of systemd's program. */
function program(script: string): void {
  const path = join(directory, 'systemd-notify');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function manager(env: Readonly<Record<string, string>> = {}): ServiceManager {
  const made = new ServiceManager({ env: { NOTIFY_SOCKET: '@davecast', PATH: `${directory}:/usr/bin:/bin`, ...env }, failed: (reason) => failures.push(reason) });
  managers.push(made);
  return made;
}

function said(): readonly string[] {
  const path = join(directory, 'said');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

describe('systemd', () => {
  it('is told that the process serves, and that it ends', async () => {
    const one = manager();
    one.ready();
    await expect.poll(said).toEqual(['@davecast READY=1']);
    one.stopping();
    await expect.poll(said).toEqual(['@davecast READY=1', '@davecast STOPPING=1']);
    expect(failures).toEqual([]);
  });

  it('is told which process takes over, before this one may end', async () => {
    program('sleep 0.1; echo "$1" >> "$(dirname "$0")/said"');
    const one = manager();
    await one.handOver(42);
    expect(said()).toEqual(['MAINPID=42']);
    one.stopping();
    await one.handOver(43);
    expect(said()).toEqual(['MAINPID=42']);
    await new ServiceManager({ env: {}, failed: (reason) => failures.push(reason) }).handOver(42);
    expect(failures).toEqual([]);
  });

  it('is told again and again where it watches this process', async () => {
    manager({ WATCHDOG_USEC: '20000', WATCHDOG_PID: String(process.pid) }).ready();
    await expect.poll(said).toEqual(expect.arrayContaining(['@davecast READY=1', '@davecast WATCHDOG=1']));
    await expect.poll(() => said().filter((line) => line.endsWith('WATCHDOG=1')).length).toBeGreaterThan(2);
  });

  it.each<Readonly<Record<string, string>>>([{ WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' }, { WATCHDOG_USEC: '0' }, { WATCHDOG_USEC: 'x' }, {}])('is told once where it does not: %j', async (env) => {
    const one = manager(env);
    one.ready();
    await expect.poll(said).toHaveLength(1);
    one.stopping();
    await expect.poll(said).toEqual(['@davecast READY=1', '@davecast STOPPING=1']);
  });

  it('that cannot be told is one failure, whatever is said', async () => {
    program('echo "Failed to notify init system: Connection refused" >&2; exit 1');
    const one = manager();
    one.ready();
    one.stopping();
    await expect.poll(() => failures).toEqual(['Failed to notify init system: Connection refused']);
    rmSync(join(directory, 'systemd-notify'));
    const none = manager({ PATH: directory });
    none.ready();
    await expect.poll(() => failures[1]).toMatch(/systemd-notify.*not found/);
  });

  it('that is not there is told nothing', () => {
    const none = manager({ NOTIFY_SOCKET: '' });
    none.ready();
    none.stopping();
    expect(said()).toEqual([]);
  });
});
