import dgram from 'node:dgram';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { bindAddress } from '../../../shell/cli/options/arguments.ts';
import { readOptions } from '../../../shell/cli/options/options.ts';
import { allAddresses, interfaceOf } from '../../../shell/net/addresses/address.ts';
import { parseRange } from '../../../shell/net/addresses/allow.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import { StationApp } from '../../../shell/station/station.ts';
import { CapturedLog, RawClient } from '../support/support.ts';
import { pairOf } from './tls/support.ts';

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function ask(host: string, port: number, request: string): Promise<string> {
  const client = new RawClient(port, net.connect({ port, host, allowHalfOpen: true })).write(request);
  await client.closed;
  return client.text;
}

it('listens on all addresses, unless told otherwise', () => {
  const options = [{ name: 'bind', value: 'ADDRESS', help: '' }];
  expect(bindAddress(readOptions([], options))).toBe(allAddresses());
  expect(bindAddress(readOptions([], options), '127.0.0.1')).toBe('127.0.0.1');
  expect(bindAddress(readOptions(['--bind', '::1'], options), '127.0.0.1')).toBe('::1');
  expect([allAddresses(), '0.0.0.0', '::1'].map(interfaceOf)).toEqual([undefined, undefined, '::1']);
});

const hasBoth = allAddresses() === '::' && Object.values(networkInterfaces()).flatMap((all) => all ?? []).some(({ address }) => address === '::1');

describe.runIf(hasBoth)('a process that listens on all addresses', () => {
  const bind = allAddresses();

  it('is reached by IPv4 and IPv6, and calls both by their own addresses', async () => {
    const told = new CapturedLog();
    const tls = { port: 0, certificates: [pairOf('local')] };
    const app = new StationApp({ bind, httpPort: 0, tls, shoutcast: { port: 0, mount: 'one' }, sources: { origin: 'here', title: '', headers: [], mounts: new Map(), password: 'pw', only: undefined }, sourcesPerMount: 8, pulled: [], peers: [], inPort: 0, outPort: 0, allowIn: [], allowOut: [], settings: defaultSettings, relaySettings: defaultSettings }, told.log);
    stops.push(() => app.stop());
    await app.start();
    expect(told.all('listening').map(({ what, transport, address }) => `${String(what)} ${String(transport)} ${String(address)}`).toSorted()).toEqual(
      ['http tcp', 'https tcp', 'in tcp', 'in udp', 'out tcp', 'shoutcast tcp'].map((what) => `${what} ::`),
    );
    for (const host of ['127.0.0.1', '::1']) {
      for (const what of ['http', 'https', 'shoutcast', 'in', 'out']) {
        const socket = net.connect({ host, port: await told.port(what) });
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
        socket.destroy();
      }
      expect(await ask(host, await told.port('http'), 'NO\r\n\r\n')).toMatch(/^HTTP\/1\.0 400 /);
    }
    expect(told.all('refused')).toMatchObject([{ reason: 'bad head', peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown }]);
    await expect.poll(() => told.all('subscriber-joined').map(({ label }) => String(label).replace(/:\d+$/, ''))).toEqual(expect.arrayContaining(['127.0.0.1', '[::1]']));
  });
});

describe.runIf(hasBoth)('a relay that listens on all addresses', () => {
  it('gets datagrams of both families, calls their senders by their own addresses, and knows whom it allows', async () => {
    const told = new CapturedLog();
    const relay = new RelayApp({ bind: allAddresses(), inPort: 0, outPort: undefined, upstreams: [], multicasts: [], allowIn: [parseRange('127.0.0.1')!, parseRange('::1')!], settings: defaultSettings }, told.log);
    stops.push(() => relay.stop());
    await relay.start();
    const port = await told.port('in');
    for (const [type, host, name] of [['udp4', '127.0.0.1', '127.0.0.1:'], ['udp6', '::1', '[::1]:']] as const) {
      const sender = dgram.createSocket(type);
      await new Promise<void>((resolve) => sender.bind(0, host, resolve));
      sender.send('x', port, host);
      await expect.poll(() => told.all('path-opened').map(({ label }) => label)).toContain(`${name}${sender.address().port}`);
      sender.close();
    }
    expect(told.all('refused')).toEqual([]);
  });
});
