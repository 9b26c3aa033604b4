import { chmodSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { readOptions, type Given } from '../../../shell/cli/options.ts';
import { readKey } from '../../../shell/bin/key-command.ts';
import { KEY_VARIABLE, keyOf, keyOptions, keysOf, keysOptions } from '../../../shell/bin/link-keys.ts';
import { parseEntry, secretOf } from '../../../shell/keys/entry.ts';
import { parseEndpoint } from '../../../shell/net/address.ts';
import { scratchDirectory } from '../edge/admission/support.ts';

const options = [...keysOptions, ...keyOptions('relays')];
const given = (line: string): Given => readOptions(line.split(' '), options);
const all = ['relay-1:9001', 'relay-2:9001', 'group@9001'].map((text) => parseEndpoint(text)!);

afterEach(() => void delete process.env[KEY_VARIABLE]);

describe('davecast key new', () => {
  it('prints a line of a keys file, with another key each time', () => {
    const [one, two] = [readKey(['new', 'studio-a']), readKey(['new', 'studio-a'])];
    expect(one).not.toBe(two);
    expect(parseEntry(one)).toMatchObject({ name: 'studio-a', role: 'encoder', mounts: undefined, keys: [{ length: 32 }] });
    expect(parseEntry(readKey(['new', 'edge-1', '--role', 'edge', '--mounts', '/jazz', '--mounts', 'news/*']))).toMatchObject({ role: 'edge', mounts: ['jazz', 'news/*'] });
  });

  it('says what there is', () => {
    expect(readKey(['--help'])).toContain('davecast key new NAME');
  });
});

describe('the key of a process', () => {
  const line = readKey(['new', 'studio-a']);
  const secret = secretOf('studio-a', (parseEntry(line) as { readonly keys: readonly Uint8Array[] }).keys[0]!);

  it('is in a file, or in the environment, or there is none', () => {
    expect(keyOf(given('--key own.key --plain-to relay-2:9001'), all)).toEqual({ from: { file: 'own.key' }, plainTo: [all[1]] });
    expect(keyOf(given('--keys x'), all)).toBeUndefined();
    process.env[KEY_VARIABLE] = line;
    expect(keyOf(given('--keys x'), all)).toEqual({ from: { secret }, plainTo: [] });
    expect(keyOf(given('--key own.key'), all)).toMatchObject({ from: { file: 'own.key' } });
  });

  it('is told of by name and place, and never itself, when it is wrong', () => {
    process.env[KEY_VARIABLE] = line.slice(0, -10);
    expect(() => keyOf(given('--keys x'), all)).toThrow(/^DAVECAST_KEY: must be an object in JSON, as davecast key new prints it$/);
  });

  it('has no part in datagrams, which is said', () => {
    const options = given('--key own.key');
    keyOf(options, all);
    expect(options.notes).toEqual([expect.stringMatching(/^group@9001: datagrams carry no key/)]);
  });
});

it('names the peers of a relay, and those who do without', () => {
  expect(keysOf(given('--keys peers --plain-from 10.0.0.0/8 --plain-from ::1'))).toMatchObject({ file: 'peers', plainFrom: [{ address: '10.0.0.0', prefix: 8 }, { address: '::1', prefix: 128 }] });
});

it('are said to be open when everybody on the machine can read them', () => {
  const scratch = scratchDirectory();
  const file = scratch.write('peers', '');
  for (const [mode, notes] of [[0o644, 1], [0o640, 0], [0o600, 0]] as const) {
    chmodSync(file, mode);
    const [one, other] = [given(`--keys ${file}`), given(`--key ${file}`)];
    keysOf(one);
    keyOf(other, []);
    expect([one.notes.length, other.notes.length]).toEqual([notes, notes]);
  }
  scratch.remove();
});
