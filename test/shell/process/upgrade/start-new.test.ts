import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { handleOf } from '../../../../shell/process/upgrade/handle.ts';
import type { NewProcess } from '../../../../shell/process/upgrade/hand-over.ts';
import { startNew } from '../../../../shell/process/upgrade/run/start-new.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
const program = join(directory, 'new.mjs');
const { argv } = process;
const server = net.createServer({ allowHalfOpen: true });
let fresh: NewProcess | undefined;

beforeAll(() => {
  // Takes all that it is given.
  writeFileSync(program, "process.on('message', () => undefined); process.on('disconnect', () => process.exit());");
  process.argv = [process.execPath, program];
});

afterAll(() => {
  process.argv = argv;
  fresh?.kill();
  server.close();
  rmSync(directory, { recursive: true });
});

it('tells of a connection that was closed before it could be sent, as of all others: nobody waits for it', async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  const [here] = await once(server, 'connection') as [net.Socket];
  fresh = startNew({ heard: () => undefined, ended: () => undefined });
  const told: string[] = [];
  // The second handle waits until the new process has the first one.
  fresh.say({ kind: 'handle', number: 1, about: undefined }, handleOf(server), () => told.push('port'));
  fresh.say({ kind: 'handle', number: 2, about: undefined }, handleOf(here), () => told.push('connection'));
  here.destroy();
  client.destroy();
  await vi.waitFor(() => expect(told).toEqual(['port', 'connection']), { timeout: 20_000 });
});
