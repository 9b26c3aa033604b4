import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../demo/package-root.ts';

/** Once through every fault of --chaos, with the start of the processes. */
const CHAOS_S = 63;
/** How far a cut at a frame boundary can be off. */
const HALF_A_FRAME_MS = 12;

describe('npm run demo', () => {
  it('plays through everything that --chaos does, cuts nobody off, and leaves nothing running', async () => {
    const { code, lines } = await demo('--chaos', '--for', String(CHAOS_S), '--port', '0');
    console.log(lines.filter((line) => /chaos|summary/.test(line)).join('\n'));
    expect(code).toBe(0);
    const [, missingMs, repeatedMs, switches, disconnects] =
      /summary .* missing (\d+) ms · repeated (\d+) ms · .* switches (\d+) · disconnects (\d+)/.exec(lines.join('\n'))!.map(Number);
    expect(disconnects).toBe(0);
    expect(switches).toBeGreaterThanOrEqual(2);
    expect(missingMs! + repeatedMs!).toBeLessThanOrEqual(switches! * 2 * HALF_A_FRAME_MS);
    const pids = lines.flatMap((line) => / pid (\d+)$/.exec(line)?.[1] ?? []).map(Number);
    expect(pids.length).toBe(5);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  });

  it('refuses what it does not understand with one line and exit code 2', async () => {
    const { code, lines } = await demo('--bogus');
    expect(code).toBe(2);
    expect(lines.length).toBe(1);
  });
});

function demo(...args: readonly string[]): Promise<{ readonly code: number | null; readonly lines: string[] }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(packageRoot(), 'dist/demo/main.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (text += bytes.toString()));
    child.on('close', (code) => resolve({ code, lines: text.split('\n').filter((line) => line !== '') }));
  });
}
