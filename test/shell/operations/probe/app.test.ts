import type net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { parseEndpoint } from '../../../../shell/net/addresses/address.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { EncoderApp } from '../../../../shell/encoder/encoder.ts';
import { ProbeApp } from '../../../../shell/operations/probe/app.ts';
import { probeConfig, probeOptions } from '../../../../shell/operations/probe/command.ts';
import { readOptions } from '../../../../shell/cli/options/options.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';
import { audio, CapturedReport, HEAD, serveBy } from './support.ts';

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

interface Probing {
  readonly report: CapturedReport;
  /** Whether all was well, and what was not. */
  conclude(): { readonly ok: boolean; readonly violations: readonly string[] };
}

async function probe(url: string, ...options: string[]): Promise<Probing> {
  const report = new CapturedReport();
  const app = new ProbeApp(probeConfig(readOptions([url, ...options], probeOptions)), report);
  running.push(app);
  await app.start();
  return {
    report,
    conclude: () => {
      const ok = app.conclude();
      return { ok, violations: report.result!.violations };
    },
  };
}

async function mount(answer: (socket: net.Socket, path: string, before: number) => void): Promise<string> {
  const server = await serveBy(answer);
  running.push(server);
  return `http://127.0.0.1:${server.port}/radio`;
}

/** Once so many frames have come. */
async function untilFrames(report: CapturedReport, frames: number): Promise<void> {
  await report.until('first-audio');
  await expect.poll(() => report.figures.frames, { timeout: 20_000 }).toBeGreaterThanOrEqual(frames);
}

describe('davecast probe', () => {
  it('is content with a mountpoint that is well', async () => {
    const url = await mount((socket) => socket.write(Buffer.concat([Buffer.from(HEAD), audio(0, 500)])));
    const { report, conclude } = await probe(url, '--max-disconnects', '0', '--max-garbled', '0', '--min-kbps', '48');
    await untilFrames(report, 500);
    expect(conclude()).toEqual({ ok: true, violations: [] });
    expect(report.all('answer')).toEqual([
      { kind: 'answer', server: 'test', contentType: 'audio/mpeg', name: 'Radio', kbps: '48', metadataIntervalBytes: '' },
    ]);
    expect(report.result).toMatchObject({ url, figures: { connects: 1, frames: 500, kbps: 48, format: { codec: 'mp3' } } });
  });

  it('counts a server that closes, and connects again', async () => {
    const url = await mount((socket) => socket.end(Buffer.concat([Buffer.from(HEAD), audio(0, 300)])));
    const { report, conclude } = await probe(url, '--max-disconnects', '0');
    await report.until('connected', 2);
    expect(report.all('disconnected')[0]).toEqual({ kind: 'disconnected', reason: 'closed by peer' });
    expect(report.figures).toMatchObject({ strayBytes: 0, garbledPlaces: 0 });
    const { ok, violations } = conclude();
    expect(ok).toBe(false);
    expect(violations).toEqual([expect.stringMatching(/^disconnects \d+, at most 0 allowed$/)]);
  });

  it('finds garbage, a cut and a repetition', async () => {
    const parts = [audio(0, 200), Buffer.from('this is no audio'), audio(200, 400), audio(430, 600), audio(560, 700)];
    const url = await mount((socket) => socket.write(Buffer.concat([Buffer.from(HEAD), ...parts])));
    const { report, conclude } = await probe(url, '--max-garbled', '0', '--max-repeated', '900');
    await untilFrames(report, 710);
    expect(report.all('stray-bytes')).toEqual([{ kind: 'stray-bytes', bytes: 16 }]);
    expect(report.all('repeated')).toEqual([{ kind: 'repeated', repeatedMs: 960 }]);
    expect(report.all('garbled').length).toBeGreaterThan(0);
    expect(conclude()).toEqual({
      ok: false,
      violations: ['repeated programme 960 ms, at most 900 allowed', expect.stringMatching(/^garbled places [2-3], at most 0 allowed$/)],
    });
  });

  it('hears nothing of a mountpoint that is not there', async () => {
    const url = await mount((socket) => socket.end('HTTP/1.0 404 Not Found\r\n\r\nno such mount'));
    const { report, conclude } = await probe(url);
    await report.until('not-connected');
    expect(conclude()).toEqual({ ok: false, violations: ['no audio: status 404'] });
  });

  it('hears nothing of a server that is not there', async () => {
    const server = await serveBy(() => undefined);
    await server.stop();
    const { report, conclude } = await probe(`http://127.0.0.1:${server.port}/`);
    await report.until('not-connected');
    expect(conclude()).toEqual({ ok: false, violations: ['no audio: connection refused (ECONNREFUSED)'] });
  });

  it('hears nothing in another format', async () => {
    const url = await mount((socket) => socket.write(`HTTP/1.0 200 OK\r\nContent-Type: application/ogg\r\n\r\n${'OggS'.repeat(2_500)}`));
    const { report, conclude } = await probe(url);
    await report.until('not-connected');
    expect(conclude()).toEqual({ ok: false, violations: ['no audio: sends application/ogg, which is not supported'] });
  });

  it('notices a server that stops sending', async () => {
    const url = await mount((socket) => socket.write(Buffer.concat([Buffer.from(HEAD), audio(0, 100)])));
    const { report, conclude } = await probe(url, '--max-stall', '50');
    await report.until('stalled');
    const { ok, violations } = conclude();
    expect(ok).toBe(false);
    expect(violations).toEqual([expect.stringMatching(/^longest stall [\d.]+ ms, at most 50 allowed$/)]);
  });

  it('gives such a connection up in the end, and the stall goes on over it', async () => {
    const url = await mount((socket, _path, before) => socket.write(Buffer.concat([Buffer.from(HEAD), audio(300 * before, 300 * before + 100)])));
    const { report } = await probe(url, '--give-up', '100', '--max-stall', '90');
    await report.until('disconnected');
    await report.until('stall-over');
    expect(report.all('disconnected')[0]).toEqual({ kind: 'disconnected', reason: 'idle' });
    expect(report.figures.stallTimes[0]!.silentMs).toBeGreaterThanOrEqual(100);
  });

  it('follows redirects, and takes chunks and metadata out', async () => {
    const url = await mount((socket, path) => {
      if (path === '/radio') return socket.end('HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n');
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nicy-metaint: 1000\r\n\r\n');
      const frames = audio(0, 100);
      const body: Buffer[] = [];
      for (let at = 0; at < frames.length; at += 1_000) {
        const title = Buffer.from(`StreamTitle='Part ${Math.floor(at / 5_000)}';`.padEnd(32, '\0'));
        body.push(frames.subarray(at, at + 1_000), ...(at + 1_000 <= frames.length ? [Buffer.of(2), title] : []));
      }
      for (let bytes = Buffer.concat(body), at = 0; at < bytes.length; at += 777) {
        const chunk = bytes.subarray(at, at + 777);
        socket.write(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
      }
      return undefined;
    });
    const { report, conclude } = await probe(url, '--max-garbled', '0');
    await untilFrames(report, 100);
    expect(report.all('title').map(({ title }) => title)).toEqual(['Part 0', 'Part 1', 'Part 2']);
    expect(report.all('answer')).toMatchObject([{ metadataIntervalBytes: '1000' }]);
    expect(conclude().ok).toBe(true);
  });

  it('notices metadata that is not where it should be', async () => {
    const url = await mount((socket) => socket.write(Buffer.concat([Buffer.from(HEAD.replace('\r\n\r\n', '\r\nicy-metaint: 500\r\n\r\n')), audio(0, 500)])));
    const { report } = await probe(url);
    await report.until('bad-metadata');
    expect(report.figures.badMetadata).toBeGreaterThan(0);
  });

  it('listens to a Shoutcast, which answers with a protocol of its own', async () => {
    const head = 'ICY 200 OK\r\nicy-notice2:SHOUTcast Server\r\nicy-br:48\r\ncontent-type:audio/mpeg\r\n\r\n';
    const url = await mount((socket, path) => {
      if (path === '/;') socket.write(Buffer.concat([Buffer.from(head), audio(0, 100)]));
    });
    const { report } = await probe(url.replace('/radio', '/;'));
    await untilFrames(report, 100);
    expect(report.all('answer')[0]).toMatchObject({ server: 'SHOUTcast Server', kbps: '48', contentType: 'audio/mpeg' });
  });

  it('does not tell of more than anybody can read', async () => {
    const noise = Array.from({ length: 1_000 }, (_, index) => [audio(index, index + 1), Buffer.from('not audio')]).flat();
    const url = await mount((socket) => socket.write(Buffer.concat([Buffer.from(HEAD), audio(990, 1_000), ...noise, audio(1_000, 1_010)])));
    const { report } = await probe(url);
    await report.until('first-audio');
    await expect.poll(() => report.figures.strayBytes).toBeGreaterThan(8_000);
    expect(report.all('stray-bytes').length).toBeLessThanOrEqual(300);
  });

  it('ends when its time is over', async () => {
    const url = await mount(() => undefined);
    const app = new ProbeApp(probeConfig(readOptions([url, '--for', '1'], probeOptions)), new CapturedReport());
    running.push(app);
    await app.start();
    await app.finished;
    expect(app.conclude()).toBe(false);
  });

  it('listens to an edge of our own', async () => {
    const bind = '127.0.0.1';
    const settings = defaultSettings;
    const relayTold = new CapturedLog();
    const relay = new RelayApp({ bind, inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings }, relayTold.log);
    running.push(relay);
    await relay.start();
    const edgeTold = new CapturedLog();
    const edge = new EdgeApp({ bind, httpPort: 0, relays: [parseEndpoint(`${bind}:${await relayTold.port('out')}`)!], settings }, edgeTold.log);
    running.push(edge);
    await edge.start();
    const encoderTold = new CapturedLog();
    const targets = [parseEndpoint(`${bind}:${await relayTold.port('in')}`)!];
    const encoder = new EncoderApp({ mounts: [{ name: 'radio', input: { kind: 'listen', password: undefined }, headers: [], title: 'First' }], targets, bind, settings }, encoderTold.log);
    running.push(encoder);
    await encoder.start();
    const source = new RawClient(await encoderTold.port('source')).write('SOURCE /x HTTP/1.0\r\nice-name: Ours\r\n\r\n');
    running.push({ stop: () => Promise.resolve(void source.socket.destroy()) });
    await source.untilText('200 OK');
    source.write(audio(0, 150));
    await edgeTold.until('mount-started');

    const { report, conclude } = await probe(`http://${bind}:${await edgeTold.port('http')}/radio`, '--max-garbled', '0', '--max-repeated', '0', '--max-disconnects', '0');
    await report.until('first-audio');
    source.write(audio(150, 500));
    await untilFrames(report, 400);
    expect(report.all('answer')).toMatchObject([{ name: 'Ours', contentType: 'audio/mpeg' }]);
    await expect.poll(() => report.all('title')).toEqual([{ kind: 'title', title: 'First' }]);
    expect(conclude()).toEqual({ ok: true, violations: [] });
    expect(report.figures).toMatchObject({ strayBytes: 0, badMetadata: 0, connects: 1 });
  });
});
