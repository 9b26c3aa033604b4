import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readKey } from '../../../shell/bin/commands/key-command.ts';
import { parseEndpoint } from '../../../shell/net/addresses/address.ts';
import { scratchDirectory } from '../edge/admission/support.ts';
import { ask } from '../support/support.ts';
import { isUnbroken, listener, Programme, source, station, stopAll } from './support.ts';

const scratch = scratchDirectory();
afterEach(stopAll);
afterAll(() => scratch.remove());

/** The files of a new key: to sign with, and to verify with. */
function keyOf(name: string): { readonly sign: string; readonly verify: string } {
  const sign = scratch.write(`${name}.sign`, readKey(['new', name, '--sign']));
  return { sign, verify: scratch.write(`${name}.verify`, readKey(['public', sign])) };
}

describe('a station that signs and verifies', () => {
  it('gives out what its own sources send, and its peers sign, and nothing else', async () => {
    const [here, there] = [keyOf('here'), keyOf('there')];
    // A busy machine may stand still for a while: what is signed has to be verified all the same.
    const settings = { signMs: 100, unsignedMs: 1_500 };
    const signs = await station({ outPort: 0, sign: { file: there.sign, mounts: [] }, settings });
    const plain = await station({ outPort: 0, settings });
    const peers = await Promise.all([signs, plain].map(async ({ told }) => parseEndpoint(`127.0.0.1:${await told.port('out')}`)!));
    // It signs by a key that is not in its file.
    const both = await station({ peers, sign: { file: here.sign, mounts: [] }, verify: there.verify, settings });
    const programme = new Programme([await source(both.port, 'own'), await source(signs.port, 'signed'), await source(plain.port, 'plain')]);
    for (const mount of ['own', 'signed']) {
      const client = await listener(both.port, mount);
      await expect.poll(() => programme.heard(client).length).toBeGreaterThan(20);
      expect(isUnbroken(programme.heard(client))).toBe(true);
    }
    await both.told.until('stream-unproven', { why: 'no-signature' });
    expect(await ask(both.port, 'GET /plain HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 404 /);
    expect(both.told.all('stream-unproven').map(({ mount }) => mount)).toEqual(['plain']);
  }, 30_000);
});
