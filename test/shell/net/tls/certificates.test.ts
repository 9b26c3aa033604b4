import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Certificates } from '../../../../shell/net/tls/certificates.ts';
import type { PairFiles } from '../../../../shell/net/tls/pair.ts';
import { CapturedLog } from '../../support/support.ts';
import { certificateFile, pairOf, serials, type PairName } from './support.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const stops: (() => void)[] = [];
let directory: string;
let told: CapturedLog;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-certificates-'));
  told = new CapturedLog();
});

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  rmSync(directory, { recursive: true });
});

function copied(name: PairName): PairFiles {
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  copyFileSync(pairOf(name).cert, files.cert);
  copyFileSync(pairOf(name).key, files.key);
  return files;
}

async function start(files: readonly PairFiles[], options: { readonly wallMs?: () => number; readonly lookMs?: number } = {}): Promise<Certificates> {
  const certificates = new Certificates({ files, log: told.log, lookMs: 5, ...options });
  stops.push(() => certificates.stop());
  await certificates.start();
  return certificates;
}

describe('certificates', () => {
  it('are chosen by the name that a client asks for, and the first is for all others', async () => {
    const certificates = await start([pairOf('local'), pairOf('one'), pairOf('stranger')]);
    const [first, one] = [certificates.contextFor(undefined), certificates.contextFor('one.example')];
    expect(one).not.toBe(first);
    expect(certificates.contextFor('sub.one.example')).toBe(one);
    expect(certificates.contextFor('ONE.example')).toBe(one);
    for (const name of ['localhost', 'other.example', 'deep.sub.one.example', '', 'a\0b', '*', 'x'.repeat(300)]) expect(certificates.contextFor(name)).toBe(first);
  });

  it('that cannot be used keep the process from starting', async () => {
    await expect(start([pairOf('local'), { cert: pairOf('one').cert, key: pairOf('local').key }])).rejects.toThrow(/local.key: is not the key of the certificate in .*one.crt$/);
    expect(told.events).toEqual([]);
  });

  it('are taken when their files have changed; what is half written, or no pair, is told of once and changes nothing', async () => {
    const files = copied('local');
    const certificates = await start([files]);
    const before = certificates.contextFor(undefined);
    writeFileSync(files.cert, readFileSync(pairOf('renewed').cert, 'latin1').slice(0, 300));
    expect(await told.until('certificate-refused')).toMatchObject({ problem: `${files.cert}: ends within a certificate`, inUse: serials.local });
    copyFileSync(pairOf('renewed').cert, files.cert);
    await told.until('certificate-refused', { problem: `${files.key}: is not the key of the certificate in ${files.cert}` });
    expect(certificates.contextFor(undefined)).toBe(before);
    copyFileSync(pairOf('renewed').key, files.key);
    await told.until('certificate-loaded', { serial: serials.renewed });
    expect(certificates.contextFor(undefined)).not.toBe(before);
    rmSync(files.key);
    await told.until('certificate-refused', { problem: `${files.key}: cannot be read: no such file or directory (ENOENT)` });
    expect(told.all('certificate-refused').map(({ inUse }) => inUse)).toEqual([serials.local, serials.local, serials.renewed]);
  });

  it('are found behind a symbolic link that leads elsewhere', async () => {
    const files = { cert: join(directory, 'live.crt'), key: pairOf('local').key };
    symlinkSync(pairOf('local').cert, files.cert);
    await start([files]);
    symlinkSync(certificateFile('one.crt'), `${files.cert}.new`);
    renameSync(`${files.cert}.new`, files.cert);
    await told.until('certificate-refused', { problem: `${files.key}: is not the key of the certificate in ${files.cert}` });
  });

  it('are read again at SIGHUP, whether their files have changed or not', async () => {
    const files = copied('local');
    const certificates = await start([files], { lookMs: HOUR_MS });
    copyFileSync(pairOf('renewed').cert, files.cert);
    copyFileSync(pairOf('renewed').key, files.key);
    process.emit('SIGHUP', 'SIGHUP');
    await told.until('certificate-loaded', { serial: serials.renewed });
    process.emit('SIGHUP', 'SIGHUP');
    await expect.poll(() => told.all('certificate-loaded').map(({ serial }) => serial)).toEqual([serials.local, serials.renewed, serials.renewed]);
    certificates.stop();
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });

  it('that clients accept are not replaced by one that has expired, or is not valid yet', async () => {
    const files = copied('local');
    let now = Date.now();
    await start([files], { wallMs: () => now });
    copyFileSync(pairOf('expired').cert, files.cert);
    copyFileSync(pairOf('expired').key, files.key);
    await told.until('certificate-refused', { problem: `${files.cert}: has expired on 2021-01-01T00:00:00.000Z` });
    now = Date.parse('2019-12-31T00:00:00Z');
    process.emit('SIGHUP', 'SIGHUP');
    await told.until('certificate-refused', { problem: `${files.cert}: is not valid before 2020-01-01T00:00:00.000Z` });
  });

  it('that expire within two weeks, or have expired, are told of once a day', async () => {
    let now = Date.parse('2020-12-17T23:59:00Z');
    const files = copied('expired');
    await start([files], { wallMs: () => now });
    const days = (): readonly unknown[] => told.all('certificate-expires').map(({ daysLeft }) => daysLeft);
    now += HOUR_MS;
    await expect.poll(days).toEqual([13]);
    now += 23 * HOUR_MS;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(days()).toEqual([13]);
    now += HOUR_MS;
    await expect.poll(days).toEqual([13, 12]);
    now += 20 * DAY_MS;
    await told.until('certificate-expired', { file: files.cert, names: 'localhost, 127.0.0.1', until: '2021-01-01T00:00:00.000Z' });
    copyFileSync(pairOf('local').cert, files.cert);
    copyFileSync(pairOf('local').key, files.key);
    await told.until('certificate-loaded', { serial: serials.local });
    now += 3 * DAY_MS;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told.all('certificate-expired')).toHaveLength(1);
    expect(days()).toEqual([13, 12]);
  });
});
