import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { expect, it } from 'vitest';
import { freeTcpPort, freeUdpPort } from '../../bench/common/free-port.ts';

it('a free port is given once, and not while somebody listens there', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freeTcpPort));
  expect(new Set(ports).size).toBe(20);
  const next = ports.at(-1)! + 1;
  const taken = net.createServer();
  // By us, or by somebody else already.
  await new Promise((resolve) => void taken.once('listening', resolve).once('error', resolve).listen(next, '127.0.0.1'));
  expect(await freeTcpPort()).not.toBe(next);
  taken.close();
});

it('one of UDP is not given while somebody listens there', async () => {
  const next = (await freeUdpPort()) + 1;
  const taken = dgram.createSocket('udp4');
  await new Promise((resolve) => void taken.once('listening', resolve).once('error', resolve).bind(next));
  expect(await freeUdpPort()).not.toBe(next);
  taken.close();
});

it.runIf(process.platform === 'linux')('it is none that the system gives to somebody by chance', async () => {
  const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s+/).map(Number) as [number, number];
  // As Linux has it unless told otherwise; where it gives nearly all ports away there are no others.
  if (first < 12_000) return;
  for (const port of [await freeTcpPort(), await freeUdpPort()]) expect(port < first || port > last).toBe(true);
});
