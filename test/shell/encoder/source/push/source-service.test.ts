import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withSettings } from '../../../../../core/config/settings.ts';
import { DEFAULT_AUTH_HEADER, type SourceAuthConfig } from '../../../../../shell/icecast/auth-service/source-auth.ts';
import { anybody } from '../../../../../shell/http/auth/guards.ts';
import { notFound } from '../../../../../shell/http/common-routes.ts';
import { Router } from '../../../../../shell/http/router.ts';
import { HttpServer } from '../../../../../shell/http/server/server.ts';
import { Refusals } from '../../../../../shell/log/refusals.ts';
import { SourceIntake } from '../../../../../shell/encoder/source/push/source-intake.ts';
import { FixedMounts } from '../../../../../shell/encoder/source/push/source-server.ts';
import { FakeService } from '../../../icecast/auth-service/service.ts';
import { ask, CapturedLog, RawClient } from '../../../support/support.ts';

const service = new FakeService();
const accepts = service.answer;
const clients: RawClient[] = [];
const told = new CapturedLog();
const titles: string[] = [];
const settings = withSettings({ stopMs: 500 });
let server: HttpServer;
let intake: SourceIntake;
let port: number;
let ca: string | undefined;

beforeAll(async () => {
  await service.start();
  const auth = (more: Partial<SourceAuthConfig>): SourceAuthConfig => ({ authHeader: DEFAULT_AUTH_HEADER, ...more });
  const sink = { hasFrames: true, audio: () => undefined, title: (title: string) => titles.push(title) > 0, metadata: () => undefined, end: () => undefined };
  const all = { streamAuth: service.url('/stream'), mountAdd: service.url('/add'), mountRemove: service.url('/remove') };
  const mounts = new FixedMounts([
    { name: 'radio', password: 'pw', auth: auth({ ...all, login: { user: 'svc', password: 'x' }, server: 'radio.example' }), api: { begin: () => sink } },
    { name: 'told', password: 'pw', auth: auth({ mountAdd: all.mountAdd, mountRemove: all.mountRemove }), api: { begin: () => sink } },
    { name: 'gone', password: 'pw', auth: auth({ streamAuth: all.streamAuth }), api: { begin: () => sink } },
    { name: 'slow', password: 'pw', auth: auth({ streamAuth: all.streamAuth }), api: { begin: () => sink } },
    { name: 'hasty', password: 'pw', auth: auth({ streamAuth: all.streamAuth }), authTimeoutMs: 50, api: { begin: () => sink } },
    { name: 'faulty', password: 'pw', auth: auth({ streamAuth: all.streamAuth }), api: { begin: () => { throw new Error('a fault of ours'); } } },
  ]);
  const common = { settings, log: told.log, refusals: new Refusals(told.log) };
  intake = new SourceIntake({ mounts, perMount: 2, ca: () => ca, ...common });
  const { titles: updates, kill, clients: lists, push } = intake.routes;
  server = new HttpServer(new Router({ routes: [{ at: 'first', methods: ['GET'], who: anybody, handle: () => ({ status: 200, isKept: true }) }, ...updates, kill, lists, push], notFound, options: () => notFound }).handle, common);
  port = await server.listen({ address: '127.0.0.1', port: 0 });
});

beforeEach(() => {
  service.clear();
  service.answer = accepts;
});

afterEach(async () => {
  const had = clients.length > 0;
  for (const { socket } of clients.splice(0)) socket.destroy();
  if (had) await service.until('mount_remove');
});

afterAll(async () => {
  await Promise.all([intake.stop(), server.stop(200)]);
  service.stop();
});

const login = (user: string, password: string): string => `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;

async function push(mount: string, credentials: string): Promise<RawClient> {
  const client = new RawClient(port).write(`SOURCE /${mount} HTTP/1.0\r\nContent-Type: audio/mpeg\r\n${credentials}\r\n`);
  await client.untilText('\r\n\r\n');
  if (client.text.startsWith('HTTP/1.0 200')) clients.push(client);
  return client;
}

const fields = ({ form }: { readonly form: URLSearchParams }): (readonly string[])[] => [...form];

describe('a service that knows source clients', () => {
  it('is asked and told as by Icecast 2.4.4, field by field', async () => {
    const client = await push('radio', login('studio', 'good'));
    const asked = await service.until('stream_auth');
    const server = [['server', 'radio.example'], ['port', String(port)]];
    expect([asked.path, asked.authorization]).toEqual(['/stream', `Basic ${btoa('svc:x')}`]);
    expect(fields(asked)).toEqual([['action', 'stream_auth'], ['mount', '/radio'], ['ip', '127.0.0.1'], ...server, ['user', 'studio'], ['pass', 'good']]);
    expect(fields(await service.until('mount_add'))).toEqual([['action', 'mount_add'], ['mount', '/radio'], ...server]);
    expect(await ask(port, `GET /admin/metadata?mount=/radio&mode=updinfo&song=Hi HTTP/1.0\r\n${login('studio', 'good')}\r\n`)).toContain('Metadata update successful');
    expect(titles).toEqual(['Hi']);
    expect(fields(await service.until('stream_auth', 2)).slice(-3)).toEqual([['user', 'studio'], ['pass', 'good'], ['admin', '1']]);
    client.socket.destroy();
    expect(fields(await service.until('mount_remove'))).toEqual([['action', 'mount_remove'], ['mount', '/radio'], ...server]);
  });

  it('decides alone: no password counts, and nobody is a source of whom it says nothing', async () => {
    service.answer = ({ answer }) => answer.writeHead(200, { 'icecast-auth-message': 'no such studio' }).end();
    for (const lines of [login('source', 'pw'), '']) expect((await push('radio', lines)).text).toMatch(/^HTTP\/1\.0 401 [^]*WWW-Authenticate: Basic/);
    expect(await told.until('source-refused', { mount: 'radio' })).toMatchObject({ why: { code: 'by-service', reason: 'no such studio' } });
    expect(await ask(port, `GET /admin/metadata?mount=/radio&mode=updinfo&song=No HTTP/1.0\r\n${login('source', 'pw')}\r\n`)).toMatch(/^HTTP\/1\.0 401 /);
    expect(titles).toEqual(['Hi']);
    for (const page of ['killsource', 'listclients']) expect(await ask(port, `GET /admin/${page}?mount=/radio HTTP/1.0\r\n${login('source', 'pw')}\r\n`)).toMatch(/^HTTP\/1\.0 403 /);
  });

  it('is told when a mountpoint with a password has its first source, and when it has none any more', async () => {
    expect((await push('told', login('source', 'no'))).text).toMatch(/^HTTP\/1\.0 401 /);
    const [one, other] = [await push('told', login('source', 'pw')), await push('told', login('source', 'pw'))];
    expect(fields(await service.until('mount_add'))).toEqual([['action', 'mount_add'], ['mount', '/told'], ['server', hostname()], ['port', String(port)]]);
    one.socket.destroy();
    await one.closed;
    other.socket.destroy();
    await service.until('mount_remove');
    expect(service.asked).toHaveLength(2);
  });

  it('is left alone while it does not answer: sources are answered 503, and one line says so', async () => {
    service.answer = ({ answer }) => answer.writeHead(502).end();
    for (let count = 0; count < 7; count++) expect((await push('gone', login('studio', 'good'))).text).toMatch(/^HTTP\/1\.0 503 [^]*does not answer/);
    expect(service.asked).toHaveLength(5);
    expect(told.all('auth-service-down')).toMatchObject([{ mount: 'gone', reason: 'status 502', sources: 1 }]);
  });

  it('has a source told that its request has failed here, also by a connection that has had another answer', async () => {
    const client = new RawClient(port).write('GET /first HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.untilText('\r\n\r\n');
    client.write(`SOURCE /faulty HTTP/1.0\r\nContent-Type: audio/mpeg\r\n${login('studio', 'good')}\r\n`);
    await client.closed;
    expect(client.text).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nHTTP\/1\.0 500 /);
    expect(told.all('request-failed')).toMatchObject([{ target: '/faulty', error: expect.stringContaining('a fault of ours') as string }]);
  });

  it('has the time to answer that the configuration gives it now', async () => {
    const before = { ...settings };
    service.answer = ({ answer }) => answer.writeHead(200).end();
    Object.assign(settings, { listenerAuthTimeoutMs: 60_000 });
    expect((await push('slow', login('studio', 'bad'))).text).toMatch(/^HTTP\/1\.0 401 /);
    Object.assign(settings, { listenerAuthTimeoutMs: 50 });
    service.answer = () => undefined;
    expect((await push('slow', login('studio', 'good'))).text).toMatch(/^HTTP\/1\.0 503 [^]*does not answer/);
    Object.assign(settings, before);
    service.dropConnections();
  });

  it('has the time to answer that its mountpoint gives it', async () => {
    const before = { ...settings };
    Object.assign(settings, { listenerAuthTimeoutMs: 60_000 });
    service.answer = () => undefined;
    expect((await push('hasty', login('studio', 'good'))).text).toMatch(/^HTTP\/1\.0 503 [^]*does not answer/);
    expect(await told.until('auth-service-down', { mount: 'hasty' })).toMatchObject({ reason: 'no answer in time' });
    Object.assign(settings, before);
    service.dropConnections();
  });

  it('keeps no connection for certificates that are not trusted any more, once all have been answered', async () => {
    service.answer = ({ answer }) => answer.writeHead(200).end();
    ca = 'one';
    expect((await push('gone', login('studio', 'bad'))).text).toMatch(/^HTTP\/1\.0 401 /);
    const before = service.connections;
    for (ca of ['two', 'three', 'four']) expect((await push('gone', login('studio', 'bad'))).text).toMatch(/^HTTP\/1\.0 401 /);
    await vi.waitFor(() => expect(service.connections).toBeLessThanOrEqual(before), { timeout: 20_000 });
  });

  it('is not asked by somebody who guesses', async () => {
    service.answer = ({ answer }) => answer.writeHead(200).end();
    const answers: string[] = [];
    for (let count = 0; count < 12; count++) answers.push((await push('radio', login('studio', `guess ${count}`))).text);
    expect(answers.at(-1)).toMatch(/^HTTP\/1\.0 429 /);
    expect(service.asked.length).toBeLessThan(12);
  });
});
