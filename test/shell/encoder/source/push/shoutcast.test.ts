import { afterEach, describe, expect, it } from 'vitest';
import { withSettings, type Settings } from '../../../../../core/config/settings.ts';
import { SourceServer } from '../../../../../shell/encoder/source/push/source-server.ts';
import type { SourceInfo, SourceSink } from '../../../../../shell/encoder/source/source.ts';
import { ask, CapturedLog, RawClient } from '../../../support/support.ts';

interface Heard {
  readonly mount: string;
  readonly info: SourceInfo;
  body: string;
  readonly titles: string[];
  ended: string;
}

const running: { stop(): Promise<void> }[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function listen(mounts: Readonly<Record<string, string | undefined>>, settings: Partial<Settings> = {}): Promise<{ port: number; shoutcast: number; heard: Heard[]; told: CapturedLog }> {
  const heard: Heard[] = [];
  const told = new CapturedLog();
  const begin = (mount: string, info: SourceInfo): SourceSink => {
    const one: Heard = { mount, info, body: '', titles: [], ended: '' };
    heard.push(one);
    return {
      hasFrames: true,
      audio: (bytes) => {
        one.body += Buffer.from(bytes).toString('latin1');
        return undefined;
      },
      title: (title) => one.titles.push(title) > 0,
      metadata: () => undefined,
      end: (reason) => void (one.ended = reason),
    };
  };
  const server = new SourceServer({
    mounts: Object.entries(mounts).map(([name, password]) => ({ name, password, api: { begin: (info) => begin(name, info) } })),
    shoutcast: { port: 0, mount: Object.keys(mounts)[0]! },
    bind: { address: '127.0.0.1', port: 0 },
    settings: withSettings({ stopMs: 200, ...settings }),
    log: told.log,
  });
  running.push(server);
  await server.start();
  return { port: await told.port('source'), shoutcast: await told.port('shoutcast'), heard, told };
}

function connect(port: number): RawClient {
  const client = new RawClient(port);
  clients.push(client);
  return client;
}

const OK = 'OK2\r\nicy-caps:11\r\n\r\n';

describe('a source client that speaks Shoutcast', () => {
  it.each(['pw\r\n', 'pw\n'])('is told to go on when its password is right, %j, and sends what it is called and audio', async (line) => {
    const { shoutcast, heard } = await listen({ radio: 'pw', jazz: 'other' });
    const client = connect(shoutcast).write(line);
    expect(await client.untilText(OK)).toBe(OK);
    client.write('icy-name:Radio One\r\nicy-genre:Pop\r\nicy-pub:1\r\nicy-br:128\r\ncontent-type:audio/mpeg\r\n\r\naudio');
    await expect.poll(() => heard[0]?.body).toBe('audio');
    expect(heard[0]!.mount).toBe('radio');
    expect(heard[0]!.info.headers).toEqual([['Icy-Name', 'Radio One'], ['Icy-Genre', 'Pop'], ['Icy-Pub', '1']]);
    client.write(' and more').socket.end();
    await expect.poll(() => heard[0]!.ended).toBe('closed by source');
    expect(heard[0]!.body).toBe('audio and more');
    expect(client.text).toBe(OK);
  });

  it('may say all at once, or byte by byte, or not what it is called', async () => {
    for (const [index, bytes] of ['pw\r\nicy-name:N\r\n\r\naudio', 'pw\n\naudio'].entries()) {
      for (const size of [1, 1_000]) {
        const { shoutcast, heard } = await listen({ radio: 'pw' });
        const client = connect(shoutcast);
        for (let at = 0; at < bytes.length; at += size) {
          client.write(bytes.slice(at, at + size));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await expect.poll(() => heard[0]?.body).toBe('audio');
        expect(heard[0]!.info.headers).toEqual(index === 0 ? [['Icy-Name', 'N']] : []);
      }
    }
  });

  it.each(['wrong', 'other', '', 'pw '])('is closed when its password is not the one of its mountpoint: %j', async (password) => {
    const { shoutcast, heard, told } = await listen({ radio: 'pw', jazz: 'other' });
    const client = connect(shoutcast).write(`${password}\r\n`);
    await client.closed;
    expect(client.text).toBe('invalid password\r\n');
    expect(heard).toEqual([]);
    expect(told.all('source-refused')).toMatchObject([{ why: { code: 'wrong-password' } }]);
  });

  it('guesses no more passwords than one that speaks HTTP', async () => {
    const { shoutcast, port } = await listen({ radio: 'pw' });
    for (let guess = 0; guess < 15; guess++) await connect(shoutcast).write(`guess ${guess}\r\n`).closed;
    expect(await ask(port, `SOURCE /radio HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:once more').toString('base64')}\r\n\r\n`)).toMatch(/^HTTP\/1\.0 429 /);
  });

  it('is closed while the mountpoint has a source, whichever of the two ports that came by', async () => {
    const { port, shoutcast, heard, told } = await listen({ radio: 'pw' });
    const auth = `Authorization: Basic ${Buffer.from('source:pw').toString('base64')}\r\n\r\n`;
    const first = connect(port).write(`SOURCE /radio HTTP/1.0\r\n${auth}`);
    await first.untilText('200 OK');
    const second = connect(shoutcast).write('pw\r\n');
    await second.closed;
    expect(second.text).toBe('Mountpoint in use\r\n');
    expect(told.all('source-refused')).toMatchObject([{ mount: 'radio', why: { code: 'in-use' } }]);
    first.socket.end();
    await expect.poll(() => heard[0]!.ended).not.toBe('');
    await connect(shoutcast).write('pw\r\n\r\naudio').untilText(OK);
    expect(await ask(port, `SOURCE /radio HTTP/1.0\r\n${auth}`)).toContain('Mountpoint in use');
  });

  it.each([
    ['by its type', 'content-type:application/ogg\r\n\r\n', 'application/ogg'],
    ['by its first bytes', '\r\nfLaC\0\0\0\x22', 'FLAC'],
  ])('is closed when what it sends is not supported, %s', async (_, behind, format) => {
    const { shoutcast, heard, told } = await listen({ radio: 'pw' });
    const client = connect(shoutcast).write(`pw\r\n${behind}`);
    await client.closed;
    expect(heard).toEqual([]);
    expect(told.all('source-refused')).toMatchObject([{ mount: 'radio', why: { code: 'unsupported', format } }]);
  });

  it('sends titles to the other port, with its password and no mountpoint', async () => {
    const { port, shoutcast, heard } = await listen({ radio: 'pw', jazz: 'other' });
    await connect(shoutcast).write('pw\r\n\r\naudio').untilText(OK);
    await expect.poll(() => heard[0]?.body).toBe('audio');
    expect(await ask(port, 'GET /admin.cgi?pass=pw&mode=updinfo&song=A+-+B HTTP/1.0\r\n\r\n')).toContain('Metadata update successful');
    expect(await ask(port, 'GET /admin.cgi?pass=other&mode=updinfo&song=C HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 /);
    expect(heard[0]!.titles).toEqual(['A - B']);
  });

  it('costs no more than its time and its bytes when it is none', async () => {
    const { shoutcast, heard, told } = await listen({ radio: 'pw' }, { headTimeoutMs: 150 });
    await connect(shoutcast).write('x'.repeat(300)).closed;
    await connect(shoutcast).write(`pw\r\n${'icy-name:x\r\n'.repeat(1_000)}`).closed;
    const silent = connect(shoutcast);
    const halfWay = connect(shoutcast).write('pw\r\nicy-name:x\r\n');
    await Promise.all([silent.closed, halfWay.closed]);
    expect(heard).toEqual([]);
    expect(told.all('refused').map(({ reason }) => reason)).toEqual(['head too long', 'head not finished in time']);
  });

  it('needs no password on this machine when none is set', async () => {
    const { shoutcast, heard } = await listen({ radio: undefined });
    await connect(shoutcast).write('whatever\r\n\r\naudio').untilText(OK);
    await expect.poll(() => heard[0]?.body).toBe('audio');
  });
});
