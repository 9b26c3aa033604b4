import { expect, it } from 'vitest';
import { withSettings } from '../../../../../core/config/settings.ts';
import { parseRange } from '../../../../../shell/net/addresses/allow.ts';
import { RelayApp } from '../../../../../shell/relay/relay.ts';
import type { RelayConfig } from '../../../../../shell/relay/config.ts';
import { scratchDirectory } from '../../../edge/admission/support.ts';
import { CapturedLog } from '../../../support/support.ts';
import { keyedRelay, TestPeer } from '../support.ts';

/** As on a machine with a public address. */
const isReachable = (): boolean => true;

async function openPorts(more: Partial<RelayConfig>): Promise<readonly unknown[]> {
  const told = new CapturedLog();
  const relay = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: withSettings({}), isReachable, ...more }, told.log);
  await relay.start();
  await relay.stop();
  return told.all('open-to-everybody').map(({ what }) => what);
}

it('says of each port that anybody can reach it, unless addresses are restricted', async () => {
  const one = [parseRange('192.0.2.0/24')!];
  expect(await openPorts({})).toEqual(['in', 'out']);
  expect(await openPorts({ httpPort: 0, allowIn: one })).toEqual(['out']);
  expect(await openPorts({ allowIn: one, allowOut: one })).toEqual([]);
});

it('says it of a multicast group by the interface that it is joined on, whatever the group', async () => {
  const group = { transport: 'udp', host: '239.255.77.4', port: 0 } as const;
  expect(await openPorts({ inPort: undefined, outPort: undefined, multicasts: [group] })).toEqual(['multicast']);
});

it('says it of a multicast group that is joined later by who may push then', async () => {
  const told = new CapturedLog();
  const config: RelayConfig = { bind: '127.0.0.1', inPort: undefined, outPort: undefined, upstreams: [], multicasts: [], settings: withSettings({}), isReachable, allowIn: [parseRange('192.0.2.0/24')!] };
  const relay = new RelayApp(config, told.log);
  await relay.start();
  const group = { transport: 'udp', host: '239.255.77.5', port: 0 } as const;
  for (const multicasts of [[], [group]]) (await relay.prepare({ ...config, allowIn: [], multicasts }))();
  await relay.stop();
  expect(told.all('open-to-everybody')).toMatchObject([{ what: 'multicast' }]);
});

it('says it of a relay with keys that does without them for all addresses', async () => {
  const scratch = scratchDirectory();
  const file = scratch.write('keys', new TestPeer('studio-a').line());
  expect(await openPorts({ keys: { file, plainFrom: [parseRange('0.0.0.0/0')!] } })).toEqual(['in', 'out']);
  expect(await openPorts({ keys: { file, plainFrom: [parseRange('10.0.0.0/8')!] } })).toEqual([]);
  scratch.remove();
});

it('says nothing of a relay with keys', async () => {
  const relay = await keyedRelay([new TestPeer('studio-a').line()], [], { isReachable });
  await relay.stop();
  expect(relay.told.all('open-to-everybody')).toEqual([]);
});
