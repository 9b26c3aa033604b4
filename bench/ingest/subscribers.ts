import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Connections to a relay's port for edges that read everything and throw it away. */
export async function subscribe(ports: readonly number[], each: number): Promise<{ stop(): void }> {
  const buffer = new Uint8Array(262_144);
  const sockets: Socket[] = [];
  for (const port of ports) {
    for (let n = 0; n < each; n++) {
      const socket = createConnection({ host: '127.0.0.1', port, onread: { buffer, callback: () => true } });
      await once(socket, 'connect');
      sockets.push(socket.on('error', () => undefined));
    }
  }
  return { stop: () => sockets.forEach((socket) => socket.destroy()) };
}
