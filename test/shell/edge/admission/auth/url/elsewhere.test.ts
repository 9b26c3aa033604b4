import { expect, it } from 'vitest';
import { urlAuthDefaults } from '../../../../../../shell/cli/mounts/listener-auth.ts';
import { RawClient } from '../../../../support/support.ts';
import { pairOf, secureClient } from '../../../../net/tls/support.ts';
import { serve } from '../../support.ts';
import { FakeService } from '../../../../icecast/auth-service/service.ts';

it('admits listeners by TLS, and those whose connections go to a worker, after they have waited', async () => {
  const service = new FakeService();
  await service.start();
  const { answer } = service;
  service.answer = (asked) => void setImmediate(() => answer(asked));
  const auth = { ...urlAuthDefaults, add: service.url('/add'), remove: service.url('/remove') };
  const edge = await serve(['one'], { mounts: new Map([['one', { auth }]]) }, {}, { workers: 2, tls: { port: 0, certificates: [pairOf('local')] } });
  const secure = await edge.told.port('https');
  const clients = [...Array.from({ length: 4 }, () => new RawClient(edge.port)), ...Array.from({ length: 2 }, () => secureClient(secure))];
  for (const client of clients) client.write('GET /one HTTP/1.0\r\n\r\n');
  for (const client of clients) {
    await client.until((received) => received.length > 8_000);
    expect(client.text).toMatch(/^HTTP\/1\.0 200 /);
    expect(client.received.length).toBeGreaterThan(8_000);
  }
  for (const client of clients) client.socket.destroy();
  await service.until('listener_remove', 6);
  const ofAll = (action: string): readonly string[] => service.of(action).map(({ form }) => `${form.get('client')} ${form.get('port')}`).toSorted();
  expect(ofAll('listener_remove')).toEqual(ofAll('listener_add'));
  expect(ofAll('listener_add')).toHaveLength(6);
  for (const { form } of service.of('listener_remove')) expect(Number(form.get('sent'))).toBeGreaterThan(8_000);
  await edge.stop();
  service.stop();
});
