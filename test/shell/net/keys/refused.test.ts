import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withSettings, type Settings } from '../../../../core/config/settings.ts';
import { prefixed } from '../../../../core/wire/framing.ts';
import { encodeRefused } from '../../../../core/wire/messages/refused.ts';
import { dialPlain, type Dial } from '../../../../shell/net/hosts/dial.ts';
import { dialKeyed } from '../../../../shell/net/keys/dial.ts';
import { TcpLink } from '../../../../shell/net/hosts/tcp-link.ts';
import { Wiring } from '../../../../shell/net/wiring/wiring.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { CapturedLog } from '../../support/support.ts';
import { keyedRelay, relaySettings, TestPeer, type KeyedRelay } from './support.ts';

const studio = new TestPeer('studio-a');
const edge = new TestPeer('edge-1', { role: 'edge' });
const stops: (() => unknown)[] = [];
let keyed: KeyedRelay;

beforeAll(async () => void (keyed = await keyedRelay([studio.line(), edge.line()])));
afterAll(() => keyed.stop());
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Dialler {
  readonly told: CapturedLog;
  /** What its user was told. */
  readonly seen: string[];
}

function dial(port: number, as: TestPeer | 'plain' | Dial, { watchIdle = false, settings = {} }: { readonly watchIdle?: boolean; readonly settings?: Partial<Settings> } = {}): Dialler {
  const told = new CapturedLog();
  const seen: string[] = [];
  const all = withSettings({ backoffMinMs: 5, backoffMaxMs: 20, ...settings });
  const by: Dial = as === 'plain' ? dialPlain : typeof as === 'function' ? as : (options, take) => dialKeyed(options, as.secret(), take);
  const link = new TcpLink({ hosts: ['127.0.0.1'], port, endpoint: `relay:${port}`, wiring: new Wiring(all, told.log), settings: all, watchIdle, dial: by, refusedAgainMs: 20, log: told.log }, { up: () => seen.push('up'), bytes: () => undefined, down: (_, reason) => seen.push(reason) });
  stops.push(() => link.stop());
  link.start();
  return { told, seen };
}

/** Whoever connects is told this, and let go, unless they are kept; undefined: nothing, and nobody is let go. */
async function server(says: Uint8Array | undefined, keeps = false): Promise<{ readonly port: number; readonly connections: () => number }> {
  let connections = 0;
  const listening = net.createServer((socket) => {
    connections++;
    socket.on('error', () => undefined).resume();
    if (says !== undefined && keeps) socket.write(says);
    else if (says !== undefined) socket.end(says);
    stops.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  stops.push(() => listening.close());
  return { port: (listening.address() as net.AddressInfo).port, connections: () => connections };
}

const tried = async ({ told }: Dialler, times: number): Promise<void> => await expect.poll(() => told.all('connecting').length, { timeout: 20_000 }).toBeGreaterThan(times);

describe('a connection that is refused does not count as one, and says why, once', () => {
  it('with a key, by a relay without keys, which knows it, too', async () => {
    const told = new CapturedLog();
    const app = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: withSettings(relaySettings) }, told.log);
    await app.start();
    stops.push(() => app.stop());
    for (const port of ['in', 'out']) {
      const one = dial(await told.port(port), port === 'in' ? studio : edge, { watchIdle: port === 'out' });
      await tried(one, 3);
      expect(one.seen).toEqual([]);
      expect(one.told.all('link-refused').map(({ reason }) => reason)).toEqual(['the other end has no keys file']);
    }
    expect(await told.until('wiring')).toMatchObject({ problem: 'client-is-tls' });
  });

  it.each([['edge-1 at --in', 'in', edge], ['studio-a at --out', 'out', studio]] as const)('with a key of another role: %s', async (_, port, peer) => {
    const one = dial(keyed[port], peer, { watchIdle: port === 'out' });
    await tried(one, 3);
    expect(one.seen).toEqual([]);
    expect(one.told.all('link-refused').map(({ reason }) => reason)).toEqual([expect.stringContaining('this key is for another port')]);
    expect(one.told.all('wiring')).toEqual([]);
  });

  it('without a key, by a relay with keys: but for the first time', async () => {
    const one = dial(keyed.in, 'plain');
    await tried(one, 4);
    expect(one.seen).toEqual(['up', expect.stringContaining('the other end speaks TLS')]);
    expect(one.told.all('link-refused')).toHaveLength(1);
    expect(one.told.all('wiring')).toMatchObject([{ problem: 'peer-is-tls' }]);
    expect(keyed.refused()).toContain('link without a key');
  });

  it('the same of who only reads', async () => {
    const { port, connections } = await server(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40));
    const one = dial(port, 'plain', { watchIdle: true });
    await tried(one, 4);
    expect(connections()).toBeGreaterThan(3);
    expect(one.seen.filter((what) => what === 'up')).toHaveLength(1);
    expect(one.told.all('link-refused')).toHaveLength(1);
  });

  it('by one that does not close it', async () => {
    const { port } = await server(prefixed(encodeRefused('go away')), true);
    const asKeyed: Dial = (options, take) => ({ ...dialPlain(options, take), keyed: { unanswered: 'silent', isRefusal: () => false } });
    const one = dial(port, asKeyed);
    await tried(one, 3);
    expect(one.seen).toEqual([]);
    expect(one.told.all('link-refused').map(({ reason }) => reason)).toEqual(['go away']);
  });

  it('with a key, by an original relay, which does not answer', async () => {
    const { port } = await server(undefined);
    // Long enough that even a busy machine connects in it.
    const one = dial(port, studio, { settings: { connectTimeoutMs: 300 } });
    await tried(one, 2);
    expect(one.seen).toEqual([]);
    expect(one.told.all('disconnected')).toMatchObject([{ reason: 'the other end does not answer TLS: it has no keys file, or is no relay' }]);
    expect(one.told.all('link-refused')).toHaveLength(1);
  });
});

describe('a connection that is not refused', () => {
  it('counts as soon as the relay has said something', async () => {
    const [source, reader] = [dial(keyed.in, studio), dial(keyed.out, edge, { watchIdle: true })];
    for (const { seen } of [source, reader]) await expect.poll(() => seen).toEqual(['up']);
    for (const { told } of [source, reader]) expect([...told.all('link-refused'), ...told.all('wiring')]).toEqual([]);
  });
});
