import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterEach, expect, it } from 'vitest';
import { formatStreamId } from '../../../core/wire/pdu.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import { numbered } from '../../core/support/frames.ts';
import { announce, data, framed, streamId } from '../../core/support/messages.ts';
import { expectUnbroken, heard, hearsOn } from '../../shell/support/heard.ts';
import { bind, endpoints, quickSettings, Running } from '../../shell/net/nats/support.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { ask, CapturedLog, RawClient, sleep } from '../../shell/support/support.ts';
import { ca, certificateFile } from '../../shell/net/tls/support.ts';
import { EdgeProcess } from '../../shell/process/upgrade/support.ts';
import { makeCluster, NatsServer, type NatsServerOptions } from './nats-server.ts';
import { describeWith } from '../support/need.ts';

type KeyPair = ReturnType<typeof nkeys.createUser>;

const SECONDS = 1_000 / (1_152 / 44.1);

describeWith(['nats-server'], 'servers of NATS', () => {
  const running = new Running();

  afterEach(() => running.end());

  async function server(options?: NatsServerOptions): Promise<NatsServer> {
    return await running.add(new NatsServer(await freeTcpPort(), options)).start();
  }

  function directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'davecast-nats-'));
    running.add({ stop: () => rmSync(path, { recursive: true }) });
    return path;
  }

  it('one is killed, comes back, and the other is frozen: nobody hears it', async () => {
    const [a, b] = [await server(), await server()];
    const encoder = await running.encoder([a.url, b.url]);
    const { told, listener } = await running.edge([a.url, b.url]);
    const client = await listener();
    await hearsOn(client);
    await a.kill();
    await told.until('relay-lost', { label: a.url });
    await hearsOn(client, SECONDS);
    await a.start();
    await told.until('relay-back', { label: a.url });
    await hearsOn(client, SECONDS);
    b.freeze();
    await told.until('relay-lost', { label: b.url, reason: 'no answer to pings' });
    await encoder.until('disconnected', { peer: b.url });
    await hearsOn(client, SECONDS);
    b.thaw();
    await told.until('relay-back', { label: b.url });
    await hearsOn(client, SECONDS);
    expectUnbroken(heard(client));
    expect(told.all('gap')).toEqual([]);
    expect([...told.all('nats-no-history'), ...encoder.all('nats-no-history')]).toEqual([]);
  });

  it('a cluster of three loses the server of the encoder, and then that of the edge: nobody hears it while a relay lives', async () => {
    const cluster = await makeCluster(3);
    await Promise.all(cluster.map((one) => running.add(one).start()));
    const relay = new CapturedLog();
    await running.app(new RelayApp({ bind, inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: quickSettings() }, relay.log));
    // Each begins with a server of its own, and has the others besides.
    const urlOf = (first: number): string => `nats://${[...cluster.slice(first), ...cluster.slice(0, first)].map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    const encoder = await running.encoder([urlOf(0), `${bind}:${await relay.port('in')}`]);
    await encoder.until('target-up', { label: urlOf(0) });
    const { told, listener } = await running.edge([urlOf(1), `${bind}:${await relay.port('out')}`]);
    const client = await listener();
    await hearsOn(client, SECONDS);
    // One after the other: two of three must be there for a history.
    for (const one of cluster) {
      await one.kill();
      await hearsOn(client, 2 * SECONDS);
      await one.start();
      await hearsOn(client, SECONDS);
    }
    expect(told.all('relay-lost').length + encoder.all('target-down').length).toBeGreaterThanOrEqual(2);
    await hearsOn(client, SECONDS);
    expectUnbroken(heard(client));
    expect(told.all('gap')).toEqual([]);
  });

  it('an edge that is suspended is cut off as a slow consumer by one, and goes on', async () => {
    const [a, b] = [await server({ more: 'max_pending: 1MB\nwrite_deadline: "1s"' }), await server()];
    await running.encoder([a.url, b.url]);
    const edge = new EdgeProcess(['edge', '--bind', bind, '--http', '0', '--relay', a.url, '--relay', b.url]);
    running.add({ stop: () => edge.end() });
    const { port } = await edge.line('listening');
    await edge.line('mount-started');
    const client = running.listener(port as number);
    await hearsOn(client);
    edge.child.kill('SIGSTOP');
    flood(a);
    await a.said(/Slow Consumer/);
    edge.child.kill('SIGCONT');
    await edge.line('relay-lost');
    await edge.line('relay-back');
    await hearsOn(client, SECONDS);
    expectUnbroken(heard(client));
    expect(edge.lines('gap')).toEqual([]);
  });

  it('without JetStream all works, and an edge that starts has the other one', async () => {
    const [a, b] = [await server({ hasHistory: false }), await server()];
    const encoder = await running.encoder([a.url, b.url]);
    await encoder.until('target-up', { label: b.url });
    expect(await encoder.until('nats-no-history')).toMatchObject({ peer: a.url, reason: 'JetStream is off' });
    const first = await running.edge([a.url]);
    await hearsOn(await first.listener());
    expect(await first.told.until('nats-no-history')).toMatchObject({ peer: a.url });
    const second = await running.edge([b.url]);
    const client = await second.listener();
    await hearsOn(client);
    (await (running.latest as EdgeApp).prepare({ relays: endpoints([a.url, b.url]), settings: quickSettings() }))();
    await second.told.until('path-opened', { label: a.url });
    await second.told.until('nats-no-history', { peer: a.url });
    await b.kill();
    await hearsOn(client, SECONDS);
    expectUnbroken(heard(client));
  });

  it('an edge that starts has the history of JetStream: a whole burst at once', async () => {
    const a = await server();
    const encoder = await running.encoder([a.url]);
    const before = await running.edge([a.url]);
    await hearsOn(await before.listener(), 4 * SECONDS);
    const { told, listener } = await running.edge([a.url]);
    const client = await listener();
    await hearsOn(client, 3 * SECONDS);
    const numbers = heard(client);
    expectUnbroken(numbers);
    expect(numbers[0]).toBeLessThan(SECONDS);
    expect([encoder, told].flatMap((log) => log.all('nats-no-history'))).toEqual([]);
  });

  it('an edge on demand gives its first listener a whole burst, and goes on when a server is killed', async () => {
    const [a, b] = [await server(), await server()];
    await running.encoder([a.url, b.url]);
    await running.encoder([a.url, b.url], { mount: 'news' });
    const before = await running.edge([a.url]);
    await hearsOn(await before.listener(), 4 * SECONDS);
    const told = new CapturedLog();
    await running.app(new EdgeApp({ bind, httpPort: 0, relays: endpoints([a.url, b.url]), wish: { onDemand: { lingerMs: 60_000 } }, settings: quickSettings({ demandWaitMs: 20_000 }) }, told.log));
    const port = await told.port('http');
    for (const url of [a.url, b.url]) await told.until('path-opened', { label: url });
    while (!/jazz/.test(await ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n'))) await sleep(20);
    const client = running.listener(port);
    await hearsOn(client, 3 * SECONDS);
    expect(heard(client)[0]).toBeLessThan(4 * SECONDS);
    await a.kill();
    await hearsOn(client, SECONDS);
    expectUnbroken(heard(client));
    expect(told.all('mount-started')).toHaveLength(1);
  });

  it('a site with a leaf node has what other sites send and its history, and hears itself when it is cut off', async () => {
    const leafPort = await freeTcpPort();
    const hub = await server({ domain: 'hub', more: `leafnodes { listen: "127.0.0.1:${leafPort}" }` });
    const leaf = async (): Promise<NatsServer> => await server({ hasHistory: false, more: `leafnodes { reconnect: 1, remotes = [ { urls: ["nats-leaf://127.0.0.1:${leafPort}"] } ] }` });
    const [north, south] = [await leaf(), await leaf()];
    await Promise.all([north, south].map((one) => one.said(/Leafnode connection created/)));
    const encoder = await running.encoder([`${north.url}?domain=hub`]);
    const near = await running.edge([`${north.url}?domain=hub`]);
    const client = await near.listener();
    await hearsOn(client, 2 * SECONDS);
    const far = await running.edge([`${south.url}?domain=hub`]);
    const farClient = await far.listener();
    await hearsOn(farClient, SECONDS);
    // What was sent before it was there.
    expect(heard(farClient)[0]).toBeLessThan(SECONDS);
    expectUnbroken(heard(farClient));
    await hub.kill();
    await hearsOn(client, 2 * SECONDS);
    expectUnbroken(heard(client));
    for (const log of [encoder, near.told, far.told]) expect([...log.all('nats-no-history'), ...log.all('disconnected')]).toEqual([]);
  });

  it('by TLS, of an authority that is trusted, and of no other', async () => {
    const more = `tls { cert_file: "${certificateFile('local.crt')}", key_file: "${certificateFile('local.key')}" }`;
    const a = await server({ more });
    const url = `tls://localhost:${a.port}`;
    await running.encoder([url], { ca });
    const { listener } = await running.edge([url], { ca });
    const client = await listener();
    await hearsOn(client);
    expectUnbroken(heard(client));
    const stranger = await running.edge([url]);
    expect(await stranger.told.until('disconnected')).toMatchObject({ reason: expect.stringMatching(/CERT|SIGNED|ISSUER|VERIFY/) as string });
    const plain = await server();
    const refused = await running.edge([`tls://localhost:${plain.port}`], { ca });
    expect(await refused.told.until('disconnected')).toMatchObject({ reason: expect.stringContaining('tls') as string });
  });

  it('a title that is set at an edge is everywhere, also when the server is killed in between', async () => {
    const [a, b] = [await server(), await server()];
    const encoder = await running.encoder([a.url, b.url]);
    const other = await running.edge([b.url]);
    const { told } = await running.edge([a.url, b.url]);
    const app = running.latest as EdgeApp;
    await Promise.all([told, other.told].map((one) => one.until('mount-started')));
    for (const label of [a.url, b.url]) await encoder.until('target-up', { label });
    const shows = async (log: CapturedLog): Promise<string> => await ask(await log.port('http'), 'GET /status-json.xsl HTTP/1.0\r\n\r\n');
    app.setTitle('jazz', 'One', '127.0.0.1');
    await encoder.until('encoder-title', { title: 'One' });
    await expect.poll(() => shows(other.told)).toContain('"title":"One"');
    await a.kill();
    app.setTitle('jazz', 'Two', '127.0.0.1');
    await encoder.until('encoder-title', { title: 'Two' });
    await expect.poll(() => shows(other.told)).toContain('"title":"Two"');
    for (const log of [encoder, told, other.told]) expect(log.all('nats-complaint')).toEqual([]);
  });

  it('who has an nkey may publish the mountpoint that is his, and no other', async () => {
    const [studio, edge] = [nkeys.createUser(), nkeys.createUser()];
    const a = await server({ more: `authorization { users = [
      { nkey: ${studio.getPublicKey()}, permissions: { publish: ["davecast.v1.*.jazz", "davecast.v1-announce.*.jazz", "$JS.API.STREAM.INFO.DAVECAST", "$JS.API.STREAM.CREATE.DAVECAST"], subscribe: ["davecast.v1-title.jazz", "_INBOX.>"] } }
      { nkey: ${edge.getPublicKey()}, permissions: { publish: ["davecast.v1-title.>", "$JS.API.CONSUMER.*.>"], subscribe: ["davecast.v1.>", "davecast.v1-announce.>", "_INBOX.>"] } }
    ] }` });
    const files = directory();
    for (const [name, key] of [['studio', studio], ['edge', edge]] as const) writeFileSync(join(files, name), new TextDecoder().decode(key.getSeed()), { mode: 0o600 });
    const encoder = await running.encoder([`${a.url}?nkey=${join(files, 'studio')}`]);
    await encoder.until('target-up');
    const { told, listener } = await running.edge([`${a.url}?nkey=${join(files, 'edge')}`]);
    const client = await listener();
    await hearsOn(client, SECONDS);
    expectUnbroken(heard(client));
    (running.latest as EdgeApp).setTitle('jazz', 'Set', '127.0.0.1');
    await encoder.until('encoder-title', { title: 'Set' });
    for (const log of [encoder, told]) expect([...log.all('nats-complaint'), ...log.all('nats-no-history')]).toEqual([]);
    // An edge may publish no audio.
    const wrong = await running.encoder([`${a.url}?nkey=${join(files, 'edge')}`]);
    await wrong.until('nats-complaint');
    const nobody = await running.edge([a.url]);
    expect(await nobody.told.until('disconnected')).toMatchObject({ reason: expect.stringContaining('authorization') as string });
  });

  it('who has a file of credentials is let in, by an account of a JWT', async () => {
    const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
    const accountJwt = jwt(operator, account, 'account', { limits: { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 } });
    const operatorJwt = jwt(operator, operator, 'operator', {});
    const userJwt = jwt(account, user, 'user', { subs: -1, data: -1, payload: -1 });
    const a = await server({ hasHistory: false, more: `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountJwt} }` });
    const file = join(directory(), 'user.creds');
    writeFileSync(file, `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${new TextDecoder().decode(user.getSeed())}\n------END USER NKEY SEED------\n`);
    const encoder = await running.encoder([`${a.url}?creds=${file}`]);
    const { listener, told } = await running.edge([`${a.url}?creds=${file}`]);
    const client = await listener();
    await hearsOn(client);
    expectUnbroken(heard(client));
    for (const log of [encoder, told]) expect(JSON.stringify(log.events)).not.toContain(userJwt.slice(0, 20));
  });

  it('whoever may publish everything sends streams, mountpoints and wrong messages without end: nobody hears it', async () => {
    const a = await server();
    await running.encoder([a.url]);
    const { told, listener } = await running.edge([a.url], { settings: quickSettings({ maxStreams: 256 }) });
    const client = await listener();
    await hearsOn(client, SECONDS);
    const attacker = new RawClient(a.port).write('CONNECT {"verbose":false}\r\n');
    for (let n = 1; n <= HOSTILE_MESSAGES; n++) attacker.write(hostile(n));
    attacker.write('PING\r\n');
    await attacker.untilText('PONG');
    attacker.socket.destroy();
    for (const what of ['on a subject that does not parse', 'that is not whole', 'of another stream than its subject says', 'of another mountpoint than its subject says']) await told.until('refused', { reason: `message ${what}` });
    await hearsOn(client, 2 * SECONDS);
    expectUnbroken(heard(client));
    expect(told.all('gap')).toEqual([]);
    expect(told.all('refused').length).toBeLessThan(40);
  });

  it('an edge is upgraded: its listeners hear nothing of it', async () => {
    const [a, b] = [await server(), await server()];
    await running.encoder([a.url, b.url]);
    const edge = new EdgeProcess(['edge', '--bind', bind, '--http', '0', '--relay', a.url, '--relay', b.url]);
    running.add({ stop: () => edge.end() });
    const { port } = await edge.line('listening');
    await edge.line('mount-started');
    const client = running.listener(port as number);
    await hearsOn(client, SECONDS);
    edge.child.kill('SIGUSR1');
    await edge.line('taken-over');
    await edge.exited;
    await hearsOn(client, 3 * SECONDS);
    expectUnbroken(heard(client));
  });
});

const HOSTILE_MESSAGES = 40_000;

/** A PUB of a stream of its own each, or of what is wrong with it. */
function hostile(n: number): Buffer {
  const mount = `m${n % 1_000}`;
  const id = formatStreamId(streamId(n));
  const whole = framed(announce(1, mount, { stream: n }), data(2, numbered(n), { stream: n }));
  const [subject, payload] = [
    [`davecast.v1.${id}.${mount}`, whole],
    [`davecast.v1.${id}.${mount}`, whole.subarray(0, n % whole.length)],
    [`davecast.v1.${id}.other`, whole],
    [`davecast.v1.${formatStreamId(streamId(n + 1))}.${mount}`, whole],
    [`davecast.v1.${id.slice(1)}.${mount}..`.replace('..', '%'), whole],
    [`davecast.v1.${id}.jazz`, randomBytes(300)],
  ][n % 6] as [string, Uint8Array];
  return Buffer.concat([Buffer.from(`PUB ${subject} ${payload.length}\r\n`), payload, Buffer.from('\r\n')]);
}

/** Far more than the buffers of a connection and of a system hold, on a mountpoint that nobody has. */
function flood(server: NatsServer): void {
  const client = new RawClient(server.port).write('CONNECT {"verbose":false}\r\n');
  const subject = `davecast.v1.${formatStreamId(streamId(9))}.flood`;
  const payload = framed(data(1, new Uint8Array(60_000), { stream: 9 }));
  for (let n = 0; n < 1_000; n++) client.write(`PUB ${subject} ${payload.length}\r\n`).write(payload).write('\r\n');
  client.write('PING\r\n');
  void client.untilText('PONG').then(() => client.socket.destroy());
}

/** A claim of NATS (github.com/nats-io/jwt, version 2), signed by an nkey. */
function jwt(issuer: KeyPair, subject: KeyPair, type: string, claims: object): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti: type, iat: Math.floor(Date.now() / 1_000), iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name: type, nats: { ...claims, type, version: 2 } })}`;
  return `${signed}.${Buffer.from(issuer.sign(new TextEncoder().encode(signed))).toString('base64url')}`;
}
