import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, RawClient } from '../../../support/support.ts';
import { scratchDirectory, serve, type Served } from '../support.ts';

const scratch = scratchDirectory();
const clients: RawClient[] = [];
let edge: Served;

/** An Icecast's own file of users, one of Apache's, and what the manual of neither says. */
const users = `# listeners
ann:$2b$04$6KP7QzEwGONjxMmnfTW34OjRpLCBGQlmiozmj/JmhoW/aT6aPfU5m
bob:5ebe2294ecd0e0f08eab7690d2a6ee69
cat:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=:more of Apache
dan:$apr1$r31...$WYaC092gShi.9bkdmtCtj.
`;

beforeAll(async () => {
  const file = scratch.write('users', users);
  edge = await serve(['open', 'paid', 'once'], {
    mounts: new Map([
      ['paid', { auth: { kind: 'htpasswd', file } }],
      ['once', { auth: { kind: 'htpasswd', file, onePerUser: true } }],
    ]),
  }, {}, { accessLog: { file: scratch.path('access'), format: 'json' } });
});

afterEach(() => clients.splice(0).forEach(({ socket }) => socket.destroy()));

afterAll(async () => {
  await edge.stop();
  scratch.remove();
});

function login(user: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;
}

function listen(target: string, lines = ''): RawClient {
  const client = new RawClient(edge.port).write(`GET ${target} HTTP/1.0\r\n${lines}\r\n`);
  clients.push(client);
  return client;
}

async function statusOf(target: string, lines = ''): Promise<number> {
  const head = await listen(target, lines).untilText('\r\n\r\n');
  return Number(/^HTTP\/1\.0 (\d+)/.exec(head)?.[1]);
}

describe('a mountpoint with a file of users', () => {
  it('asks those who say nothing who they are', async () => {
    expect(await ask(edge.port, 'GET /paid HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 [^]*\r\nWWW-Authenticate: Basic realm="Davecast"\r\n/);
    expect(await edge.told.until('listener-refused')).toMatchObject({ mount: 'paid', reason: 'no user and password' });
    expect(edge.told.all('refused')).toEqual([]);
    expect(await statusOf('/open')).toBe(200);
  });

  it('is led to by playlists with what their own address says of who listens', async () => {
    const get = (target: string): Promise<string> => ask(edge.port, `GET ${target} HTTP/1.0\r\nHost: edge:8000\r\n\r\n`);
    expect(await get('/paid.m3u?user=bob&pass=secret')).toMatch(/\r\n\r\nhttp:\/\/edge:8000\/paid\?user=bob&pass=secret\r\n$/);
    expect(await get('/paid.pls?token=a b\u00e4#c"')).toContain('\r\nFile1=http://edge:8000/paid?token=a%20b%C3%A4%23c%22\r\n');
    expect(await get('/paid.xspf?user=bob&pass=secret')).toContain('<location>http://edge:8000/paid?user=bob&amp;pass=secret</location>');
    expect(await get('/paid.m3u')).toMatch(/\r\n\r\nhttp:\/\/edge:8000\/paid\r\n$/);
    expect(await get('/open.m3u?user=bob&pass=secret')).toMatch(/\r\n\r\nhttp:\/\/edge:8000\/open\r\n$/);
  });

  it('asks those who want its head, too', async () => {
    expect(await ask(edge.port, 'HEAD /paid HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await ask(edge.port, `HEAD /paid HTTP/1.0\r\n${login('bob', 'secret')}\r\n`)).toMatch(/^HTTP\/1\.0 200 [^]*\r\nContent-Type: audio\/mpeg\r\n/);
    expect(edge.told.all('access')).toEqual([]);
  });

  it.each(['ann', 'bob', 'cat', 'dan'])('admits %s with the right password, also by the address', async (user) => {
    const client = listen('/paid', login(user, 'secret'));
    expect(await client.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
    const head = client.received.length;
    await client.until((received) => received.length > head);
    expect(await statusOf(`/paid?user=${user}&pass=secret`)).toBe(200);
    expect(await statusOf('/paid', login(user, 'Secret'))).toBe(401);
  });

  it('does not admit a user who is not in it', async () => {
    expect(await statusOf('/paid', login('eve', 'secret'))).toBe(401);
    expect(await edge.told.until('listener-refused', { user: 'eve' })).toMatchObject({ reason: 'wrong password' });
    expect(edge.told.all('refused')).toMatchObject([{ reason: 'wrong listener password' }]);
  });

  it('admits each user once where it is so configured', async () => {
    expect(await statusOf('/once', login('ann', 'secret'))).toBe(200);
    expect(await statusOf('/once', login('bob', 'secret'))).toBe(200);
    expect(await ask(edge.port, `GET /once HTTP/1.0\r\n${login('ann', 'secret')}\r\n`)).toMatch(/^HTTP\/1\.0 403 [^]*This user is listening already/);
    clients[0]!.socket.resetAndDestroy();
    expect(await statusOf('/once?user=cat&pass=secret')).toBe(200);
    clients.at(-1)!.socket.resetAndDestroy();
    await expect.poll(() => readFileSync(scratch.path('access'), 'utf8')).toContain('GET /once?user=cat&pass=*** HTTP/1.0');
    await expect.poll(() => readFileSync(scratch.path('access'), 'utf8')).toMatch(/"user":"ann","mount":"once"|"mount":"once",.*"user":"ann"/);
    await expect.poll(() => statusOf('/once', login('ann', 'secret'))).toBe(200);
  });

  it('reads the file again', async () => {
    scratch.write('users', 'ann:5ebe2294ecd0e0f08eab7690d2a6ee69\n');
    process.emit('SIGHUP', 'SIGHUP');
    await expect.poll(() => edge.told.all('file-loaded').filter(({ entries }) => entries === 1)).toHaveLength(2);
    expect(await statusOf('/paid', login('ann', 'secret'))).toBe(200);
    expect(await statusOf('/paid', login('dan', 'secret'))).toBe(401);
    scratch.write('users', 'ann:plain\n');
    process.emit('SIGHUP', 'SIGHUP');
    expect(await edge.told.until('file-refused')).toMatchObject({ problem: expect.stringMatching(/users:1: user "ann" must have bcrypt/) as string });
    expect(await statusOf('/paid', login('ann', 'secret'))).toBe(200);
  });

  it('makes somebody who guesses wait', async () => {
    for (let guess = 0; guess < 12; guess++) await statusOf('/paid', login('ann', `guess ${guess}`));
    expect(await ask(edge.port, `GET /paid HTTP/1.0\r\n${login('ann', 'another')}\r\n`)).toMatch(/^HTTP\/1\.0 403 [^]*Too many wrong passwords/);
  });
});

it('does not start with a file of users that is wrong', async () => {
  const start = (text: string): Promise<Served> => serve(['one'], { mounts: new Map([['one', { auth: { kind: 'htpasswd' as const, file: scratch.write('bad', text) } }]]) });
  await expect(start('ann\nbob:\n:x\nann:rqXexS6ZhobKA\n')).rejects.toThrow(/bad:1: must be USER:HASH\n.*bad:2: must be USER:HASH\n.*bad:3: must be USER:HASH\n.*bad:4: user "ann" must have bcrypt/);
  await expect(start(`${users}bob:5ebe2294ecd0e0f08eab7690d2a6ee69`)).rejects.toThrow(/bad:6: user "bob" is given twice$/);
});
