import { expect, it } from 'vitest';
import { withSettings } from '../../../core/config/settings.ts';
import { parseRange } from '../../../shell/net/allow.ts';
import { RelayApp, type RelayConfig } from '../../../shell/relay/relay.ts';
import { CapturedLog } from '../support.ts';
import { keyedRelay, TestPeer } from './support.ts';

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

it('says nothing of a relay with keys', async () => {
  const relay = await keyedRelay([new TestPeer('studio-a').line()], [], { isReachable });
  await relay.stop();
  expect(relay.told.all('open-to-everybody')).toEqual([]);
});
