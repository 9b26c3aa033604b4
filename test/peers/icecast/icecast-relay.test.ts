import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDavecast, type Davecast } from '../../../bench/common/davecast.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { inRepository } from '../../../bench/common/repository.ts';
import { decode } from '../../../bench/referee/decoders.ts';
import { makeMaterial } from '../../../bench/referee/material.ts';
import { Recorder } from '../../../bench/referee/recorder.ts';
import { judge } from '../../../bench/referee/referee.ts';
import { DavecastRig } from '../../../bench/rigs/davecast.ts';
import { formats } from '../../../bench/rigs/formats.ts';
import { IcecastServer } from '../../../bench/rigs/icecast-server.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { describeWith } from '../support/need.ts';

const READY_MS = 60_000;
const HOST = '127.0.0.1';
/** How far a cut at a frame boundary can be off, rounded up. */
const HALF_A_FRAME_MS = 14;

/** The configuration in the manual, for these two edges. */
function configuration(mount: string, edges: readonly Davecast[]): string {
  const [, xml] = /```xml\n([\s\S]*?)```/.exec(readFileSync(inRepository('docs/icecast.md'), 'utf8'))!;
  const ports = edges.map(({ ports }) => ports.get('http')!);
  return xml!
    .replaceAll(/<server>edge-(\d).example.com<\/server>\s*<port>8001<\/port>/g, (_, number: string) => `<server>${HOST}</server><port>${ports[Number(number) - 1]}</port>`)
    .replaceAll('/jazz', `/${mount}`)
    .replace('<port>8000</port>', `<port>{port}</port><bind-address>${HOST}</bind-address>`)
    .replace('/var/log/icecast2', '{directory}');
}

describeWith(['icecast2', 'ffmpeg'], 'a real Icecast with two edges, as the manual has it', () => {
  const material = makeMaterial('icecast-relay', 120);
  const rig = new DavecastRig('mp3', material);
  const edges: Davecast[] = [];
  let icecast: IcecastServer;

  /** At a port that it can be started at again. */
  const startEdge = (port: number): Promise<Davecast> =>
    startDavecast(['edge', '--http', `${port}`, '--burst-ms', '0', ...rig.relays.flatMap((relay) => ['--relay', `${HOST}:${relay.port('out')}`])], ['http']);

  beforeAll(async () => {
    await rig.start();
    await rig.untilReady(READY_MS);
    for (let i = 0; i < 2; i++) edges.push(await startEdge(await freeTcpPort()));
    for (const { ports } of edges) await untilHeard(ports.get('http')!);
    icecast = await IcecastServer.start(configuration(rig.mount, edges));
    for (const mount of [rig.mount, `${rig.mount}-2`]) {
      await icecast.untilOnAir(mount);
      await untilHeard(icecast.port, mount);
    }
  });
  afterAll(async () => {
    await icecast?.stop();
    for (const edge of edges) await edge.stop();
    await rig.stop();
  });

  async function untilHeard(port: number, mount: string = rig.mount): Promise<void> {
    const probe = new Recorder(`http://${HOST}:${port}/${mount}`);
    await probe.start(READY_MS);
    probe.stop();
  }

  /** How many listeners the mountpoint itself has; undefined while it has no source. */
  async function listenersOf(mount: string): Promise<number | undefined> {
    const page = await fetch(`http://${HOST}:${icecast.port}/admin/stats?mount=/${mount}`, { headers: { Authorization: `Basic ${btoa('admin:CHANGE-ME')}` } });
    const [, listeners] = /<listeners>(\d+)<\/listeners>/.exec((await page.text()).split(`<source mount="/${mount}">`)[1] ?? '') ?? [];
    return listeners === undefined ? undefined : Number(listeners);
  }

  it('keeps its listener when an edge is killed, and when that is back', async () => {
    const listener = new Recorder(`http://${HOST}:${icecast.port}/${rig.mount}`);
    await listener.start(READY_MS);
    await sleep(3_000);
    const [first] = edges;
    const port = first!.ports.get('http')!;
    await end(first!.child, 'SIGKILL');
    await expect.poll(() => listenersOf(`${rig.mount}-2`), { timeout: READY_MS }).toBe(1);
    await sleep(4_000);
    edges[0] = await startEdge(port);
    await expect.poll(() => listenersOf(rig.mount), { timeout: READY_MS }).toBe(1);
    await sleep(4_000);
    listener.stop();
    const { splices, recognisedMs } = judge(await decode(listener.audio, formats.mp3.demuxer), material.known);
    console.log(`edge killed and back behind Icecast: ${JSON.stringify(splices)}`);
    expect(listener.disconnectsMs).toEqual([]);
    expect(recognisedMs).toBeGreaterThan(11_000);
    // Icecast goes from one queue to another: there and back, and nowhere else; without a burst nothing is repeated. On a busy machine an edge may go
    // to its other encoder besides, at the boundary of a frame.
    expect(splices.filter(({ missingMs }) => Math.abs(missingMs) > HALF_A_FRAME_MS).length).toBeLessThanOrEqual(2);
    for (const { missingMs } of splices) expect(Math.abs(missingMs)).toBeLessThan(1_000);
  });
});
