import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { withSettings } from '../../../../../core/config/settings.ts';
import { Uplink } from '../../../../../shell/encoder/uplink.ts';
import type { LinkFiles } from '../../../../../shell/net/keys/link-certificates.ts';
import { OwnKey } from '../../../../../shell/net/keys/own-key.ts';
import { announce } from '../../../../core/support/messages.ts';
import { scratchDirectory } from '../../../edge/admission/support.ts';
import { CapturedLog, mp3Frames } from '../../../support/support.ts';
import { keyedRelay, of, rereadUntil, TestLink, TestPeer, type KeyedRelay } from '../support.ts';

type PairName = 'relay' | 'studio' | 'renewed' | 'edge' | 'expired' | 'stranger' | 'server' | 'nameless';

/** Made by `make.sh` there. */
const certificateFile = (name: string): string => join(import.meta.dirname, 'certificates', name);
const filesOf = (name: PairName, ca = 'ca'): LinkFiles => ({ cert: certificateFile(`${name}.crt`), key: certificateFile(`${name}.key`), ca: certificateFile(`${ca}.crt`) });
const studioLine = JSON.stringify({ name: 'studio-a', mounts: ['jazz'] });
const edgeLine = JSON.stringify({ name: 'edge-1', role: 'edge' });
const keyed = new TestPeer('studio-k');
const stops: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function relayOf(lines: readonly string[] = [studioLine, edgeLine, keyed.line()], certificate: LinkFiles = filesOf('relay')): Promise<KeyedRelay> {
  const relay = await keyedRelay(lines, [], {}, certificate);
  stops.push(() => relay.stop());
  return relay;
}

/** A client of Node's own. */
function client(port: number, name: PairName | undefined, options: tls.ConnectionOptions = {}): Client {
  const pair = name && { cert: readFileSync(certificateFile(`${name}.crt`)), key: readFileSync(certificateFile(`${name}.key`)) };
  const socket = tls.connect({ port, host: '127.0.0.1', ca: readFileSync(certificateFile('ca.crt')), ...pair, ...options });
  stops.push(() => socket.destroy());
  const it: Client = { socket, isClosed: false };
  socket.on('data', () => undefined).on('error', () => undefined).on('close', () => (it.isClosed = true));
  return it;
}

interface Client {
  readonly socket: tls.TLSSocket;
  isClosed: boolean;
}

interface Encoder {
  readonly told: CapturedLog;
  readonly uplink: Uplink;
}

async function encoder(port: number, certificate: LinkFiles, host = '127.0.0.1'): Promise<Encoder> {
  const told = new CapturedLog();
  const key = new OwnKey({ from: { certificate }, plainTo: [] }, told.log);
  await key.start();
  const settings = withSettings({ backoffMinMs: 5, backoffMaxMs: 20, stopMs: 200, targetFlushMs: 1 });
  const uplink = new Uplink([{ transport: 'tcp', host, port }], { settings, log: told.log, multicastVia: undefined, dialTo: key.dialTo, key: () => key.name });
  stops.push(() => key.stop(), () => uplink.finish(200));
  uplink.start();
  return { told, uplink };
}

describe('links by certificates of both ends', () => {
  it('carry a programme from who has one to who has one, beside links by keys', async () => {
    const relay = await relayOf();
    const ear = client(relay.out, 'edge');
    let heard = Buffer.alloc(0);
    ear.socket.on('data', (bytes: Buffer) => (heard = Buffer.concat([heard, bytes])));
    const { told, uplink } = await encoder(relay.in, filesOf('studio'));
    await told.until('target-up');
    const session = uplink.open({ mountpoint: 'jazz', headers: [], origin: 'desk', from: 'test' });
    const frames = mp3Frames(20);
    for (const frame of frames) session.audio(frame);
    await expect.poll(() => heard.includes(frames.at(-2)!)).toBe(true);
    expect(heard.includes('key:studio-a')).toBe(true);
    expect(relay.told.all('path-opened').at(-1)?.['label']).toMatch(/^studio-a 127\.0\.0\.1:\d+$/);
    const other = new TestLink(relay.in, keyed.secret());
    stops.push(() => other.socket.destroy());
    other.socket.write(of(keyed, announce(1, 'news', { stream: 9 })));
    expect(await relay.told.until('stream-announced', { mount: 'news' })).toBeDefined();
    expect(relay.refused()).toEqual([]);
    expect(ear.socket.getProtocol()).toBe('TLSv1.3');
  });

  it('hold a peer to what its line allows', async () => {
    const relay = await relayOf();
    const { uplink } = await encoder(relay.in, filesOf('studio'));
    const session = uplink.open({ mountpoint: 'rock', headers: [], origin: 'desk', from: 'test' });
    for (const frame of mp3Frames(5)) session.audio(frame);
    expect(await relay.told.until('rights-exceeded')).toMatchObject({ reason: 'not-allowed' });
  });

  it.each<[PairName | undefined, string]>([
    [undefined, 'certificate that is not valid'],
    ['stranger', 'certificate that is not valid'],
    ['expired', 'certificate that is not valid'],
    ['server', 'certificate that is not valid'],
    ['nameless', 'certificate of no peer'],
    ['relay', 'certificate of no peer'],
    ['edge', 'key is for another port'],
  ])('are refused to who shows %s', async (name, reason) => {
    const relay = await relayOf();
    const made = client(relay.in, name);
    await relay.told.until('refused', { reason });
    await expect.poll(() => made.isClosed).toBe(true);
    expect(relay.told.all('path-opened').filter(({ label }) => label !== 'udp')).toEqual([]);
  });

  it('are refused to who has the name of a peer that is known by a key', async () => {
    const relay = await relayOf([new TestPeer('studio-a').line(), edgeLine]);
    client(relay.in, 'studio');
    await relay.told.until('refused', { reason: 'certificate of no peer' });
  });

  it('are refused to a key of a name that is known by a certificate', async () => {
    const relay = await relayOf();
    const made = new TestLink(relay.in, new TestPeer('studio-a').secret());
    stops.push(() => made.socket.destroy());
    await expect.poll(() => made.isClosed).toBe(true);
    expect([made.isOpen, made.reason]).toEqual([false, 'the other end does not know this key']);
    await relay.told.until('refused', { reason: 'unknown key' });
  });

  it.each<[string, LinkFiles, LinkFiles, string]>([
    ['is of another authority', filesOf('stranger'), filesOf('studio'), 'the certificate of the other end is from none of the authorities in --link-ca'],
    ['is for another host', filesOf('edge'), filesOf('studio'), 'the certificate of the other end is for another host'],
    ['has expired', filesOf('expired'), filesOf('studio'), 'the certificate of the other end has expired'],
  ])('are not made to a relay whose certificate %s', async (_, ofRelay, own, reason) => {
    const relay = await relayOf(undefined, ofRelay);
    const { told } = await encoder(relay.in, own);
    expect(await told.until('disconnected')).toMatchObject({ reason });
    expect(told.all('target-up')).toEqual([]);
    await relay.told.until('refused', { reason: 'TLS handshake failed' });
  });

  it('say at the other end that a certificate is not accepted, and that there is none', async () => {
    const relay = await relayOf();
    const { told } = await encoder(relay.in, { ...filesOf('stranger'), ca: certificateFile('ca.crt') });
    await told.until('disconnected');
    const keysOnly = await keyedRelay([keyed.line()]);
    stops.push(() => keysOnly.stop());
    const other = await encoder(keysOnly.in, filesOf('studio'));
    expect(await other.told.until('disconnected')).toMatchObject({ reason: 'the other end has no --link-cert' });
  });

  it('are made anew with a renewed certificate, and open ones stay', async () => {
    const scratch = scratchDirectory();
    stops.push(() => scratch.remove());
    const copied = (from: PairName): LinkFiles => {
      const to = { cert: scratch.path('cert'), key: scratch.path('key'), ca: certificateFile('ca.crt') };
      copyFileSync(certificateFile(`${from}.crt`), to.cert);
      copyFileSync(certificateFile(`${from}.key`), to.key);
      return to;
    };
    const relay = await relayOf(undefined, copied('server'));
    const serialOf = async (): Promise<string> => {
      const { socket } = client(relay.out, 'edge', { checkServerIdentity: () => undefined });
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      return socket.getPeerCertificate().serialNumber;
    };
    const first = client(relay.out, 'edge', { checkServerIdentity: () => undefined });
    expect(await serialOf()).toBe('2007');
    copied('relay');
    await rereadUntil(() => relay.told.all('certificate-loaded').length > 1);
    expect(await serialOf()).toBe('2001');
    expect(first.isClosed).toBe(false);
  });

  it('are not made by a session that goes on, without a certificate', async () => {
    const relay = await relayOf();
    const { socket } = client(relay.out, 'edge');
    await new Promise((resolve) => socket.once('data', resolve));
    const again = client(relay.out, undefined, { session: socket.getSession()! });
    await relay.told.until('refused', { reason: 'certificate that is not valid' });
    await expect.poll(() => again.isClosed).toBe(true);
  });

  it('are closed when the line of a peer is gone', async () => {
    const relay = await relayOf();
    const made = client(relay.out, 'edge');
    await relay.told.until('subscriber-joined');
    await relay.peers(studioLine);
    await expect.poll(() => made.isClosed).toBe(true);
  });
});

it('has a line without a key for nobody where there are no certificates', async () => {
  await expect(keyedRelay([studioLine])).rejects.toThrow('studio-a has no key, and without --link-cert nobody is known by a certificate');
});

it('says in one line which file of a certificate is of no use', async () => {
  const start = (files: LinkFiles): Promise<void> => new OwnKey({ from: { certificate: files }, plainTo: [] }, () => undefined).start();
  await expect(start(filesOf('nameless'))).rejects.toThrow(/nameless\.crt: has no name: the first DNS name/);
  await expect(start({ ...filesOf('studio'), key: certificateFile('edge.key') })).rejects.toThrow(/edge\.key: is not the key of the certificate in .*studio\.crt/);
  await expect(start({ ...filesOf('studio'), ca: certificateFile('edge.key') })).rejects.toThrow(/edge\.key: has no certificate in PEM/);
});
