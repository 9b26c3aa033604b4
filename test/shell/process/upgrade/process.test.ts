import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IcyStripper } from '../../../../shell/http/client/icy-stripper.ts';
import { built } from '../../../support/built.ts';
import { bodyOf, expectUnbroken, heard, hearsOn, wholeIn } from '../../support/heard.ts';
import { ask, RawClient, sleep } from '../../support/support.ts';
import { EdgeProcess, NumberedRelay } from './support.ts';

/** The program as it is started here: a file that others take the place of, as a new version does. */
const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
const program = join(directory, 'davecast.mjs');
const good = `import ${JSON.stringify(pathToFileURL(built('shell/bin/davecast')).href)};\n`;

const relay = new NumberedRelay();
let edge: EdgeProcess;
let port: number;
const clients: RawClient[] = [];

beforeAll(async () => {
  writeFileSync(program, good);
  const argv = ['edge', '--bind', '127.0.0.1', '--http', '0', '--admin-password', 'pw', '--relay', `127.0.0.1:${await relay.start()}`];
  edge = new EdgeProcess(argv, { program });
  port = (await edge.line('listening'))['port'] as number;
  await edge.line('mount-started');
});

afterAll(() => {
  for (const { socket } of clients) socket.destroy();
  relay.stop();
  edge.end();
  rmSync(directory, { recursive: true });
});

function listen(headers = ''): RawClient {
  const client = new RawClient(port).write(`GET /radio HTTP/1.0\r\n${headers}\r\n`);
  clients.push(client);
  return client;
}

function heardWithTitles(client: RawClient): { readonly numbers: readonly number[]; readonly titles: readonly string[] } {
  const [pieces, titles]: [Buffer[], string[]] = [[], []];
  const intervalBytes = Number(/icy-metaint:\s*(\d+)/i.exec(client.text)![1]);
  new IcyStripper(intervalBytes, (bytes) => pieces.push(Buffer.from(bytes)), (text) => titles.push(text)).push(bodyOf(client));
  return { numbers: wholeIn(Buffer.concat(pieces)), titles };
}

/** A program that answers what the old process says, until it does something else. */
function answering(answers: string): string {
  return `process.on('message', (message) => { ${answers} }); process.on('disconnect', () => process.exit());\n`;
}

const ready = "if (message.kind === 'offer') process.send({ kind: 'ready', takes: 'all' });";

/** New versions that are no good, and what is told of them. */
const bad: readonly (readonly [string, string])[] = [
  ['process.exit(3);', 'it has ended: status 3'],
  ['throw new SyntaxError("no program");', 'it has ended: status 1'],
  [answering("if (message.kind === 'offer') process.send({ kind: 'failed', reason: 'a key is missing' });"), 'a key is missing'],
  [answering("process.send({ kind: 'taken' });"), 'it says "taken" at the wrong moment'],
  [answering(`${ready} if (message.kind === 'take') process.send({ kind: 'failed', reason: 'the state is no state' });`), 'the state is no state'],
  [answering(`${ready} if (message.kind === 'take') process.exit(4);`), 'it has ended: status 4'],
  [answering(`${ready} if (message.kind === 'take') process.kill(process.pid, 'SIGSEGV');`), 'it has ended: SIGSEGV'],
  [answering(`${ready} if (message.kind === 'take') process.send({ kind: 'taken' }); if (message.kind === 'go') process.exit(5);`), 'it has ended: status 5'],
];

describe('an edge that is upgraded', () => {
  it('goes on when the new process is no good, whenever that turns out, and listeners hear every frame once', async () => {
    const listener = listen();
    await hearsOn(listener);
    for (const [index, [code, reason]] of bad.entries()) {
      writeFileSync(program, code);
      const unfinished = new RawClient(port).write('GET /rad');
      clients.push(unfinished);
      edge.child.kill('SIGUSR1');
      expect(await edge.line('upgrade-failed', index + 1)).toMatchObject({ reason });
      unfinished.write('io HTTP/1.0\r\n\r\n');
      await Promise.all([hearsOn(listener, 2), hearsOn(unfinished, 2)]);
      unfinished.socket.destroy();
    }
    expectUnbroken(heard(listener));
    expect(relay.subscriptions).toBe(1);
    expect(edge.lines('listener-dropped')).toEqual([]);
    expect(edge.lines('upgraded')).toEqual([]);
    listener.socket.destroy();
    await edge.line('access', bad.length + 1);
    edge.out = '';
    edge.err = '';
    writeFileSync(program, good);
  });

  it('hands over to a new process, and listeners hear every frame once', async () => {
    const [plain, withTitles] = [listen('User-Agent: player\r\n'), listen('Icy-MetaData: 1\r\n')];
    await Promise.all([hearsOn(plain), hearsOn(withTitles)]);
    const fromMs = performance.now();
    const [unfinished, silent] = [new RawClient(port).write('GET /rad'), new RawClient(port)];
    clients.push(unfinished, silent);
    await sleep(50);
    const { child } = edge;
    child.kill('SIGUSR1');
    const taken = await edge.line('taken-over');
    expect(taken).toMatchObject({ listeners: 2, relays: 1 });
    unfinished.write('io HTTP/1.0\r\n\r\n');
    silent.write('GET /radio HTTP/1.0\r\n\r\n');
    const late = listen();
    await Promise.all([plain, withTitles, unfinished, silent, late].map((client) => hearsOn(client)));
    expect(await edge.exited).toBe(0);
    for (const client of [plain, unfinished, silent, late]) expectUnbroken(heard(client));
    const { numbers, titles } = heardWithTitles(withTitles);
    expectUnbroken(numbers);
    expect(titles).toEqual(["StreamTitle='Somebody';"]);
    // By the connection that there was.
    expect(relay.subscriptions).toBe(1);
    expect(edge.lines('path-closed')).toEqual([]);
    // What is known of listeners goes with them.
    const status = await ask(port, `GET /admin/listclients?mount=/radio HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('admin:pw').toString('base64')}\r\n\r\n`);
    expect(status).toContain('<UserAgent>player</UserAgent>');
    expect(status.match(/<IP>/g)).toHaveLength(5);
    await expect.poll(() => performance.now() - fromMs).toBeGreaterThan(1_000);
    plain.socket.destroy();
    const left = await edge.line('access');
    expect(left).toMatchObject({ mount: 'radio', agent: 'player', reason: 'closed by listener' });
    expect(left['bytes']).toBeGreaterThanOrEqual(plain.received.length);
    expect(left['connectedS']).toBeGreaterThanOrEqual(1);
    expect(edge.lines('access')).toHaveLength(1);
    expect(edge.err).toBe('');
  });
});
