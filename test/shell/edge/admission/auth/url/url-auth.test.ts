import net from 'node:net';
import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { urlAuthDefaults, type UrlAuthConfig } from '../../../../../../shell/cli/mounts/listener-auth.ts';
import type { ListenerId } from '../../../../../../core/base/machine.ts';
import { defaultSettings } from '../../../../../../core/config/settings.ts';
import { Admission } from '../../../../../../shell/edge/admission/admission.ts';
import type { HttpRequest } from '../../../../../../shell/http/request.ts';
import { Refusals } from '../../../../../../shell/log/refusals.ts';
import type { MountListener } from '../../../../../../shell/cli/mounts/mount-listeners.ts';
import { ask, CapturedLog, RawClient } from '../../../../support/support.ts';
import { serve, type Served } from '../../support.ts';
import { FakeService, type Asked } from '../../../../icecast/auth-service/service.ts';

const service = new FakeService();
const clients: RawClient[] = [];
let edge: Served;
const admits = service.answer;
const PASSWORD = 'boss';

beforeAll(async () => {
  await service.start();
  const [add, remove] = [service.url('/add'), service.url('/remove')];
  const auth = (more: Partial<UrlAuthConfig>): { readonly auth: UrlAuthConfig } => ({ auth: { ...urlAuthDefaults, add, remove, ...more } });
  edge = await serve(['once', 'radio', 'own', 'kind', 'left', 'few', 'gone', 'a space'], {
    mounts: new Map<string, MountListener>([
      ['radio', auth({})],
      ['once', { auth: { ...auth({}).auth, onePerUser: true } }],
      ['own', auth({ add: service.url('/add?x=1', 'us%65r:p%3Aw@'), authHeader: 'X-Allowed: yes', timelimitHeader: 'X-Seconds:', headers: ['X-Token', 'x-none'], headerPrefix: 'Client.', server: 'radio.example', login: { user: 'not', password: 'used' } })],
      ['kind', auth({ whenDown: 'admit', login: { user: 'edge', password: 'secret' } })],
      ['left', { auth: { ...urlAuthDefaults, remove } }],
      ['few', auth({})],
      ['gone', auth({})],
      ['a space', auth({})],
    ]),
  }, {}, {
    adminPassword: PASSWORD,
    policies: { kind: { settings: { listenerAuthTimeoutMs: 40 } }, few: { settings: { maxListeners: 1 } } },
  });
});

beforeEach(() => {
  service.clear();
  owed = 0;
  service.answer = admits;
});

afterEach(async () => {
  const open = clients.splice(0);
  for (const { socket } of open) socket.resetAndDestroy();
  await expect.poll(() => listening()).toBe(0);
  // Or the next test is told of who has left in this one.
  await expect.poll(() => service.of('listener_remove').length).toBeGreaterThanOrEqual(owed);
});

afterAll(async () => {
  await edge.stop();
  service.stop();
});

let listened = 0;
/** How many departures the service is told of, in this test. */
let owed = 0;
/** Of all mountpoints, as those who have been admitted come and go. */
function listening(): number {
  return listened - edge.told.all('access').length;
}

function listen(target: string, lines = ''): RawClient {
  const client = new RawClient(edge.port).write(`GET ${target} HTTP/1.0\r\n${lines}\r\n`);
  clients.push(client);
  return client;
}

async function admitted(target: string, lines = ''): Promise<RawClient> {
  const client = listen(target, lines);
  expect(await client.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
  listened++;
  owed++;
  return client;
}

function login(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function leave(client: RawClient): void {
  client.socket.resetAndDestroy();
}

describe('a service that authenticates listeners', () => {
  it('is asked, and told, as by Icecast', async () => {
    const client = await admitted('/radio?session=a%26b+c', `Authorization: ${login('ann', 'p&w ü')}\r\nUser-Agent: Player/1.0 (x; y)\r\nReferer: https://site.example/?a=b\r\n`);
    const { path, body, authorization } = await service.until('listener_add');
    const id = /client=(\d+)/.exec(body)![1]!;
    expect(path).toBe('/add');
    expect(authorization).toBe(login('ann', 'p&w ü'));
    expect(body).toBe(
      `action=listener_add&server=${encodeURIComponent(hostname())}&port=${edge.port}&client=${id}&mount=%2Fradio%3Fsession%3Da%2526b%2Bc&user=ann&pass=p%26w%20%C3%BC&ip=127.0.0.1` +
      '&agent=Player%2F1.0%20(x%3B%20y)&referer=https%3A%2F%2Fsite.example%2F%3Fa%3Db',
    );
    const list = await ask(edge.port, `GET /admin/listclients?mount=/radio HTTP/1.0\r\nAuthorization: ${login('admin', PASSWORD)}\r\n\r\n`);
    expect(list).toContain(`<ID>${id}</ID>`);
    leave(client);
    const removed = await service.until('listener_remove');
    expect([removed.path, removed.authorization]).toEqual(['/remove', login('ann', 'p&w ü')]);
    expect([...removed.form.keys()]).toEqual(['action', 'server', 'port', 'client', 'mount', 'user', 'pass', 'duration', 'ip', 'agent', 'sent']);
    expect(Object.fromEntries(removed.form)).toMatchObject({ port: String(edge.port), client: id, mount: '/radio?session=a%26b+c', user: 'ann', pass: 'p&w ü', duration: '0', ip: '127.0.0.1', agent: 'Player/1.0 (x; y)' });
    expect(Number(removed.form.get('sent'))).toBeGreaterThanOrEqual(client.received.length);
  });

  it('gets user and password of the address, and nothing where there are none', async () => {
    await admitted('/radio?user=bob&pass=x%20y');
    await admitted('/a%20space');
    const forms = service.of('listener_add').map(({ form, authorization }) => [form.get('mount'), form.get('user'), form.get('pass'), authorization]);
    expect(forms).toEqual([['/radio?user=bob&pass=x%20y', 'bob', 'x y', login('bob', 'x y')], ['/a%20space', '', '', undefined]]);
  });

  it('is asked for the head of a stream as for the stream, and told at once that nobody listens', async () => {
    expect(await ask(edge.port, 'HEAD /radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 [^]*\r\nContent-Type: audio\/mpeg\r\n[^]*\r\n\r\n$/);
    expect((await service.until('listener_remove')).form.get('duration')).toBe('0');
    service.answer = ({ answer }) => answer.writeHead(200).end();
    expect(await ask(edge.port, 'HEAD /radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 [^]*\r\nWWW-Authenticate: [^]*\r\n\r\n$/);
    expect(service.asked.map(({ form }) => form.get('action'))).toEqual(['listener_add', 'listener_remove', 'listener_add']);
    expect(edge.told.all('access')).toHaveLength(listened);
  });

  it('is left alone while it does not answer, and those who come are answered at once', async () => {
    service.answer = ({ answer }) => answer.writeHead(500).end();
    for (let count = 0; count < 7; count++) expect(await ask(edge.port, 'GET /gone HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 503 /);
    expect(service.asked).toHaveLength(5);
    expect(edge.told.all('auth-service-down').filter(({ mount }) => mount === 'gone')).toMatchObject([{ reason: 'status 500', listeners: 1 }]);
  });

  it.each([
    ['Icecast-Auth-User', '1', 200],
    ['ICECAST-AUTH-USER', '1', 200],
    ['icecast-auth-user', '0', 401],
    ['icecast-auth-users', '1', 401],
  ])('admits by its header: %s: %s', async (name, value, status) => {
    service.answer = ({ answer }) => answer.writeHead(200, { [name]: value }).end();
    if (status === 200) await admitted('/radio');
    else expect(await ask(edge.port, 'GET /radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 [^]*WWW-Authenticate: Basic/);
  });

  it('says why somebody may not listen, which is logged', async () => {
    service.answer = ({ answer }) => answer.writeHead(403, { 'icecast-auth-message': 'Subscription is over' }).end();
    expect(await ask(edge.port, `GET /radio HTTP/1.0\r\nAuthorization: ${login('cat', 'x')}\r\n\r\n`)).toMatch(/^HTTP\/1\.0 403 [^]*You are not allowed to listen/);
    expect(await edge.told.until('listener-refused', { user: 'cat' })).toMatchObject({ mount: 'radio', reason: 'Subscription is over' });
    expect(edge.told.all('refused')).toContainEqual(expect.objectContaining({ reason: 'refused by the authentication service' }));
    expect(service.of('listener_remove')).toEqual([]);
  });

  it('can have an answer, a name and a login of its own, and gets headers of the listener', async () => {
    service.answer = ({ answer }) => answer.writeHead(200, { 'x-allowed': 'YES, please' }).end();
    const client = await admitted('/own', `X-Token: t 1\r\nAuthorization: ${login('ann', 'x')}\r\n`);
    const { path, form, authorization } = await service.until('listener_add');
    expect([path, authorization, form.get('server'), form.get('Client.X-Token'), form.has('Client.x-none')]).toEqual(['/add?x=1', login('user', 'p:w'), 'radio.example', 't 1', false]);
    leave(client);
    expect((await service.until('listener_remove')).authorization).toBe(login('not', 'used'));
  });

  it('need not be asked who may listen, only told who has left', async () => {
    leave(await admitted('/left'));
    expect((await service.until('listener_remove')).form.get('mount')).toBe('/left');
    expect(service.of('listener_add')).toEqual([]);
  });

  it('is told at once of a user who is listening already, where each may do so once', async () => {
    await admitted('/once?user=ann&pass=x');
    expect(await ask(edge.port, 'GET /once?user=ann&pass=x HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 [^]*This user is listening already/);
    owed++;
    expect((await service.until('listener_remove')).form.get('duration')).toBe('0');
    // Of those without a name any number may.
    await admitted('/once');
    await admitted('/once');
  });

  it('is told at once of one who was admitted when it had gone already, and of nobody who was not', async () => {
    const held: Asked[] = [];
    service.answer = (asked) => void held.push(asked);
    const [one, other] = [listen('/radio?n=1'), listen('/radio?n=2')];
    await service.until('listener_add', 2);
    one.socket.end();
    other.socket.end();
    await Promise.all([one.closed, other.closed]);
    service.answer = admits;
    for (const asked of held) {
      if (asked.form.get('mount') === '/radio?n=1') admits(asked);
      else asked.answer.writeHead(200).end();
    }
    const { form } = await service.until('listener_remove');
    expect([form.get('mount'), form.get('duration'), form.get('sent')]).toEqual(['/radio?n=1', '0', '0']);
    expect([one.text, other.text]).toEqual(['', '']);
    expect(service.of('listener_remove')).toHaveLength(1);
  });

  it('holds nobody else up, and who waits for it has a place', async () => {
    const held: Asked[] = [];
    service.answer = (asked) => void held.push(asked);
    const first = listen('/few');
    await service.until('listener_add');
    expect(await ask(edge.port, 'GET /few HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 [^]*Too many listeners/);
    service.answer = admits;
    await admitted('/radio');
    first.socket.end();
    await first.closed;
    await admitted('/few');
    held[0]!.answer.destroy();
  });

  it('asks again where the service has closed a connection that was kept open', async () => {
    await admitted('/radio');
    service.dropConnections();
    await admitted('/radio');
    expect(service.of('listener_add').length).toBeGreaterThanOrEqual(2);
  });
});

describe('a service that does not answer', () => {
  it('refuses listeners, is told of once, and when it answers again', async () => {
    const told = edge.told.all('auth-service-down').length;
    service.answer = ({ answer }) => void answer.destroy();
    for (let at = 0; at < 3; at++) expect(await ask(edge.port, 'GET /radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 503 [^]*The authentication service does not answer/);
    service.answer = ({ answer }) => answer.writeHead(502).end();
    expect(await ask(edge.port, 'GET /radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 503 /);
    expect(edge.told.all('auth-service-down').slice(told)).toEqual([{ kind: 'auth-service-down', mount: 'radio', url: `${service.url('').origin}/add`, reason: 'connection reset by peer (ECONNRESET)', whenDown: 'refuse', listeners: 1 }]);
    service.answer = admits;
    await admitted('/radio');
    expect(await edge.told.until('auth-service-up')).toMatchObject({ mount: 'radio', listeners: 4 });
    expect(service.of('listener_remove')).toEqual([]);
  });

  it('has listeners admitted where it is so configured, and is not told of them', async () => {
    service.answer = () => undefined;
    const client = await admitted('/kind', `Authorization: ${login('ann', 'x')}\r\n`);
    owed--;
    expect(service.of('listener_add').map(({ authorization }) => authorization)).toEqual([login('edge', 'secret')]);
    expect(await edge.told.until('auth-service-down', { mount: 'kind' })).toMatchObject({ reason: 'no answer in time', whenDown: 'admit' });
    service.answer = admits;
    leave(client);
    await expect.poll(() => listening()).toBe(0);
    expect(service.of('listener_remove')).toEqual([]);
  });
});

it('gives the time for which a listener may stay', async () => {
  const told = new CapturedLog();
  const auth: UrlAuthConfig = { ...urlAuthDefaults, add: service.url('/add'), timelimitHeader: 'X-Seconds:' };
  const admission = new Admission({ settings: { ...defaultSettings, listenerDurationMs: 60_000 }, policies: () => undefined, admission: { mounts: new Map([['radio', { auth }]]) }, log: told.log, refusals: new Refusals(told.log), over: () => undefined });
  const request = { head: { target: '/radio', headers: new Map() }, target: { query: new Map() }, socket: new net.Socket(), client: { address: '192.0.2.1' }, from: '192.0.2.1:1' } as unknown as HttpRequest;
  const durationOf = (header: Readonly<Record<string, string>>): Promise<number> => {
    service.answer = ({ answer }) => answer.writeHead(200, { 'icecast-auth-user': '1', ...header }).end();
    return new Promise((resolve) => {
      admission.admit(request, 'radio', ({ durationMs }) => {
        resolve(durationMs);
        return 1 as ListenerId;
      });
    });
  };
  expect(await durationOf({ 'x-seconds': '900' })).toBe(900_000);
  for (const none of ['0', 'soon', '']) expect(await durationOf({ 'X-Seconds': none })).toBe(60_000);
  expect(await durationOf({ 'icecast-auth-timelimit': '900' })).toBe(60_000);
  await admission.stop(0);
});

it('tells a service of all who were listening when the process stops', async () => {
  const own = await serve(['one'], { mounts: new Map([['one', { auth: { ...urlAuthDefaults, add: service.url('/add'), remove: service.url('/remove') } }]]) });
  const two = [1, 2].map((at) => new RawClient(own.port).write(`GET /one?at=${at} HTTP/1.0\r\n\r\n`));
  for (const client of two) await client.untilText('\r\n\r\n');
  await own.stop();
  expect(service.of('listener_remove').map(({ form }) => form.get('mount')).toSorted()).toEqual(['/one?at=1', '/one?at=2']);
});
