import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectAudio, Launched, run, succeed } from './launched.ts';

const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string; dependencies: Record<string, string> };
const executable = `davecast-linux-${process.arch}`;

describe.skipIf(process.platform !== 'linux')('davecast as one file', () => {
  const bundle = inject('bundle');
  const folder = mkdtempSync(join(tmpdir(), 'davecast-alone-'));
  // Each alone in a folder of its own: it finds nothing else.
  const alone = (name: string): string => join(folder, name, 'davecast');

  beforeAll(() => {
    for (const name of ['davecast.cjs', executable]) {
      mkdirSync(join(folder, name));
      copyFileSync(join(bundle, name), alone(name));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each([['davecast.cjs'], [executable]])('%s', (name) => {
    it('is davecast, and daveice where it is called so', () => {
      expect(succeed(alone(name), ['--version'])).toBe(`davecast ${version}\n`);
      expect(succeed(alone(name), ['station', '--help'])).toContain('--peer');
      const link = join(folder, name, 'daveice');
      symlinkSync('davecast', link);
      expect(succeed(link, ['--version'])).toBe(`daveice ${version}\n`);
    });

    it('takes what only its own processes are told as any wrong argument', () => {
      expect(run(alone(name), ['--davecast-part=worker-main']).status).toBe(2);
    });

    it('runs a station whose listeners are served by workers', async () => {
      const station = new Launched(alone(name), ['station', '--http', '0', '--bind', '127.0.0.1', '--password', 'pw', '--workers', '2']);
      try {
        await expectAudio(station);
        expect(station.lines('worker-started')).toHaveLength(2);
        const { port } = await station.line('listening', ({ what }) => what === 'http');
        const page = await fetch(`http://127.0.0.1:${port as number}/`, { headers: { accept: 'text/html' } });
        expect(await page.text()).toMatch(/<script>.*EventSource/s);
      } finally {
        expect(await station.stop()).toBe(0);
      }
      expect(station.lines('worker-ended')).toEqual([]);
      expect(station.err).toBe('');
    });

    it('has its watchdog', async () => {
      const relay = new Launched(alone(name), ['relay', '--in', '0', '--out', '0', '--bind', '127.0.0.1', '--loop-blocked-ms', '400'], { NODE_OPTIONS: `--require ${resolve('test/packages/standing.cjs')}` });
      try {
        const { at } = await relay.line('loop-stands-at');
        // It may be in the clock of Node.js at that moment, which it asks.
        expect(at).toContainEqual(expect.stringMatching(/^standStill test\/packages\/standing\.cjs:\d+$/));
        await relay.line('loop-goes-on');
      } finally {
        expect(await relay.stop()).toBe(0);
      }
    });
  });

  it('goes with the licences of all that is in it', () => {
    const licences = readFileSync(join(bundle, 'LICENSES'), 'utf8');
    // What only the demo and the simulator use is not in it.
    for (const name of Object.keys(dependencies).filter((each) => !['cac', 'seedrandom'].includes(each))) expect(licences).toMatch(new RegExp(`^${name} ${dependencies[name]} \\(`, 'm'));
    expect(readFileSync(join(bundle, `LICENSES-linux-${process.arch}`), 'utf8')).toMatch(/Node\.js\n\n[^]*Permission is hereby granted/);
  });
});
