import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { StartError } from '../../../shell/process/problems.ts';
import { dialTcp, listenTcp, portOf, takeOver } from '../../../shell/net/tcp.ts';
import { listenTcpAndUdp } from '../../../shell/net/tcp-and-udp.ts';

const { keepAliveMs } = defaultSettings;

function bind(port: number): { address: string; port: number; keepAliveMs: number } {
  return { address: '127.0.0.1', port, keepAliveMs };
}

const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function closing(socket: net.Socket): Promise<boolean> {
  return new Promise((resolve) => socket.once('close', resolve));
}

async function server(options: { pauseOnConnect?: boolean }, accept: (socket: net.Socket) => void): Promise<{ port: number; server: net.Server }> {
  const listening = await listenTcp({ ...bind(0), ...options }, accept);
  open.push(listening);
  return { port: portOf(listening), server: listening };
}

describe('an accepted socket that is taken over', () => {
  it('gives every byte, tells of the end, can be written to, and leaves its server free to close', async () => {
    const received: Buffer[] = [];
    let socket: net.Socket | undefined;
    const { port, server: listening } = await server({ pauseOnConnect: true }, (accepted) => {
      socket = takeOver(accepted, (bytes) => received.push(Buffer.from(bytes)));
      socket.write('welcome');
    });
    const client = net.connect(port, '127.0.0.1');
    const sent = Buffer.alloc(3_000_000, 'davecast');
    client.write('early ');
    const welcome = await new Promise((resolve) => client.once('data', resolve));
    expect(String(welcome)).toBe('welcome');
    expect(socket!.remotePort).toBe(client.localPort);
    const closed = closing(socket!);
    client.end(sent);
    expect(await closed).toBe(false);
    expect(Buffer.concat(received).equals(Buffer.concat([Buffer.from('early '), sent]))).toBe(true);
    await new Promise((resolve) => listening.close(resolve));
  });

  it('tells of a reset', async () => {
    const accepted = new Promise<net.Socket>((resolve) => {
      void server({ pauseOnConnect: true }, (socket) => resolve(takeOver(socket, () => undefined))).then(({ port }) => {
        const client = net.connect(port, '127.0.0.1', () => setTimeout(() => client.resetAndDestroy(), 20));
      });
    });
    expect(await closing(await accepted)).toBe(true);
  });
});

describe('a dialled connection', () => {
  it('gives every byte, many connections side by side', async () => {
    const { port } = await server({}, (socket) => {
      socket.once('data', (id) => socket.end(Buffer.alloc(500_000, id)));
    });
    const results = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (id) => {
        const received: Buffer[] = [];
        const socket = dialTcp({ host: '127.0.0.1', port, keepAliveMs }, (bytes) => received.push(Buffer.from(bytes)));
        socket.write(id);
        await closing(socket);
        return Buffer.concat(received).equals(Buffer.alloc(500_000, id));
      }),
    );
    expect(results).toEqual([true, true, true, true]);
  });
});

describe('listening', () => {
  it('says in one line why it cannot', async () => {
    const { port } = await server({}, () => undefined);
    const again = listenTcp(bind(port), () => undefined);
    await expect(again).rejects.toThrow(`cannot listen on 127.0.0.1 port ${port} (tcp): the port is in use (EADDRINUSE)`);
    await expect(listenTcp({ ...bind(0), address: '192.0.2.1' }, () => undefined)).rejects.toThrow(/this machine has no such address/);
  });

  it('takes TCP and UDP on one number', async () => {
    const { tcp, udp } = await listenTcpAndUdp(bind(0), () => undefined, () => undefined);
    open.push(tcp, udp);
    expect(udp.address().port).toBe(portOf(tcp));
    await expect(listenTcpAndUdp(bind(portOf(tcp)), () => undefined, () => undefined)).rejects.toThrow(StartError);
  });
});
