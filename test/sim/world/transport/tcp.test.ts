import { describe, expect, test } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { counting, TwoHosts } from '../../support/two-hosts.ts';

const open = (conditions = {}, seed = 1): { hosts: TwoHosts; socket: ReturnType<TwoHosts['connect']> } => {
  const hosts = new TwoHosts(conditions, seed);
  hosts.listen();
  const socket = hosts.connect();
  hosts.runTo(100);
  return { hosts, socket };
};

describe('a connection', () => {
  test('opens after one round trip', () => {
    const hosts = new TwoHosts({ latencyMs: 40 });
    hosts.listen();
    hosts.connect();
    hosts.runTo(79);
    expect(hosts.heard).toEqual([]);
    hosts.runTo(82);
    expect(hosts.heard).toEqual(['client: opened']);
  });

  test('is refused where nobody listens, and not answered where nobody is', () => {
    const refused = new TwoHosts();
    refused.connect();
    refused.runTo(50);
    expect(refused.heard).toEqual(['client: refused']);

    const silent = new TwoHosts();
    silent.listen();
    silent.server.vanish();
    silent.connect();
    silent.runTo(10_000);
    expect(silent.heard).toEqual([]);
  });

  test('opens when a cut heals, at the next try', () => {
    const hosts = new TwoHosts();
    hosts.listen();
    hosts.there.cut();
    hosts.connect();
    hosts.runTo(2_000);
    hosts.there.heal();
    hosts.runTo(2_900);
    expect(hosts.heard).toEqual([]);
    hosts.runTo(3_100);
    expect(hosts.heard).toEqual(['client: opened']);
  });

  test('carries all bytes in order', () => {
    const { hosts, socket } = open({ jitterMs: 30 });
    for (let i = 0; i < 100; i++) {
      hosts.world.at(((100 + i) * 1000) as Micros, () => socket.write(counting(700, 700 * i)));
    }
    hosts.runTo(2_000);
    expect(hosts.receivedBytes).toEqual([...counting(70_000)]);
  });
});

describe('a process that reads slowly', () => {
  test('gets all, at its own pace, and the sender keeps what its kernel does not take', () => {
    const { hosts, socket } = open();
    hosts.accepted!.readAtMost(80_000);
    for (let i = 0; i < 40; i++) socket.write(counting(10_000, 10_000 * i));
    hosts.runTo(5_100);
    // 10 kB a second, and the piece that it has begun with.
    expect(hosts.receivedBytes.length).toBeGreaterThanOrEqual(50_000);
    expect(hosts.receivedBytes.length).toBeLessThanOrEqual(70_000);
    expect(socket.backlogBytes).toBeGreaterThan(150_000);
    socket.end();
    hosts.runTo(60_000);
    expect(hosts.receivedBytes).toEqual([...counting(400_000)]);
    expect(hosts.heard).toEqual(['client: opened', 'server: closed by peer']);
  });
});

describe('a way that forgets its connections', () => {
  test('swallows what they carry until it remembers, and lets new ones through', () => {
    const { hosts, socket } = open();
    hosts.there.forget();
    hosts.back.forget();
    socket.write(counting(100));
    hosts.runTo(2_000);
    expect(hosts.receivedBytes).toEqual([]);
    const another = hosts.connect();
    hosts.runTo(2_100);
    another.write(counting(50));
    hosts.runTo(2_200);
    expect(hosts.receivedBytes).toEqual([...counting(50)]);
    hosts.there.recall();
    hosts.back.recall();
    hosts.runTo(10_000);
    expect(hosts.receivedBytes).toEqual([...counting(50), ...counting(100)]);
  });
});

describe('a lossy path', () => {
  test('delays what is behind a lost packet, and loses nothing', () => {
    const { hosts, socket } = open({ loss: { share: 0.1, burst: 3 } });
    for (let i = 0; i < 500; i++) hosts.world.at(((3_000 + 20 * i) * 1000) as Micros, () => socket.write(counting(400, 400 * i)));
    hosts.runTo(60_000);
    expect(hosts.receivedBytes).toEqual([...counting(200_000)]);
    const delays = hosts.received.map(({ atMs }, index) => atMs - (3_000 + 20 * index));
    const late = delays.filter((delay) => delay > 15);
    // One write in ten is lost itself, and the ones behind it wait.
    expect(late.length).toBeGreaterThan(50);
    expect(late.length).toBeLessThan(350);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
  });
});

describe('a cut', () => {
  test('is made up for when it heals, with what was sent meanwhile', () => {
    const { hosts, socket } = open();
    for (let i = 0; i < 300; i++) hosts.world.at(((200 + 10 * i) * 1000) as Micros, () => socket.write(counting(100, 100 * i)));
    hosts.runTo(1_000);
    hosts.there.cut();
    hosts.runTo(2_500);
    const before = hosts.received.length;
    hosts.there.heal();
    hosts.runTo(6_000);
    expect(before).toBeLessThan(82);
    expect(hosts.receivedBytes).toEqual([...counting(30_000)]);
    expect(hosts.heard).toEqual(['client: opened']);
  });

  test('of the way back alone stops the sender when its buffer is full, until it heals', () => {
    const { hosts, socket } = open();
    hosts.back.cut();
    socket.write(counting(200_000));
    hosts.runTo(5_000);
    expect(hosts.receivedBytes.length).toBeLessThan(90_000);
    expect(socket.backlogBytes).toBeGreaterThan(110_000);
    hosts.back.heal();
    hosts.runTo(8_000);
    expect(hosts.receivedBytes).toEqual([...counting(200_000)]);
    expect(socket.backlogBytes).toBe(0);
  });
});

describe('when a process dies', () => {
  test('its kernel closes its connections, behind what it has already been given', () => {
    const { hosts, socket } = open();
    socket.write(counting(5_000));
    hosts.client.kill();
    hosts.runTo(200);
    expect(hosts.receivedBytes).toEqual([...counting(5_000)]);
    expect(hosts.heard).toEqual(['client: opened', 'server: closed by peer']);
  });

  test('what only the process had is lost', () => {
    const { hosts, socket } = open();
    hosts.back.cut();
    socket.write(counting(200_000));
    hosts.client.kill();
    hosts.back.heal();
    hosts.runTo(5_000);
    expect(hosts.receivedBytes.length).toBeLessThan(90_000);
    expect(hosts.heard).toEqual(['client: opened', 'server: closed by peer']);
  });

  test('a host that vanishes says nothing, and refuses the connection once it is back', () => {
    const { hosts, socket } = open();
    hosts.server.vanish();
    hosts.runTo(5_000);
    socket.write(counting(10));
    hosts.runTo(9_000);
    expect(hosts.heard).toEqual(['client: opened']);
    hosts.server.start();
    hosts.runTo(40_000);
    expect(hosts.heard).toEqual(['client: opened', 'client: reset']);
  });
});

describe('keep-alive', () => {
  test('ends an idle connection to a host that is gone, after fifteen seconds', () => {
    const { hosts } = open();
    hosts.server.vanish();
    hosts.runTo(13_500);
    expect(hosts.heard).toEqual(['client: opened']);
    hosts.runTo(15_500);
    expect(hosts.heard).toEqual(['client: opened', 'client: timed out']);
  });

  test('ends it at once when the host is back, and knows nothing of it', () => {
    const { hosts } = open();
    hosts.server.vanish();
    hosts.runTo(7_000);
    hosts.server.start();
    hosts.runTo(8_500);
    expect(hosts.heard).toEqual(['client: opened', 'client: reset']);
  });

  test('leaves an idle connection to a living host alone, also to a stopped process', () => {
    const { hosts } = open();
    hosts.runTo(60_000);
    hosts.server.pause();
    hosts.runTo(120_000);
    expect(hosts.heard).toEqual(['client: opened']);
  });
});

describe('a stopped process', () => {
  test('gets everything when it goes on; meanwhile its kernel takes in no more than its buffer', () => {
    const { hosts, socket } = open();
    hosts.server.pause();
    for (let i = 0; i < 300; i++) hosts.world.at(((200 + i) * 1000) as Micros, () => socket.write(counting(1_000, 1_000 * i)));
    hosts.runTo(3_000);
    expect(hosts.received).toEqual([]);
    expect(socket.backlogBytes).toBeGreaterThan(300_000 - 87_040 - 65_536 - 20_000);
    hosts.server.resume();
    hosts.runTo(5_000);
    expect(hosts.receivedBytes).toEqual([...counting(300_000)]);
    expect(socket.backlogBytes).toBe(0);
  });

  test('gets nothing of what comes when its kernel has given the connection up', () => {
    const { hosts, socket } = open();
    hosts.server.pause();
    hosts.there.cut();
    // It was lost in the cut, and is sent again once that heals.
    hosts.world.at(1_000_000 as Micros, () => socket.write(counting(1_000)));
    hosts.runTo(30_000);
    hosts.there.heal();
    hosts.runTo(80_000);
    hosts.server.resume();
    hosts.runTo(90_000);
    expect(hosts.received).toEqual([]);
    expect(hosts.heard).toEqual(['client: opened', 'client: reset', 'server: timed out']);
  });

  test('does not keep a connection from being made', () => {
    const hosts = new TwoHosts();
    hosts.listen();
    hosts.server.pause();
    hosts.connect();
    hosts.runTo(1_000);
    expect(hosts.heard).toEqual(['client: opened']);
    expect(hosts.accepted).toBeUndefined();
    hosts.server.resume();
    expect(hosts.accepted).toBeDefined();
  });
});

test('a narrow path takes the time that its bandwidth needs', () => {
  const { hosts, socket } = open({ bitsPerSecond: 800_000 });
  for (let i = 0; i < 50; i++) socket.write(counting(1_000, 1_000 * i));
  hosts.runTo(300);
  const early = hosts.receivedBytes.length;
  hosts.runTo(2_000);
  expect(early).toBeGreaterThan(10_000);
  expect(early).toBeLessThan(22_000);
  expect(hosts.receivedBytes).toHaveLength(50_000);
  const last = hosts.received.at(-1)!.atMs;
  expect(last).toBeGreaterThan(600);
  expect(last).toBeLessThan(630);
});

test('a narrow path that becomes wide again has no minutes of backlog on its way', () => {
  const { hosts, socket } = open({ bitsPerSecond: 16_000 });
  for (let i = 0; i < 80; i++) socket.write(counting(1_000, 1_000 * i));
  hosts.runTo(3_000);
  expect(hosts.receivedBytes.length).toBeLessThan(8_000);
  hosts.there.change({ bitsPerSecond: Infinity });
  hosts.runTo(5_000);
  expect(hosts.receivedBytes).toHaveLength(80_000);
});
