import { afterEach, describe, expect, it } from 'vitest';
import { withSettings, type Settings } from '../../../../../core/config/settings.ts';
import { notFound } from '../../../../../shell/http/common-routes.ts';
import { Router } from '../../../../../shell/http/router.ts';
import { HttpServer } from '../../../../../shell/http/server/server.ts';
import { Refusals } from '../../../../../shell/log/refusals.ts';
import { SourceIntake } from '../../../../../shell/encoder/source/push/source-intake.ts';
import { FixedMounts } from '../../../../../shell/encoder/source/push/source-server.ts';
import { ask, CapturedLog, RawClient } from '../../../support/support.ts';

interface Heard {
  readonly mount: string;
  body: string;
  readonly titles: string[];
  ended?: string;
}

const running: (() => Promise<unknown>)[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await Promise.all(running.splice(0).map((stop) => stop()));
});

/** An HTTP port with the routes of an intake, for the mountpoints `one` and `two`. */
async function listen(perMount: number, changes: Partial<Settings> = {}): Promise<{ port: number; heard: Heard[]; told: CapturedLog }> {
  const told = new CapturedLog();
  const heard: Heard[] = [];
  const settings = withSettings({ stopMs: 200, ...changes });
  const common = { settings, log: told.log, refusals: new Refusals(told.log) };
  const mounts = ['one', 'two'].map((mount) => ({
    name: mount,
    password: 'pw',
    api: {
      begin: () => {
        const source: Heard = { mount, body: '', titles: [] };
        heard.push(source);
        return {
          hasFrames: true,
          audio: (bytes: Uint8Array) => void (source.body += Buffer.from(bytes).toString('latin1')),
          title: (title: string) => source.titles.push(title) > 0,
          metadata: () => undefined,
          end: (reason: string) => void (source.ended = reason),
        };
      },
    },
  }));
  const intake = new SourceIntake({ mounts: new FixedMounts(mounts), perMount, ...common });
  const server = new HttpServer(new Router({ routes: [...intake.routes.titles, intake.routes.push], notFound, options: () => notFound }).handle, common);
  running.push(() => Promise.all([intake.stop(), server.stop(200)]));
  return { port: await server.listen({ address: '127.0.0.1', port: 0 }), heard, told };
}

const auth = `Authorization: Basic ${Buffer.from('source:pw').toString('base64')}\r\n\r\n`;

async function push(port: number, mount: string, audio: string, method = 'SOURCE'): Promise<RawClient> {
  const client = new RawClient(port).write(`${method} /${mount} HTTP/1.1\r\n${auth}`);
  clients.push(client);
  await client.untilText('200 OK\r\n\r\n');
  client.write(audio);
  return client;
}

describe('several sources of one mountpoint', () => {
  it('are each heard, and end one by one', async () => {
    const { port, heard } = await listen(2);
    const first = await push(port, 'one', 'from the first');
    await push(port, 'one', 'from the second', 'PUT');
    await expect.poll(() => heard.map(({ body }) => body)).toEqual(['from the first', 'from the second']);
    first.socket.destroy();
    await expect.poll(() => heard.map(({ ended }) => ended)).toEqual(['closed by source', undefined]);
  });

  it('are as many as may be', async () => {
    const { port, told } = await listen(2);
    await push(port, 'one', '');
    await push(port, 'one', '');
    expect(await ask(port, `SOURCE /one HTTP/1.0\r\n${auth}`)).toMatch(/^HTTP\/1\.0 403 [^]*Mountpoint in use/);
    expect(told.all('source-refused')).toMatchObject([{ mount: 'one', why: { code: 'in-use' } }]);
    await push(port, 'two', '');
  });

  it('all get a title that comes aside, and those of other mountpoints do not', async () => {
    const { port, heard } = await listen(2);
    for (const mount of ['one', 'one', 'two']) await push(port, mount, '');
    expect(await ask(port, `GET /admin/metadata?mount=/one&mode=updinfo&song=A+Song HTTP/1.0\r\n${auth}`)).toContain('Metadata update successful');
    expect(heard.map(({ mount, titles }) => [mount, titles])).toEqual([['one', ['A Song']], ['one', ['A Song']], ['two', []]]);
  });

  it('are limited together with those of all other mountpoints', async () => {
    const { port, heard, told } = await listen(2, { maxSources: 1 });
    const only = await push(port, 'one', '');
    expect(await ask(port, `PUT /two HTTP/1.1\r\n${auth}`)).toMatch(/^HTTP\/1\.0 403 [^]*Too many sources connected/);
    expect(told.all('source-refused')).toMatchObject([{ mount: 'two', why: { code: 'too-many' } }]);
    only.socket.destroy();
    await expect.poll(() => heard[0]!.ended).toBe('closed by source');
    await push(port, 'two', '');
  });
});
