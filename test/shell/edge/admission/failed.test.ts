import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { Admission } from '../../../../shell/edge/admission/admission.ts';
import type { HttpRequest } from '../../../../shell/http/request.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

const told = new CapturedLog();
const admission = new Admission({ settings: defaultSettings, policies: () => undefined, log: told.log, refusals: new Refusals(told.log), over: () => undefined });
const server = net.createServer({ allowHalfOpen: true });

afterEach(async () => {
  server.close();
  await admission.stop(0);
});

it('a listener whose request makes us fail is told so, also by a connection that has had another answer', async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection');
  const client = new RawClient((server.address() as net.AddressInfo).port);
  const [socket] = await accepted as [net.Socket];
  socket.write('an answer before');
  const request = { head: { method: 'GET', target: '/radio', headers: new Map() }, target: { query: new Map() }, socket, client: { address: '192.0.2.1' }, from: '192.0.2.1:1' } as unknown as HttpRequest;
  // It waits for its mountpoint to start.
  expect(admission.admit(request, 'radio', () => 'answered', () => Promise.reject(new Error('a fault of ours')))).toBe('taken');
  await client.closed;
  expect(client.text).toMatch(/^an answer beforeHTTP\/1\.0 500 Internal Server Error\r\n/);
  expect(told.all('request-failed')).toMatchObject([{ target: '/radio', error: expect.stringContaining('a fault of ours') as string }]);
});
