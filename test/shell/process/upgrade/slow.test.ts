import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { IN_FLIGHT_BYTES } from '../../../../core/listeners/broadcast.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { ByteReader } from '../../../../core/recording/file/wire.ts';
import { EdgeEstate, type EdgeParts } from '../../../../shell/edge/upgrade/estate.ts';
import type { LeftWith } from '../../../../shell/edge/listeners/host/listener-host.ts';
import { ListenerSockets } from '../../../../shell/edge/listeners/host/listener-sockets.ts';
import type { Terms } from '../../../../shell/edge/upgrade/terms.ts';
import type { Handle } from '../../../../shell/process/upgrade/handle.ts';
import type { Rest } from '../../../../shell/process/upgrade/hand-over.ts';

/** More than the system takes of one connection that nobody reads. */
const MANY_BYTES = 16_777_216;
const [quick, slow] = [1 as ListenerId, 2 as ListenerId];

const opened: { destroy(): unknown }[] = [];
let server: net.Server | undefined;
afterEach(() => {
  server?.close();
  for (const one of opened.splice(0)) one.destroy();
});

/** Both ends of a connection. */
async function connection(): Promise<readonly [here: net.Socket, client: net.Socket]> {
  server ??= net.createServer({ allowHalfOpen: true });
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [here] = await accepted as [net.Socket];
  opened.push(here, client);
  return [here.on('error', () => undefined), client.on('error', () => undefined)];
}

/** An edge with two listeners, one of whom reads nothing. */
class Rig {
  readonly left: (readonly [ListenerId, LeftWith])[] = [];
  readonly told: string[] = [];
  readonly sockets = new ListenerSockets((id, how) => this.left.push([id, how]));
  readonly estate: EdgeEstate;
  readonly rest: Rest;
  closedHere: (handle: Handle) => void = () => undefined;
  /** Relays that are subscribed to. */
  readonly open: { readonly endpoint: string; readonly hosts: readonly string[]; readonly path: number; readonly socket: net.Socket }[] = [];
  /** Paths of clusters of NATS. */
  readonly passing: number[] = [];

  constructor(upgradeDrainMs: number) {
    const nothing = (): void => undefined;
    const parts = {
      machine: { heldBytes: 0, snapshot: nothing },
      driver: { now: 5, pause: nothing, goOn: nothing },
      ingress: { open: this.open, passing: this.passing, left: [], pause: nothing, goOn: nothing, letGo: () => this.told.push('relays let go') },
      listeners: { size: 0, server: { servers: [], unfinished: 0 }, hold: nothing, goOn: nothing, leave: () => [], letGo: nothing, counts: {}, mountOf: () => 'radio', saved: (id: ListenerId) => ({ listener: { id, mount: 'radio' }, ticket: undefined }) },
      sockets: this.sockets,
      workers: undefined,
      settings: { ...defaultSettings, upgradeDrainMs },
    };
    this.estate = new EdgeEstate(parts as unknown as EdgeParts, () => ({}) as Terms);
    this.rest = {
      connection: () => Promise.resolve(),
      written: () => this.told.push('written'),
      closed: () => this.told.push('closed'),
      onClosed: (told) => {
        this.closedHere = told;
      },
    };
  }

  /** Gives the handles in the order of `save`. */
  freeze(): readonly Handle[] {
    const handles: Handle[] = [];
    this.estate.freeze('all');
    this.estate.save('all', ({ handle }) => handles.push(handle));
    return handles;
  }
}

async function rigWith(upgradeDrainMs = 60_000): Promise<{ readonly rig: Rig; readonly clients: readonly net.Socket[] }> {
  const rig = new Rig(upgradeDrainMs);
  const clients: net.Socket[] = [];
  for (const id of [quick, slow]) {
    const [here, client] = await connection();
    rig.sockets.add(id, here, 'HEAD', () => undefined);
    clients.push(client);
  }
  clients[0]!.resume();
  rig.sockets.send(slow, Buffer.alloc(MANY_BYTES));
  expect(rig.sockets.backlogBytes(slow)).toBeGreaterThan(0);
  return { rig, clients };
}

describe('a listener who is slow', () => {
  it('is given by the old process what is in its hands, before the new one goes on', async () => {
    const { rig, clients } = await rigWith();
    rig.freeze();
    let isOver = false;
    const over = rig.estate.handedOver('all', rig.rest).then(() => (isOver = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([isOver, rig.told]).toEqual([false, ['relays let go']]);
    let bytes = 0;
    clients[1]!.on('data', (chunk) => (bytes += chunk.length));
    // In one process its end is that of the connection.
    await Promise.all([over, once(clients[1]!, 'close')]);
    expect(rig.told).toEqual(['relays let go', 'written']);
    expect(bytes).toBe(MANY_BYTES + 'HEAD'.length);
    expect(rig.left).toEqual([]);
  });

  it.each([
    ['goes away', (_rig: Rig, client: net.Socket): void => void client.resetAndDestroy()],
    ['is let go by the new process', (rig: Rig, _client: net.Socket, handle: Handle): void => rig.closedHere(handle)],
  ])('keeps the old process no longer when it %s', async (_what, end) => {
    const { rig, clients } = await rigWith();
    const handles = rig.freeze();
    const over = rig.estate.handedOver('all', rig.rest);
    end(rig, clients[1]!, handles[1]!);
    await over;
    expect(rig.told).toEqual(['relays let go', 'closed']);
    expect(rig.left).toEqual([]);
  });

  it('keeps the old process for upgradeDrainMs at most', async () => {
    const { rig } = await rigWith(30);
    rig.freeze();
    await rig.estate.handedOver('all', rig.rest);
    expect(rig.told).toEqual(['relays let go', 'closed']);
  });

  it('is still there, with all others, when nobody has taken over; who has left meanwhile is told of then', async () => {
    const { rig, clients } = await rigWith();
    rig.freeze();
    clients[1]!.resetAndDestroy();
    await expect.poll(() => rig.sockets.socketOf(slow)!.destroyed).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(rig.left).toEqual([]);
    rig.estate.goOn();
    await expect.poll(() => rig.left).toMatchObject([[slow, { reason: 'closed by listener' }]]);
    rig.sockets.send(quick, Buffer.from('more'));
    expect(clients[0]!.destroyed).toBe(false);
    expect(rig.sockets.ids).toEqual([quick]);
  });

  it('is given nothing by the new process until the old one has written, and is disconnected when that cannot', async () => {
    const left: (readonly [ListenerId, LeftWith])[] = [];
    const sockets = new ListenerSockets((id, how) => left.push([id, how]));
    for (const id of [quick, slow]) {
      const [here] = await connection();
      sockets.adopt({ id, socket: here, bytes: 1_000, unwrittenBytes: 10, connectedMs: 5_000 });
      expect(sockets.begin(id)).toBe(here);
      expect(sockets.backlogBytes(id)).toBe(IN_FLIGHT_BYTES);
    }
    expect(sockets.isHoldingAny).toBe(true);
    sockets.written(quick);
    sockets.notWritten(quick);
    expect(sockets.backlogBytes(quick)).toBe(0);
    sockets.notWritten(slow);
    await expect.poll(() => left.length).toBe(1);
    const [[id, { reason, bytes, connectedMs }]] = left as [(typeof left)[0]];
    expect([id, reason, bytes]).toEqual([slow, 'closed by listener', 1_000]);
    expect(connectedMs).toBeGreaterThanOrEqual(5_000);
    expect(sockets.isHoldingAny).toBe(false);
  });
});

it('a relay that has not taken what was said to it is subscribed to anew, since half a message would be lost, and so is a cluster of NATS', async () => {
  const { rig } = await rigWith();
  for (const [path, bytes] of [[1, 0], [2, MANY_BYTES]] as const) {
    const [socket] = await connection();
    if (bytes > 0) socket.write(Buffer.alloc(bytes));
    rig.open.push({ endpoint: `relay-${path}`, hosts: [`192.0.2.${path}`], path, socket });
  }
  rig.passing.push(3);
  rig.estate.freeze('all');
  const saved = JSON.parse(new ByteReader(rig.estate.save('all', () => 9)).text()) as { readonly all: { readonly relays: unknown; readonly closed: unknown } };
  expect(saved.all).toMatchObject({ relays: [{ endpoint: 'relay-1', hosts: ['192.0.2.1'], path: 1, handle: 9 }], closed: [2, 3] });
});
