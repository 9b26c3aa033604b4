import { afterAll, describe, expect, it } from 'vitest';
import { defaultLimits, formatEntry, parseEntry, secretOf, type KeyEntry } from '../../../../../shell/net/keys/file/entry.ts';
import { OwnKey, ownEntryIn } from '../../../../../shell/net/keys/own-key.ts';
import { PeerKeys } from '../../../../../shell/net/keys/file/peer-keys.ts';
import { scratchDirectory } from '../../../edge/admission/support.ts';
import { CapturedLog } from '../../../support/support.ts';

const key = Buffer.alloc(32, 7).toString('base64url');
const other = Buffer.alloc(32, 8).toString('base64url');
const read = (fields: object): KeyEntry | string => parseEntry(JSON.stringify({ name: 'studio-a', key, ...fields }));

describe('a line of a keys file', () => {
  it('has a name and a key at least', () => {
    expect(read({})).toEqual({ name: 'studio-a', role: 'encoder', mounts: undefined, limits: defaultLimits, keys: [new Uint8Array(32).fill(7)] });
  });

  it('has what its peer may do, and two keys while one is replaced', () => {
    const entry = read({ role: 'edge', mounts: ['/jazz', 'news/*', '*'], limits: { connections: 2 }, key: [key, other] });
    expect(entry).toMatchObject({ role: 'edge', mounts: ['jazz', 'news/*', '*'], limits: { ...defaultLimits, connections: 2 }, keys: [{ length: 32 }, { length: 32 }] });
    expect(read({ mounts: [] })).toMatchObject({ mounts: [] });
  });

  it('is read again as it was written', () => {
    for (const entry of [read({}), read({ role: 'relay', mounts: ['a*'], key: [key, other] })]) expect(parseEntry(formatEntry(entry as KeyEntry))).toEqual(entry);
  });

  it.each([
    [{ name: undefined }, 'name must be a string'],
    [{ name: '' }, 'name must have 1 to 64'],
    [{ name: 'a/b' }, 'name must have 1 to 64'],
    [{ name: 'a\nb' }, 'name must have 1 to 64'],
    [{ name: 'x'.repeat(65) }, 'name must have 1 to 64'],
    [{ role: 'listener' }, 'role must be one of encoder, edge, relay'],
    [{ role: null }, 'role must be one of'],
    [{ mounts: 'jazz' }, 'mounts must be a list'],
    [{ mounts: [1] }, 'mounts must be a list'],
    [{ mounts: ['a b\n'] }, 'mountpoint'],
    [{ mounts: [''] }, 'a mountpoint needs a name'],
    [{ mounts: ['/'] }, 'a mountpoint needs a name'],
    [{ mounts: ['x'.repeat(256)] }, 'at most 255'],
    [{ limits: [] }, 'limits must be an object'],
    [{ limits: { listeners: 3 } }, '"listeners" is no field of limits'],
    [{ limits: { streams: 0 } }, 'limits.streams must be a whole number'],
    [{ limits: { streams: 1.5 } }, 'limits.streams must be a whole number'],
    [{ limits: { streams: '5' } }, 'limits.streams must be a whole number'],
    [{ password: 'x' }, '"password" is no field of this line; fields are name'],
    [{ key: key.slice(1) }, 'key must be 32 bytes'],
    [{ key: `${key}=` }, 'key must be 32 bytes'],
    [{ key: [] }, 'key must be 32 bytes'],
    [{ key: [key, other, key] }, 'key must be 32 bytes'],
  ])('is refused with %j', (fields, problem) => {
    const said = read(fields);
    expect(said).toContain(problem);
    expect(said).not.toContain(key.slice(1, 20));
  });

  it.each(['', 'x', '[]', 'null', '5', `{"name":"a","key":"${key}"`, `studio-a ${key}`])('is an object in JSON, and %j is none; what is said of it has nothing of a key', (line) => {
    expect(parseEntry(line)).toBe('must be an object in JSON, as davecast key new prints it');
  });
});

it('has a peer without a key known by its certificate, and no key of a process without one', () => {
  expect(parseEntry('{"name":"studio-a.example"}')).toMatchObject({ name: 'studio-a.example', role: 'encoder', keys: [] });
  expect(() => ownEntryIn('{"name":"studio-a"}', 'own.key')).toThrow('own.key: has no key');
});

it('shows which key it is by something that is not the key', () => {
  const [one, two] = [secretOf('studio-a', Buffer.alloc(32, 7)), secretOf('studio-a', Buffer.alloc(32, 8))];
  expect(one.identity).toMatch(/^studio-a\/[0-9a-f]{16}$/);
  expect(two.identity).not.toBe(one.identity);
  expect(Buffer.from(one.psk)).not.toEqual(Buffer.from(two.psk));
  expect(Buffer.from(one.psk)).not.toEqual(Buffer.alloc(32, 7));
});

describe('a file of keys', () => {
  const scratch = scratchDirectory();
  const { log } = new CapturedLog();
  afterAll(() => scratch.remove());
  const line = (name: string): string => JSON.stringify({ name, key });

  it.each([
    ['/no/such/file', undefined, 'cannot be read: no such file or directory (ENOENT)'],
    ['empty', '', ': has no peer: nobody could connect'],
    ['comments', '# studio-a has left\n\n', ': has no peer: nobody could connect'],
    ['two', `${line('studio-a')}\n${line('studio-a')}`, ':2: studio-a is there already'],
    ['half', `# a comment\n\n${line('studio-a').slice(0, -3)}`, ':3: must be an object in JSON'],
  ])('of peers is refused: %s', async (name, text, problem) => {
    const file = text === undefined ? name : scratch.write(name, text);
    const said = await new PeerKeys(file, log).start().then(() => '', (error: Error) => error.message);
    expect(said).toContain(problem);
    expect(said).not.toContain(key.slice(1, 20));
  });

  it('of peers that has become empty changes nothing', async () => {
    const told = new CapturedLog();
    const file = scratch.write('emptied', line('studio-a'));
    const keys = new PeerKeys(file, told.log);
    await keys.start();
    try {
      scratch.write('emptied', '');
      process.emit('SIGHUP');
      await expect.poll(() => told.all('file-refused')).toMatchObject([{ problem: `${file}: has no peer: nobody could connect` }]);
      expect(keys.find(secretOf('studio-a', new Uint8Array(Buffer.from(key, 'base64url'))).identity)).toBeDefined();
    } finally {
      keys.stop();
    }
  });

  it.each([
    ['none', '# nothing\n', 'has no key'],
    ['several', `${line('studio-a')}\n${line('studio-b')}`, ':2: is a second entry'],
    ['wrong', line('studio a'), 'name must have'],
  ])('of a process itself is refused: %s', async (name, text, problem) => {
    const start = new OwnKey({ from: { file: scratch.write(name, text) }, plainTo: [] }, log).start();
    expect(await start.then(() => '', (error: Error) => error.message)).toContain(problem);
  });
});
