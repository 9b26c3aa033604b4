import dgram from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { listenUdp } from '../../../shell/net/udp.ts';

it('a datagram is told with where it comes from', async () => {
  let took: (datagram: readonly [string, string, number]) => void;
  const taken = new Promise<readonly [string, string, number]>((resolve) => (took = resolve));
  const server = await listenUdp({ address: '127.0.0.1', port: 0 }, (bytes, from) => took([Buffer.from(bytes).toString(), from.address, from.port]));
  const sender = dgram.createSocket('udp4');
  sender.send('hello', server.address().port, '127.0.0.1');
  expect(await taken).toEqual(['hello', '127.0.0.1', sender.address().port]);
  for (const socket of [server, sender]) {
    socket.close();
    await once(socket, 'close');
  }
});
