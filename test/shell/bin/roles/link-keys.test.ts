import { chmodSync, statSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readOptions, type Given } from '../../../../shell/cli/options/options.ts';
import { readKey } from '../../../../shell/bin/commands/key-command.ts';
import { useByEncoder, useBySubscriber, type KeyUse } from '../../../../shell/net/keys/file/key-use.ts';
import { KEY_VARIABLE, ownKeyOf as ownKeyFor, keyOptions, keysOf, keysOptions } from '../../../../shell/bin/roles/link-keys.ts';
import { OwnKey } from '../../../../shell/net/keys/own-key.ts';
import { PeerKeys } from '../../../../shell/net/keys/file/peer-keys.ts';
import { CapturedLog } from '../../support/support.ts';
import { parseEntry, secretOf } from '../../../../shell/net/keys/file/entry.ts';
import { parseEndpoint } from '../../../../shell/net/addresses/address.ts';
import { scratchDirectory } from '../../edge/admission/support.ts';

const ownKeyOf = (given: Given, to: typeof all, use: KeyUse = useByEncoder([])): ReturnType<typeof ownKeyFor> => ownKeyFor(given, to, use);
const options = [...keysOptions(), ...keyOptions('relays')];
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
    expect(ownKeyOf(given('--key own.key --plain-to relay-2:9001'), all)).toEqual({ from: { file: 'own.key' }, plainTo: [all[1]], use: useByEncoder([]) });
    expect(ownKeyOf(given('--keys x'), all)).toBeUndefined();
    process.env[KEY_VARIABLE] = line;
    expect(ownKeyOf(given('--keys x'), all)).toEqual({ from: { secret }, plainTo: [] });
    expect(ownKeyOf(given('--key own.key'), all)).toMatchObject({ from: { file: 'own.key' } });
  });

  it('is told of by name and place, and never itself, when it is wrong', () => {
    process.env[KEY_VARIABLE] = line.slice(0, -10);
    expect(() => ownKeyOf(given('--keys x'), all)).toThrow(/^DAVECAST_KEY: must be an object in JSON, as davecast key new prints it$/);
  });

  it('is left out by connections and datagrams that are named', () => {
    expect(ownKeyOf(given('--key own.key --plain-to group@9001 --plain-to relay-1:9001'), all)?.plainTo).toEqual([all[2], all[0]]);
  });

  it.each([
    ['--key own.key --plain-to relay-1@9001', '--plain-to: this process does not connect or send to relay-1@9001'],
    ['--key own.key --plain-to relay-1', '--plain-to must be HOST:PORT or HOST@PORT, not "relay-1"'],
    ['--plain-to group@9001', '--plain-to needs --key, DAVECAST_KEY or --link-cert'],
  ])('has one line for what is wrong: %s', (line, said) => {
    expect(() => ownKeyOf(given(line), all)).toThrow(said);
  });
});

describe('the key of a process that is meant for something else', () => {
  const notesOf = (key: string, use: KeyUse, more = ''): readonly string[] => {
    process.env[KEY_VARIABLE] = key;
    const read = given(`--keys x${more}`);
    ownKeyOf(read, all, use);
    return read.notes;
  };

  it('is told of by its role', () => {
    expect(notesOf(readKey(['new', 'studio-a']), useBySubscriber)).toEqual(['DAVECAST_KEY: its role is encoder: this process connects as edge or relay, and is refused with such a key']);
    expect(notesOf(readKey(['new', 'edge-1', '--role', 'edge']), useByEncoder(['jazz']))).toEqual(['DAVECAST_KEY: its role is edge: this process connects as encoder, and is refused with such a key']);
    for (const role of ['edge', 'relay']) expect(notesOf(readKey(['new', 'a', '--role', role]), useBySubscriber)).toEqual([]);
    expect(notesOf(readKey(['new', 'studio-a']), useBySubscriber, ' --plain-to relay-1:9001 --plain-to relay-2:9001 --plain-to group@9001')).toEqual([]);
  });

  it('is told of by the mountpoints that it is not for', () => {
    const key = readKey(['new', 'studio-a', '--mounts', 'radio', '--mounts', 'news/*']);
    expect(notesOf(key, useByEncoder(['radio', 'news/hd', 'jazz', 'rock']))).toEqual(['DAVECAST_KEY: is not for the mountpoint jazz, rock: relays drop what is sent of it']);
    expect(notesOf(key, useByEncoder(['radio']))).toEqual([]);
    expect(notesOf(readKey(['new', 'studio-a']), useByEncoder(['jazz']))).toEqual([]);
  });
});

describe('the certificate of a process', () => {
  const three = '--link-cert a.crt --link-key a.key --link-ca ca.crt';
  const certificate = { cert: 'a.crt', key: 'a.key', ca: 'ca.crt' };
  const tcp = all.slice(0, 2);

  it('is shown to those that it connects to, and, with peers, to those who connect', () => {
    expect(ownKeyOf(given(three), tcp)).toEqual({ from: { certificate }, plainTo: [] });
    expect(ownKeyOf(given(`${three} --plain-to relay-2:9001 --plain-to group@9001`), all)).toEqual({ from: { certificate }, plainTo: [all[1], all[2]] });
    expect(keysOf(given(`${three} --keys peers`))).toEqual({ file: 'peers', plainFrom: [], certificate });
    expect(ownKeyOf(given(`${three} --keys peers`), [])).toBeUndefined();
    expect(ownKeyOf(given(`${three} --keys peers --key own.key`), tcp)).toMatchObject({ from: { file: 'own.key' }, plainTo: [] });
  });

  it.each([
    ['--link-cert a.crt', '--link-cert needs --link-key and --link-ca'],
    ['--link-key a.key --link-ca ca.crt', '--link-key needs --link-cert'],
    [`${three.replace('ca.crt', '')}`, '--link-ca must not be empty'],
    [`${three} --key own.key`, '--link-cert: connections are made with a key or with a certificate: leave out one of them'],
    [three, 'group@9001: a certificate seals no datagrams: use --key, or send them plain with --plain-to group@9001'],
  ])('has one line for what is wrong: %s', (line, said) => {
    expect(() => ownKeyOf(given(line), all)).toThrow(said);
  });

  it('is of no use to who connects to nobody and has no peers', () => {
    expect(() => ownKeyOf(given(three), [])).toThrow('--link-cert needs --keys: this process connects to nobody');
  });
});

it('is said not to protect what goes by NATS', () => {
  const scratch = scratchDirectory();
  const key = scratch.write('own.key', '');
  chmodSync(key, 0o600);
  for (const line of [`--key ${key}`, '--link-cert a.crt --link-key a.key --link-ca ca.crt']) {
    const options = given(line);
    ownKeyOf(options, [parseEndpoint('nats://studio:secret@h')!]);
    expect(options.notes).toEqual(['nats://h:4222: keys and certificates of links do not protect what goes by NATS, which has users and permissions of its own']);
  }
  scratch.remove();
});

it('names the peers of a relay, and those who do without', () => {
  expect(keysOf(given('--keys peers --plain-from 10.0.0.0/8 --plain-from ::1'))).toMatchObject({ file: 'peers', plainFrom: [{ address: '10.0.0.0', prefix: 8 }, { address: '::1', prefix: 128 }] });
});

it.each([[0o644, 'everybody'], [0o640, 'group'], [0o600, undefined]] as const)('are said to be open when others can read them: %o', async (mode, readBy) => {
  const scratch = scratchDirectory();
  const file = scratch.write('key', readKey(['new', 'studio-a']));
  chmodSync(file, mode);
  // Not a group of this process.
  vi.spyOn(process, 'getgid').mockReturnValue(statSync(file).gid + 1);
  vi.spyOn(process, 'getgroups').mockReturnValue([]);
  for (const make of [(log: CapturedLog) => new PeerKeys(file, log.log), (log: CapturedLog) => new OwnKey({ from: { file }, plainTo: [] }, log.log)]) {
    const told = new CapturedLog();
    const one = make(told);
    await one.start();
    one.stop();
    expect(told.all('file-loaded')).toHaveLength(1);
    expect(told.all('file-exposed').map((event) => event['readBy'])).toEqual(readBy === undefined ? [] : [readBy]);
  }
  vi.restoreAllMocks();
  scratch.remove();
});

it('in a file is told of when it is not for this process', async () => {
  const scratch = scratchDirectory();
  const told = new CapturedLog();
  const own = new OwnKey({ from: { file: scratch.write('key', readKey(['new', 'studio-a', '--mounts', 'radio'])) }, plainTo: [], use: useByEncoder(['jazz']) }, told.log);
  await own.start();
  own.stop();
  expect(told.all('file-doubtful').map((event) => event['problem'])).toEqual(['is not for the mountpoint jazz: relays drop what is sent of it']);
  scratch.remove();
});
