import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AddressRules } from '../../../../shell/net/address-lists/address-rules.ts';
import { ReloadedFiles } from '../../../../shell/process/files/reloaded-files.ts';
import { ask, CapturedLog, RawClient } from '../../support/support.ts';
import { scratchDirectory, serve, type Served } from './support.ts';

const scratch = scratchDirectory();
const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));
afterAll(() => scratch.remove());

async function rules(allow: string | undefined, deny: string | undefined): Promise<AddressRules> {
  const files = new ReloadedFiles(new CapturedLog().log);
  stops.push(() => files.stop());
  const made = new AddressRules({ allow: allow === undefined ? undefined : scratch.write('allow', allow), deny: deny === undefined ? undefined : scratch.write('deny', deny) }, files);
  await files.start();
  return made;
}

describe('lists of addresses', () => {
  it('admit everybody where there are none', async () => {
    expect((await rules(undefined, undefined)).admit('192.0.2.1')).toBe(true);
    expect((await rules(undefined, '# nobody\r\n\r\n')).admit('192.0.2.1')).toBe(true);
  });

  it('admit those who are allowed, and of them nobody who is denied', async () => {
    const list = await rules('# ours\n192.0.2.0/24   # the office\n  2001:db8::/32\r\n', '192.0.2.66\n2001:db8:bad::/48\n');
    for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1']) expect(list.admit(address), address).toBe(true);
    for (const address of ['192.0.2.66', '::ffff:192.0.2.66', '198.51.100.1', '2001:db8:bad::1', '2001:db9::1', '?']) expect(list.admit(address), address).toBe(false);
  });

  it('are refused with file and line when they are wrong, and when an allow list has nobody', async () => {
    await expect(rules('192.0.2.0/24\n\n# x\n192.0.2.0/33\nhost.example', undefined)).rejects.toThrow(
      new RegExp('^.*/allow:4: must be a range of addresses such as 192.0.2.0/24 or 2001:db8::/32, not "192.0.2.0/33"\n.*/allow:5: .*, not "host.example"$'),
    );
    await expect(rules('# later', undefined)).rejects.toThrow(/allow: has no range of addresses: nobody would be let in$/);
  });
});

describe('an edge with lists of addresses', () => {
  let edge: Served;
  let client: RawClient;

  beforeAll(async () => {
    const [deny, closed] = [scratch.write('deny-all', '192.0.2.0/24\n'), scratch.write('only', '198.51.100.0/24\n')];
    edge = await serve(['open', 'closed'], { deny, mounts: new Map([['closed', { allow: closed }]]) });
  });

  afterAll(async () => {
    client.socket.destroy();
    await edge.stop();
  });

  it('answers 403 at a mountpoint that does not allow the address, to HEAD as well, and counts it', async () => {
    client = new RawClient(edge.port).write('GET /open HTTP/1.0\r\n\r\n');
    expect(await client.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await ask(edge.port, 'GET /closed HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 [^]*Your address is not allowed to listen/);
    expect(await ask(edge.port, 'HEAD /closed HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 /);
    expect(await edge.told.until('refused')).toMatchObject({ reason: 'listener not allowed', peer: expect.stringMatching(/^127\.0\.0\.1:/) as string });
  });

  it('reads them again at SIGHUP; who plays goes on', async () => {
    scratch.write('deny-all', '127.0.0.0/8\n');
    process.emit('SIGHUP', 'SIGHUP');
    await edge.told.until('file-loaded', { file: scratch.path('only') });
    await expect.poll(() => edge.told.all('file-loaded').filter(({ file }) => file === scratch.path('deny-all')).length).toBe(2);
    expect(await ask(edge.port, 'GET /open HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 /);
    const before = client.received.length;
    await client.until((received) => received.length > before);
    expect(client.socket.destroyed).toBe(false);
  });

  it('goes on with what they said when they are wrong', async () => {
    scratch.write('deny-all', 'nonsense\n');
    process.emit('SIGHUP', 'SIGHUP');
    expect(await edge.told.until('file-refused')).toMatchObject({ problem: expect.stringMatching(/deny-all:1: must be a range/) as string });
    expect(await ask(edge.port, 'GET /open HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 /);
  });
});

it('does not start with a list that cannot be read', async () => {
  await expect(serve(['one'], { allow: scratch.path('none'), deny: scratch.write('bad', 'x') })).rejects.toThrow(/none: cannot be read: no such file or directory \(ENOENT\)\n.*bad:1: must be/);
});
