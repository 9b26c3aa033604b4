import dgram from 'node:dgram';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { AllowList, isReachableFromOutside, parseRange } from '../../../../shell/net/addresses/allow.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { announce } from '../../../core/support/messages.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

const apps: RelayApp[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
});

describe('a range of addresses', () => {
  it.each([
    ['192.0.2.0/24', ['192.0.2.1', '::ffff:192.0.2.255'], ['192.0.3.1', '::1']],
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.8']],
    ['0.0.0.0/0', ['192.0.2.7', '::ffff:10.0.0.1'], ['2001:db8::1']],
    ['2001:db8::/32', ['2001:db8::1', '2001:DB8:ffff::'], ['2001:db9::1', '192.0.2.7']],
    ['::1', ['::1'], ['::2', '127.0.0.1']],
    ['::ffff:10.0.0.0/104', ['10.1.2.3', '::ffff:10.255.0.1'], ['11.0.0.1']],
    ['64:ff9b::192.0.2.0/120', ['64:ff9b::c000:201', '64:ff9b::192.0.2.255'], ['64:ff9b::c000:301']],
    ['2001:db8:0:1::/64', ['2001:0db8::1:0:0:0:7'], ['2001:db8:0:2::7']],
    ['::/0', ['2001:db8::1'], ['192.0.2.1']],
    ['fe80::/10', ['fe80::1%eth0'], ['2001:db8::1']],
  ])('%s holds %j and not %j', (text, inside, outside) => {
    const list = new AllowList([parseRange(text)!]);
    for (const address of inside) expect([address, list.allows(address)]).toEqual([address, true]);
    for (const address of [...outside, '', '?', undefined]) expect([address, list.allows(address)]).toEqual([address, false]);
  });

  it.each(['', 'x', '192.0.2', '192.0.2.0/33', '192.0.2.0/', '192.0.2.0/-1', '192.0.2.0/24/8', '192.0.2.0/2x', '2001:db8::/129', '::ffff:10.0.0.0/8', 'fe80::1%eth0/64', ' 10.0.0.0/8'])('is none: "%s"', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  it('that is not given allows everybody', () => {
    expect(new AllowList([]).allows('192.0.2.1')).toBe(true);
  });
});

describe('a relay with --allow', () => {
  async function start(allowed: { in: string[]; out: string[] }): Promise<{ log: CapturedLog; into: number; out: number }> {
    const log = new CapturedLog();
    const ranges = (texts: readonly string[]): NonNullable<ReturnType<typeof parseRange>>[] => texts.map((text) => parseRange(text)!);
    const app = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], allowIn: ranges(allowed.in), allowOut: ranges(allowed.out), settings: defaultSettings }, log.log);
    apps.push(app);
    await app.start();
    return { log, into: await log.port('in'), out: await log.port('out') };
  }

  it('closes connections from elsewhere at once, and takes no datagrams from there', async () => {
    const { log, into, out } = await start({ in: ['192.0.2.0/24'], out: ['2001:db8::/32'] });
    await new RawClient(into).closed;
    await new RawClient(out).closed;
    const socket = dgram.createSocket('udp4');
    socket.send(announce(1, 'jazz'), into, '127.0.0.1');
    await log.until('refused', { reason: 'not allowed' });
    await new Promise((resolve) => socket.close(() => resolve(undefined)));
    expect(log.all('subscriber-joined')).toEqual([]);
    expect(log.all('stream-new')).toEqual([]);
    expect(log.all('path-opened').map(({ label }) => label)).toEqual(['udp']);
  });

  it('serves those who are named', async () => {
    const { log, into, out } = await start({ in: ['127.0.0.0/8'], out: ['127.0.0.1'] });
    const [encoder, edge] = [net.connect(into, '127.0.0.1'), net.connect(out, '127.0.0.1')];
    await log.until('subscriber-joined');
    const socket = dgram.createSocket('udp4');
    socket.send(announce(1, 'jazz'), into, '127.0.0.1');
    await log.until('stream-announced', { mount: 'jazz' });
    await new Promise((resolve) => socket.close(() => resolve(undefined)));
    encoder.destroy();
    edge.destroy();
  });

  it('closes a connection that says nothing of use in its time', async () => {
    const log = new CapturedLog();
    const app = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: { ...defaultSettings, firstMessageMs: 100 } }, log.log);
    apps.push(app);
    await app.start();
    await new RawClient(await log.port('in')).closed;
    expect(log.all('path-closed')).toMatchObject([{ reason: 'nothing of use in 100 ms' }]);
  });
});

describe('a port', () => {
  const open = (bind: string, ...own: string[]): boolean => isReachableFromOutside(bind, own);

  it('can be reached from outside at an address that is public', () => {
    expect(open('::', '127.0.0.1', '::1', '192.0.2.7')).toBe(true);
    expect(open('0.0.0.0', '127.0.0.1', '192.0.2.7')).toBe(true);
    expect(open('192.0.2.7')).toBe(true);
    expect(open('2001:db8::1')).toBe(true);
    expect(open('::', '127.0.0.1', '2001:db8::1')).toBe(true);
    expect(open('172.32.0.1')).toBe(true);
  });

  it('cannot at one of this machine, of a link, or of a private network', () => {
    for (const address of ['127.0.0.1', '::1', '10.1.2.3', '172.31.255.1', '192.168.0.1', '169.254.1.1', '100.64.0.1', 'fd00::1', 'fe80::1%eth0', '::ffff:10.0.0.1']) expect(open(address), address).toBe(false);
    expect(open('::', '127.0.0.1', '::1', '10.0.0.7', 'fe80::1', 'fd00::7')).toBe(false);
    expect(open('0.0.0.0', '127.0.0.1', '2001:db8::1')).toBe(false);
  });
});
