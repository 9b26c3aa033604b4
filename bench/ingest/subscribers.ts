import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { prefixed } from '../../core/wire/framing.ts';
import { encodeWants } from '../../core/wire/messages/wants.ts';

/** Connections to a relay's port for edges that read what they get and throw it away. @param wanted the mountpoints that they want; all, unless given. */
export async function subscribe(ports: readonly number[], each: number, wanted?: readonly string[]): Promise<{ stop(): void }> {
  const buffer = new Uint8Array(262_144);
  const sockets: Socket[] = [];
  for (const port of ports) {
    for (let n = 0; n < each; n++) {
      const socket = createConnection({ host: '127.0.0.1', port, onread: { buffer, callback: () => true } });
      await once(socket, 'connect');
      if (wanted !== undefined) socket.write(prefixed(encodeWants(1, wanted)));
      sockets.push(socket.on('error', () => undefined));
    }
  }
  return { stop: () => sockets.forEach((socket) => socket.destroy()) };
}
