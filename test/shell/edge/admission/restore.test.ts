import net from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import { urlAuthDefaults, type ListenerAuth } from '../../../../shell/cli/mounts/listener-auth.ts';
import { Admission, type Ticket } from '../../../../shell/edge/admission/admission.ts';
import type { HttpRequest } from '../../../../shell/http/request.ts';
import type { Reply } from '../../../../shell/http/message/reply.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { CapturedLog } from '../../support/support.ts';
import { FakeService } from '../../icecast/auth-service/service.ts';

const service = new FakeService();
const [ann, ben] = [1 as ListenerId, 2 as ListenerId];
const all: Admission[] = [];

beforeAll(() => service.start());
afterAll(async () => {
  for (const one of all) await one.stop(0);
  service.stop();
});

/** That of one process. */
function admission(settings: Partial<Settings> = {}): { readonly one: Admission; readonly told: CapturedLog; readonly over: readonly ListenerId[] } {
  const over: ListenerId[] = [];
  const told = new CapturedLog();
  const auth: ListenerAuth = { ...urlAuthDefaults, add: service.url('/add'), remove: service.url('/remove'), timelimitHeader: 'X-Seconds:', onePerUser: true };
  const one = new Admission({ settings: { ...defaultSettings, ...settings }, policies: () => undefined, admission: { mounts: new Map([['radio', { auth }]]) }, log: told.log, refusals: new Refusals(told.log), over: (listener) => void over.push(listener) });
  all.push(one);
  return { one, told, over };
}

function request(user: string): HttpRequest {
  const head = { target: `/radio?user=${user}&pass=pw`, headers: new Map() };
  return { head, target: { query: new Map([['user', Buffer.from(user)], ['pass', Buffer.from('pw')]]) }, socket: new net.Socket().on('error', () => undefined), client: { address: '192.0.2.1' }, from: '192.0.2.1:1' } as unknown as HttpRequest;
}

function admit(one: Admission, id: ListenerId, user: string): Promise<Ticket> {
  return new Promise((resolve) => {
    one.admit(request(user), 'radio', (ticket) => {
      resolve(ticket);
      return id;
    });
  });
}

it('a listener whom another process has admitted keeps its place, number, user and time, and the service is told by the new one alone that it has left', async () => {
  service.answer = ({ answer }) => answer.writeHead(200, { 'Icecast-Auth-User': '1', 'X-Seconds': '900' }).end();
  const { one: before } = admission();
  await admit(before, ann, 'ann');
  await admit(before, ben, 'ben');
  const saved = JSON.parse(JSON.stringify([ann, ben].map((id) => before.saved(id)))) as readonly NonNullable<ReturnType<Admission['saved']>>[];
  expect(saved[0]).toMatchObject({ client: 1, user: 'ann', durationMs: 900_000, place: { mount: 'radio' } });

  const { one: after, told } = admission({ maxListeners: 2 });
  after.restore(ann, saved[0]!, { sinceMs: 100_000, mount: 'radio' });
  after.restore(ben, saved[1]!, { sinceMs: 100_000, mount: 'news' });
  after.countFrom(before.clients);
  for (const id of [ann, ben]) before.letGo(id);
  const left = after.saved(ann)!.leftMs!;
  // Seconds are counted up, here and there.
  expect(left).toBeGreaterThan(795_000);
  expect(left).toBeLessThanOrEqual(802_000);
  // Both have their places, of which there are two.
  const refused = after.admit(request('cy'), 'radio', () => 3 as ListenerId) as Reply;
  expect(refused.status).toBe(403);
  expect(told.all('refused')).toMatchObject([{ reason: 'too many listeners' }]);

  after.left(ben, { connectedMs: 130_000, bytes: 77 });
  before.left(ben, { connectedMs: 30_000, bytes: 7 });
  const { form, authorization } = await service.until('listener_remove');
  expect([form.get('client'), form.get('user'), form.get('duration'), form.get('sent')]).toEqual(['2', 'ben', '130', '77']);
  expect(authorization).toBe(`Basic ${Buffer.from('ben:pw').toString('base64')}`);
  // A user who listens already is known as such; one who has left is none.
  after.admit(request('ann'), 'radio', () => 4 as ListenerId);
  expect(await told.until('listener-refused')).toMatchObject({ user: 'ann', reason: 'is listening already' });
  expect(await admit(after, 5 as ListenerId, 'ben')).toMatchObject({ client: 4, user: 'ben' });
  // Of ann, whom the new process has refused a second time, and of nobody else.
  expect(service.of('listener_remove').map((asked) => asked.form.get('client'))).toEqual(['2', '3']);
});

it('a listener whose time is over, and who has not left yet, has none left in the next process', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  try {
    const eve = 6 as ListenerId;
    const { one: before, over } = admission({ listenerDurationMs: 1_000 });
    before.admit(request('eve'), 'news', () => eve);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(over).toEqual([eve]);
    const saved = before.saved(eve)!;
    expect(saved.leftMs).toBe(0);
    const { one: after, over: overThere } = admission();
    after.hold();
    after.restore(eve, saved, { sinceMs: 100, mount: 'news' });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(overThere).toEqual([]);
    after.goOn();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(overThere).toEqual([eve]);
  } finally {
    vi.useRealTimers();
  }
});
