import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings, withSettings, type Settings } from '../../../../../core/config/settings.ts';
import { allowedHeaders } from '../../../../../core/wire/messages/headers.ts';
import { SourceServer } from '../../../../../shell/encoder/source/push/source-server.ts';
import type { SourceApi, SourceInfo, SourceSink } from '../../../../../shell/encoder/source/source.ts';
import { ask, CapturedLog, RawClient, sleep } from '../../../support/support.ts';
import { askSecurely, pairOf, secureClient } from '../../../net/tls/support.ts';

class Heard implements SourceSink {
  readonly info: SourceInfo;
  readonly hasFrames = true;
  body = '';
  readonly titles: string[] = [];
  readonly ended: Promise<string>;
  #end: (reason: string) => void = () => undefined;

  constructor(info: SourceInfo) {
    this.info = info;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  audio(bytes: Uint8Array): string | undefined {
    const text = Buffer.from(bytes).toString('latin1');
    this.body += text;
    return text === 'unsupported' ? 'that is not supported' : undefined;
  }

  title(title: string): boolean {
    this.titles.push(title);
    return title !== 'refused';
  }

  metadata(): void {
    throw new Error('source clients send titles aside');
  }

  end(reason: string): void {
    this.#end(reason);
  }
}

class Api implements SourceApi {
  readonly sources: Heard[] = [];

  begin(info: SourceInfo): SourceSink {
    const heard = new Heard(info);
    this.sources.push(heard);
    return heard;
  }
}

const servers: SourceServer[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function listen(password?: string, settings: Settings = defaultSettings): Promise<{ api: Api; port: number }> {
  const api = new Api();
  const { log, port } = ((captured) => ({ log: captured.log, port: () => captured.port('source') }))(new CapturedLog());
  const server = new SourceServer({ mounts: [{ name: 'm', password, api }], bind: { address: '127.0.0.1', port: 0 }, settings, log });
  servers.push(server);
  await server.start();
  return { api, port: await port() };
}

function connect(port: number): RawClient {
  const client = new RawClient(port);
  clients.push(client);
  return client;
}

const auth = (user: string, password: string): string => `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;

it('takes a source whose description has two lines', async () => {
  const { api, port } = await listen('pw');
  const client = connect(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}Ice-Description: First line\nsecond line\r\nIce-Genre: Pop\r\n\r\n`);
  await client.untilText('200 OK\r\n\r\n');
  expect(api.sources[0]!.info.headers).toEqual([['Icy-Genre', 'Pop'], ['Icy-Description', 'First line']]);
});

it('takes a tabulator for a space, and the beginning of what is too long for a message', async () => {
  const { api, port } = await listen('pw');
  const client = connect(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}Ice-Name: Radio\tOne\r\nIce-Description: ${'é'.repeat(1_000)}\r\n\r\n`);
  await client.untilText('200 OK\r\n\r\n');
  const { headers } = api.sources[0]!.info;
  expect(headers).toEqual([['Icy-Name', 'Radio One'], ['Icy-Description', 'é'.repeat(512)]]);
  expect(allowedHeaders(headers)).toEqual(headers);
});

describe('passwords', () => {
  it('cannot be guessed by the thousand, and clients that first say none are spared', async () => {
    const { port } = await listen('pw');
    const status = async (line: string): Promise<string> => (await ask(port, `SOURCE /m HTTP/1.0\r\n${line}\r\n`)).split(' ')[1]!;
    for (let i = 0; i < 30; i++) expect(await status('')).toBe('401');
    const answers = new Map<string, number>();
    for (let i = 0; i < 40; i++) {
      const answer = await status(auth('source', `guess ${i}`));
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    expect([...answers.keys()].sort()).toEqual(['401', '429']);
    expect(await ask(port, `GET /admin.cgi?pass=x&mode=updinfo&song=y HTTP/1.0\r\n\r\n`)).toMatch(/ 4(01|29) /);
  });
});

describe('a source', () => {
  it.each(['HTTP/1.0', 'HTTP/1.1', 'ICE/1.0'])('may come with SOURCE and %s', async (protocol) => {
    const { api, port } = await listen('pw');
    const client = connect(port).write(`SOURCE /m ${protocol}\r\n${auth('source', 'pw')}Ice-Name: Radio\r\nice-public: 1\r\nIcy-Genre: Pop\r\n\r\n`);
    expect(await client.untilText('\r\n\r\n')).toBe('HTTP/1.0 200 OK\r\n\r\n');
    client.write('audio');
    client.socket.end();
    expect(await api.sources[0]!.ended).toBe('closed by source');
    expect(api.sources[0]!.body).toBe('audio');
    expect(api.sources[0]!.info.headers).toEqual([['Icy-Name', 'Radio'], ['Icy-Genre', 'Pop'], ['Icy-Pub', '1']]);
  });

  it('may send audio right behind its head, and LF alone', async () => {
    const { api, port } = await listen('pw');
    connect(port).write(`SOURCE /m HTTP/1.0\n${auth('source', 'pw').replace('\r', '')}\naudio`).socket.end();
    await expect.poll(() => api.sources[0]?.body).toBe('audio');
  });

  it('may come with PUT, and is told to go on at once', async () => {
    const { api, port } = await listen('pw');
    const client = connect(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}Expect: 100-continue\r\n\r\n`);
    expect(await client.untilText('200 OK\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n');
    client.write('audio').socket.end();
    await api.sources[0]!.ended;
    expect(api.sources[0]!.body).toBe('audio');
  });

  it('may be chunked', async () => {
    const { api, port } = await listen('pw');
    const client = connect(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`);
    await client.untilText('200 OK');
    client.write('lo\r\n3\r\n, w\r\n4\r\norld\r\n0\r\n\r\n');
    expect(await api.sources[0]!.ended).toBe('end of body');
    expect(api.sources[0]!.body).toBe('hello, world');
    await client.closed;
  });

  it.each([
    ['by its type', 'Content-Type: application/ogg\r\n', '', 'application/ogg'],
    ['by its first bytes', '', 'OggS\0\x02' + '\0'.repeat(20) + '\x01\x13OpusHead', 'Ogg (Opus)'],
    ['by its first bytes, whatever it calls itself', 'Content-Type: audio/mpeg\r\n', 'fLaC\0\0\0\x22', 'FLAC'],
    ['by the first bytes of a chunk', 'Transfer-Encoding: chunked\r\n', '8\r\nfLaC\0\0\0\x22\r\n', 'FLAC'],
  ])('that is not supported is refused with 415, %s', async (_, header, body, what) => {
    const { api, port } = await listen('pw');
    const client = connect(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}${header}\r\n${body}`);
    await client.closed;
    expect(client.text).toMatch(/^HTTP\/1\.0 415 Unsupported Media Type\r\n/);
    expect(client.text).toContain(`Unsupported format ${what}: send MPEG audio or AAC (ADTS)`);
    expect(api.sources).toHaveLength(0);
  });

  it('is closed when it shows later that what it sends is not supported', async () => {
    const { api, port } = await listen('pw');
    const client = connect(port).write(`SOURCE /m HTTP/1.0\r\n${auth('source', 'pw')}\r\n`);
    await client.untilText('200 OK');
    client.write('unsupported');
    expect(await api.sources[0]!.ended).toBe('that is not supported');
    await client.closed;
  });

  it('may have a length', async () => {
    const { api, port } = await listen('pw');
    connect(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}Content-Length: 5\r\n\r\nhello, world`);
    await expect.poll(() => api.sources[0]?.body).toBe('hello');
    expect(await api.sources[0]!.ended).toBe('end of body');
  });

  it('is cut off when its chunks are none', async () => {
    const { api, port } = await listen('pw');
    const client = connect(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n`);
    await client.closed;
    expect(await api.sources[0]!.ended).toBe('bad chunk');
  });

  it('keeps others out, and leaves room when it ends', async () => {
    const { api, port } = await listen('pw');
    const head = `SOURCE /m HTTP/1.0\r\n${auth('source', 'pw')}\r\n`;
    const first = connect(port).write(head);
    await first.untilText('200 OK');
    const refused = await ask(port, head);
    expect(refused).toMatch(/^HTTP\/1\.0 403 Forbidden\r\n/);
    expect(refused).toMatch(/\r\n\r\nMountpoint in use\r\n$/);
    first.socket.end();
    await api.sources[0]!.ended;
    expect(await connect(port).write(head).untilText('200 OK')).toContain('200 OK');
    expect(api.sources).toHaveLength(2);
  });
});

describe('a source that is held up', () => {
  it('sends no more than its connection takes, and is neither silent nor gone for that', async () => {
    const { api, port } = await listen('pw', withSettings({ sourceIdleMs: 200, sourceTakeOverMs: 0 }));
    const head = `SOURCE /m HTTP/1.0\r\n${auth('source', 'pw')}\r\n`;
    const client = connect(port).write(head);
    await client.untilText('200 OK');
    const { flow } = api.sources[0]!.info;
    flow.pause();
    client.write('x'.repeat(40_000_000));
    await sleep(600);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(api.sources[0]!.body.length).toBeLessThan(100_000);
    expect(await ask(port, head)).toContain('Mountpoint in use');
    flow.resume();
    await expect.poll(() => api.sources[0]!.body.length, { timeout: 20_000 }).toBe(40_000_000);
    expect(await api.sources[0]!.ended).toBe('idle');
  });
});

describe('a password', () => {
  it.each([['no', ''], ['a wrong', auth('source', 'no')], ['another user\'s', auth('admin', 'pw')], ['an unreadable', 'Authorization: Basic %%%\r\n'], ['a bearer', 'Authorization: Bearer pw\r\n']])(
    'is needed: %s one is answered 401',
    async (_, header) => {
      const { api, port } = await listen('pw');
      const answer = await ask(port, `SOURCE /m HTTP/1.0\r\n${header}\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.0 401 Authentication Required\r\n/);
      expect(answer).toMatch(/\r\nWWW-Authenticate: Basic realm=".+"\r\n/);
      expect(api.sources).toHaveLength(0);
    },
  );

  it('may be anything, or be missing, on this machine when none is set', async () => {
    for (const header of ['', auth('source', 'whatever')]) {
      const { port } = await listen();
      expect(await connect(port).write(`SOURCE /m HTTP/1.0\r\n${header}\r\n`).untilText('\r\n\r\n')).toBe('HTTP/1.0 200 OK\r\n\r\n');
    }
  });
});

describe('a title', () => {
  async function onAir(): Promise<{ api: Api; port: number }> {
    const { api, port } = await listen('pw');
    await connect(port).write(`SOURCE /m HTTP/1.0\r\n${auth('source', 'pw')}\r\n`).untilText('200 OK');
    return { api, port };
  }
  const get = (target: string, header = auth('source', 'pw')): string => `GET ${target} HTTP/1.0\r\n${header}\r\n`;

  it.each([
    ['/admin/metadata?mount=/m&mode=updinfo&song=A+-+B%20%26%20C', 'A - B & C'],
    ['/admin/metadata?mode=updinfo&artist=A&title=B', 'A - B'],
    ['/admin/metadata?mode=updinfo&title=B', 'B'],
    ['/admin/metadata?mode=updinfo&charset=UTF-8&song=Beyonc%C3%A9', 'Beyoncé'],
    ['/admin/metadata?mode=updinfo&song=Beyonc%E9', 'Beyoncé'],
    ['/admin/metadata?mode=updinfo&song=', ''],
  ])('comes with %s', async (target, title) => {
    const { api, port } = await onAir();
    const answer = await ask(port, get(target));
    expect(answer).toContain('Content-Type: text/xml; charset=utf-8\r\n');
    expect(answer).toContain('<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>');
    expect(api.sources[0]!.titles).toEqual([title]);
  });

  it('is not said to be set when it was not taken', async () => {
    const { port } = await onAir();
    expect(await ask(port, get('/admin/metadata?mount=/m&mode=updinfo&song=refused'))).toContain('<iceresponse><message>Metadata update refused: another title has the highest version</message><return>0</return></iceresponse>');
  });

  it('comes as Shoutcast has it', async () => {
    const { api, port } = await onAir();
    expect(await ask(port, get('/admin.cgi?pass=pw&mode=updinfo&song=S', ''))).toMatch(/^HTTP\/1\.0 200 /);
    expect(await ask(port, get('/admin.cgi?pass=no&mode=updinfo&song=T', ''))).toMatch(/^HTTP\/1\.0 401 /);
    expect(api.sources[0]!.titles).toEqual(['S']);
  });

  it.each<[string, BufferEncoding, string]>([
    ['&charset=ISO-8859-1', 'latin1', 'Café déjà-vu ß'],
    ['', 'latin1', 'Café déjà-vu ß'],
    ['', 'utf8', 'Café déjà-vu ß €'],
    ['&charset=UTF-8', 'utf8', 'Café déjà-vu ß €'],
  ])('may come as it is, not percent-encoded: %s in %s', async (charset, encoding, title) => {
    const { api, port } = await onAir();
    const [before, after] = get(`/admin/metadata?mode=updinfo${charset}&song=`).split(' HTTP', 2) as [string, string];
    for (const written of [title, title.replaceAll(' ', '+')]) {
      const client = connect(port).write(Buffer.concat([Buffer.from(before), Buffer.from(written, encoding), Buffer.from(` HTTP${after}`)]));
      await client.closed;
      expect(client.text).toContain('Metadata update successful');
    }
    expect(api.sources[0]!.titles).toEqual([title, title]);
  });

  it.each([
    ['/admin/metadata?song=x', 400, 'Missing parameter'],
    ['/admin/metadata?mode=updinfo', 400, 'Missing parameter'],
    ['/admin/stats', 404, ''],
  ])('does not come with %s', async (target, status, text) => {
    const { api, port } = await onAir();
    const answer = await ask(port, get(target));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.0 ${status} `));
    expect(answer).toContain(text);
    expect(api.sources[0]!.titles).toEqual([]);
  });

  it('needs the password and a source', async () => {
    const { port } = await onAir();
    expect(await ask(port, get('/admin/metadata?mode=updinfo&song=x', ''))).toMatch(/^HTTP\/1\.0 401 /);
    const { port: silent } = await listen('pw');
    expect(await ask(silent, get('/admin/metadata?mode=updinfo&song=x'))).toContain('Source does not exist');
  });
});

describe('other requests', () => {
  it.each([
    ['OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0\r\n\r\n', 204],
    ['GET / HTTP/1.0\r\n\r\n', 404],
    ['POST /m HTTP/1.0\r\n\r\n', 404],
    ['DELETE /m HTTP/1.0\r\n\r\n', 405],
    ['password\r\n\r\n', 400],
  ])('%j', async (request, status) => {
    const { port } = await listen('pw');
    expect(await ask(port, request)).toMatch(new RegExp(`^HTTP/1\\.0 ${status} `));
  });
});

it('takes a source by TLS, with its password and title', async () => {
  const api = new Api();
  const told = new CapturedLog();
  const tls = { port: 0, certificates: [pairOf('local')] };
  const server = new SourceServer({ mounts: [{ name: 'm', password: 'pw', api }], bind: { address: '127.0.0.1', port: 0 }, tls, settings: defaultSettings, log: told.log });
  servers.push(server);
  await server.start();
  const port = await told.port('https');
  const wrong = secureClient(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'no')}\r\n`);
  expect(await wrong.untilText('authenticate')).toMatch(/^HTTP\/1\.0 401 /);
  const client = secureClient(port).write(`PUT /m HTTP/1.1\r\n${auth('source', 'pw')}Expect: 100-continue\r\n\r\nabc`);
  clients.push(wrong, client);
  await client.untilText('200 OK\r\n\r\n');
  client.write('d'.repeat(100_000));
  await expect.poll(() => api.sources[0]!.body.length).toBe(100_003);
  expect(await askSecurely(port, `GET /admin/metadata?mode=updinfo&mount=/m&song=A HTTP/1.0\r\n${auth('source', 'pw')}\r\n`)).toContain('Metadata update successful');
  expect(api.sources[0]!.titles).toEqual(['A']);
  client.socket.end();
  expect(await api.sources[0]!.ended).toBe('closed by source');
});
