import { afterEach, expect, it } from 'vitest';
import { numbered } from '../../../core/support/frames.ts';
import { announce, data } from '../../../core/support/messages.ts';
import { expectUnbroken, heard, hearsOn } from '../../support/heard.ts';
import { keyedRelay, of, TestLink, TestPeer } from '../../net/keys/support.ts';
import { RawClient } from '../../support/support.ts';
import { EdgeProcess } from './support.ts';

const studio = new TestPeer('studio-a');
const peer = new TestPeer('edge-1', { role: 'edge' });
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

it('an edge with a key subscribes anew when it is upgraded, since no other process can go on with its session, and listeners hear every frame once', async () => {
  const relay = await keyedRelay([studio.line(), peer.line()]);
  const pushing = new TestLink(relay.in, studio.secret());
  let frames = 0;
  pushing.socket.write(of(studio, announce(1, 'radio')));
  const play = setInterval(() => pushing.socket.write(of(studio, data(frames + 2, numbered(frames++)))), 26);
  const edge = new EdgeProcess(['edge', '--bind', '127.0.0.1', '--http', '0', '--relay', `127.0.0.1:${relay.out}`], { env: { DAVECAST_KEY: peer.line() } });
  stops.push(() => relay.stop(), () => pushing.socket.destroy(), () => clearInterval(play), () => edge.end());
  const port = (await edge.line('listening'))['port'] as number;
  await edge.line('mount-started');
  const listener = new RawClient(port).write('GET /radio HTTP/1.0\r\n\r\n');
  stops.push(() => listener.socket.destroy());
  await hearsOn(listener);
  edge.child.kill('SIGUSR1');
  expect(await edge.line('taken-over')).toMatchObject({ listeners: 1, relays: 0 });
  await edge.exited;
  await hearsOn(listener, 30);
  expect(relay.told.all('subscriber-joined')).toHaveLength(2);
  expectUnbroken(heard(listener));
  // No stream has been without a path: a backup would count as lost.
  expect(edge.lines('path-closed')).toEqual([]);
});
