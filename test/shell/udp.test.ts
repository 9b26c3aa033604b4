import dgram from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { listenUdp } from '../../shell/udp.ts';

it('a datagram is told with the address that it comes from', async () => {
  let took: (datagram: readonly [string, string]) => void;
  const taken = new Promise<readonly [string, string]>((resolve) => (took = resolve));
  const server = await listenUdp({ address: '127.0.0.1', port: 0 }, (bytes, from) => took([Buffer.from(bytes).toString(), from]));
  const sender = dgram.createSocket('udp4');
  sender.send('hello', server.address().port, '127.0.0.1');
  expect(await taken).toEqual(['hello', '127.0.0.1']);
  for (const socket of [server, sender]) {
    socket.close();
    await once(socket, 'close');
  }
});
