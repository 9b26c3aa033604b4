import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endOf, namesOf, readPair } from '../../../../shell/net/tls/pair.ts';
import { certificateFile, pairOf } from './support.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-pair-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const chain = readFileSync(certificateFile('chain.crt'), 'latin1');
const { cert: local, key: localKey } = pairOf('local');

describe('a certificate and its key', () => {
  it('are read, also with the chain to the authority behind it', async () => {
    const pair = await readPair({ cert: certificateFile('chain.crt'), key: pairOf('renewed').key });
    expect(pair.certificate.serialNumber).toBe('1002');
    expect(namesOf(pair.certificate)).toBe('localhost, 127.0.0.1');
    expect(endOf(pair.certificate).toISOString()).toBe('2120-01-01T00:00:00.000Z');
  });

  it.each([
    ['a file that is not there', { cert: join(directory, 'none'), key: localKey }, /none: cannot be read: no such file or directory \(ENOENT\)$/],
    ['a directory', { cert: directory, key: localKey }, /: is not a file$/],
    ['an empty certificate', { cert: file('empty.crt', ''), key: localKey }, /empty.crt: has no certificate in PEM$/],
    ['the key in place of the certificate', { cert: localKey, key: localKey }, /local.key: has no certificate in PEM$/],
    ['half of the certificate', { cert: file('half.crt', readFileSync(local, 'latin1').slice(0, 300)), key: localKey }, /half.crt: ends within a certificate$/],
    ['half of the chain', { cert: file('half-chain.crt', chain.slice(0, -200)), key: pairOf('renewed').key }, /half-chain.crt: ends within a certificate$/],
    ['a certificate with wrong bytes', { cert: file('wrong.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), key: localKey }, /wrong.crt: has a certificate that cannot be read: ERR_\w+$/],
    ['half of the key', { cert: local, key: file('half.key', readFileSync(localKey, 'latin1').slice(0, 100)) }, /half.key: has no whole private key in PEM$/],
    ['the key of another one', { cert: local, key: pairOf('renewed').key }, /renewed.key: is not the key of the certificate in .*local.crt$/],
    ['a key with a passphrase', { cert: local, key: certificateFile('protected.key') }, /protected.key: is protected by a passphrase; a key without one is needed$/],
    ['a file of two megabytes', { cert: file('large.crt', 'x'.repeat(2_000_000)), key: localKey }, /large.crt: has more than 1048576 bytes$/],
  ])('are refused with the name of the file when there is %s', async (_, files, problem) => {
    await expect(readPair(files)).rejects.toThrow(problem);
  });
});
