import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAudio, Launched, run, succeed } from './launched.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const quiet = ['--no-audit', '--no-fund', '--prefer-offline'];

describe('the package of npm, installed in an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'davecast-npm-'));
  const bin = (name: string): string => join(folder, 'node_modules/.bin', name);
  const recordings = join(folder, 'recordings');

  beforeAll(() => {
    // dist/ is what npm ci has built here.
    succeed('npm', ['pack', '--ignore-scripts', '--pack-destination', folder]);
    writeFileSync(join(folder, 'package.json'), '{}');
    succeed('npm', ['install', ...quiet, join(folder, `davecast-${version}.tgz`)], folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is small, and brings no compiler, no bundler and no program of another machine', () => {
    expect(statSync(join(folder, `davecast-${version}.tgz`)).size).toBeLessThan(2_000_000);
    for (const name of ['typescript', 'esbuild', 'vitest', 'tsx']) expect(existsSync(join(folder, 'node_modules', name)), name).toBe(false);
    expect(succeed('find', ['node_modules', '-name', '*.node', '-o', '-path', '*/davecast/*', '-name', '*.test.*'], folder)).toBe('');
  });

  it('has the commands of package.json', () => {
    expect(succeed(bin('davecast'), ['--version']).trim()).toContain(version);
    expect(succeed(bin('daveice'), ['--version']).trim()).toContain(version);
    expect(succeed(bin('davecast-sim'), ['--list'])).toContain('encoder-death');
    expect(succeed(bin('davecast-replay'), ['--help'])).toContain('--what-if');
  });

  it('runs a station with listeners in workers of their own, and replays what that recorded, with a picture', async () => {
    const station = new Launched(bin('davecast'), ['station', '--http', '0', '--bind', '127.0.0.1', '--password', 'pw', '--workers', '2', '--record', recordings]);
    let dumped = '';
    try {
      await expectAudio(station);
      dumped = succeed(bin('davecast'), ['record', 'dump', recordings], folder);
    } finally {
      expect(await station.stop()).toBe(0);
    }
    expect(station.err).toBe('');
    const [file] = /\S+recordings\S+/.exec(dumped)!;
    const picture = join(folder, 'picture.html');
    expect(succeed(bin('davecast-replay'), [file, '--html', picture], folder)).toContain('radio');
    expect(readFileSync(picture, 'utf8')).toContain('<script');
  });

  it('runs the demo to its end', () => {
    expect(succeed(bin('davecast-demo'), ['--port', '0', '--for', '3'], folder)).toContain('http://');
  });
});

it('a checkout without development dependencies installs, and says what it lacks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'davecast-omit-'));
  try {
    mkdirSync(join(folder, 'scripts'));
    for (const file of ['package.json', 'package-lock.json', 'scripts/prepare.js', 'scripts/run.js']) cpSync(file, join(folder, file));
    const { status, stdout, stderr } = run('npm', ['ci', '--omit=dev', '--foreground-scripts', ...quiet], folder);
    expect(status, stderr).toBe(0);
    expect(stdout + stderr).toContain('davecast is not built');
    expect(existsSync(join(folder, 'node_modules/pino'))).toBe(true);
    expect(existsSync(join(folder, 'node_modules/esbuild'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
