import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDavecast, type Davecast } from '../../bench/common/davecast.ts';
import { announce, data, framed } from '../core/support/messages.ts';
import { numbered, range } from '../core/support/frames.ts';
import { Crowd, Pusher } from './support/pushing.ts';
import { until } from '../../bench/common/until.ts';
import { HOST, RELAYS, Listener, MOUNT, Station } from './support/station.ts';

/** Few slots, so that few connections take them all. */
const FEW = { relay: ['--max-paths', '40', '--max-subscribers', '12', '--max-streams', '200'], edge: ['--max-streams', '200', '--max-unannounced-streams', '50'] };
const KEPT_MS = 2_500;

let station: Station;
const started: Davecast[] = [];

beforeAll(async () => {
  station = await new Station(FEW).start();
});

afterAll(async () => {
  await Promise.all(started.map((process) => process.stop()));
  await station.stop();
});

/** Holds slots for as long as an encoder or an edge tries to get in. */
async function holding(hold: () => Promise<void>, attempt: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const holder = (async () => {
    while (!stop.signal.aborted) {
      await hold();
      await sleep(KEPT_MS);
    }
  })();
  try {
    await attempt();
  } finally {
    stop.abort();
    await holder;
  }
}

/** Another edge, behind the relays under attack: its listener hears the programme. */
async function anotherEdge(): Promise<void> {
  const relays = RELAYS.flatMap((relay) => ['--relay', `${HOST}:${station.port(relay, 'out')}`]);
  const edge = await startDavecast(['edge', '--http', '0', ...relays], ['http']);
  edge.child.stdout!.resume();
  started.push(edge);
  const listener = new Listener();
  await until('another edge has the mountpoint', () => {
    void fetch(`http://${HOST}:${edge.ports.get('http')}/status-json.xsl`).then((answer) => answer.text()).then((text) => {
      if (text.includes(MOUNT) && listener.connects === 0) listener.connect(edge.ports.get('http')!);
    }, () => undefined);
    return listener.frames > 100;
  });
  listener.stop();
  expect(listener.faults).toEqual([]);
}

/** Another encoder gets to both relays, with a mountpoint of its own. */
async function anotherEncoder(mount: string): Promise<void> {
  const targets = RELAYS.flatMap((relay) => ['--to', `${HOST}:${station.port(relay, 'in')}`]);
  const encoder = await startDavecast(['encoder', '--mount', mount, '--stdin', ...targets], []);
  encoder.child.stdout!.resume();
  started.push(encoder);
  let n = 0;
  const feeding = setInterval(() => encoder.child.stdin!.write(numbered(n++)), 26);
  try {
    await until(`the edge has /${mount}`, () => station.told('edge', 'mount-started').some((event) => event['mount'] === mount));
  } finally {
    clearInterval(feeding);
  }
}

describe('whoever takes all slots', () => {
  it('of subscribers does not keep an edge out', async () => {
    const crowd = new Crowd();
    await holding(async () => {
      for (const relay of RELAYS) await crowd.connect(station.port(relay, 'out'), 30);
    }, anotherEdge);
    crowd.stop();
    await station.isUnharmed();
  });

  it('of peers, and says nothing, does not keep an encoder out', async () => {
    const crowd = new Crowd();
    await holding(async () => {
      for (const relay of RELAYS) await crowd.connect(station.port(relay, 'in'), 60);
    }, () => anotherEncoder('second'));
    crowd.stop();
    await station.isUnharmed();
  });

  it('of streams, with ids that it invents, does not keep an encoder out', async () => {
    const pushers = RELAYS.map((relay) => new Pusher(station.port(relay, 'in')));
    let next = 0;
    await holding(async () => {
      const messages = range(next, next + 2_499).flatMap((stream) => (stream % 2 === 0 ? [data(1, numbered(stream), { stream })] : [announce(1, `x-${stream}`, { stream }), data(2, numbered(1), { stream })]));
      next += 2_500;
      for (const pusher of pushers) await pusher.push(framed(...messages));
    }, () => anotherEncoder('third'));
    for (const pusher of pushers) pusher.stop();
    await station.isUnharmed();
  });
});
