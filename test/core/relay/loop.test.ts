import { describe, expect, it } from 'vitest';
import type { PathId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import type { Micros } from '../../../core/base/units.ts';
import { numbered, range } from '../support/frames.ts';
import { announce, data, framed, hex, message, parts, unframed } from '../support/messages.ts';
import { RelayRig, World } from '../support/world.ts';

/** Relays that subscribe to each other, each to all others, and somebody who listens to what the first one passes on. */
class Loop {
  readonly world: World;
  readonly relays: readonly RelayRig[];
  readonly heard: { atMs: number; id: string; type: number; sequence: number; bytes: string }[] = [];
  readonly #from: PathId;

  constructor(count = 2, settings: ConstructorParameters<typeof World>[0] = {}, delayMs = 3) {
    this.world = new World(settings);
    this.relays = range(1, count).map(() => new RelayRig(this.world));
    for (const one of this.relays) for (const other of this.relays) if (one !== other) one.serve(other.relay, delayMs);
    const id = this.relays[0]!.relay.subscribe(0 as Micros, anonymous('subscriber', 'ear'))!;
    this.relays[0]!.subscriberLinks.set(id, (bytes) => {
      for (const one of unframed(bytes)) {
        const { id: stream, type, sequence } = parts(one);
        if (type !== MessageType.SOURCE) this.heard.push({ atMs: this.world.now / 1000, id: stream, type, sequence, bytes: hex(one) });
      }
    });
    this.#from = this.relays[0]!.relay.openPath(0 as Micros, transports.tcp, anonymous('source', 'encoder'))!;
  }

  /** An encoder, or somebody else, gives these to the first relay. */
  give(...messages: Uint8Array[]): void {
    this.relays[0]!.relay.receive(this.world.now as Micros, this.#from, framed(...messages));
  }

  get messagesIn(): number {
    return this.relays.reduce((sum, { relay }) => sum + relay.stats.messagesIn, 0);
  }

  /** Nothing moves any more a few seconds after the last message, and nothing came out twice. */
  expectRest(): void {
    this.world.run(this.world.now / 1000 + 5_000);
    const before = this.messagesIn;
    const heard = this.heard.length;
    this.world.run(this.world.now / 1000 + 60_000);
    expect(this.messagesIn).toBe(before);
    expect(this.heard.length).toBe(heard);
    expect(new Set(this.heard.map(({ bytes }) => bytes)).size).toBe(heard);
    for (const { relay } of this.relays) expect(relay.stats.streams).toBe(0);
  }
}

const types = [0, 1, 2, 3, 16, 17, 18, 255];

describe.each([2, 3])('%i relays that subscribe to each other', (count) => {
  it('come to rest after a thousand messages whose numbers lie far apart', () => {
    const loop = new Loop(count);
    for (const n of range(0, 999)) {
      loop.give(message(types[n % types.length]!, 1 + n * 1e9, numbered(n)));
      loop.world.run(n + 1);
    }
    loop.expectRest();
  });

  it('come to rest after a thousand that come in pairs, and each time when all is silent', () => {
    const loop = new Loop(count);
    for (const n of range(0, 199)) {
      const first = ((n * 7) % 13) * 1e6 + n * 10;
      loop.give(data(first, numbered(n)), data(first + 1, numbered(n)));
      loop.world.run((n + 1) * [10, 250, 1_600, 3_100][n % 4]!);
    }
    loop.expectRest();
  });

  it('come to rest after two that alternate', () => {
    const loop = new Loop(count);
    for (const n of range(0, 499)) {
      loop.give(data(n % 2 === 0 ? 5 : 1e12, numbered(n % 2)));
      loop.world.run(n * 20);
    }
    loop.expectRest();
  });

  it('come to rest after a message of each of a thousand streams', () => {
    const loop = new Loop(count);
    for (const n of range(0, 999)) loop.give(message(types[n % types.length]!, n * n * 1e6, numbered(n), { stream: n }));
    loop.expectRest();
  });

  it('come to rest after more streams than they remember', () => {
    const loop = new Loop(count, { maxStreams: 10 });
    for (const n of range(0, 199)) loop.give(message(types[n % types.length]!, n + 1, numbered(n), { stream: n }));
    loop.world.run(100);
    // What comes from an encoder is passed on all the same; a frame is no SOURCE, and too long for a name.
    const refused: readonly number[] = [MessageType.SOURCE, MessageType.ANNOUNCE, MessageType.ORIGIN];
    expect(loop.heard.length).toBe(range(0, 199).filter((n) => !refused.includes(types[n % types.length]!)).length);
    loop.expectRest();
  });

  it('come to rest when the way between them takes longer than a stream is remembered', () => {
    const loop = new Loop(count, { forgetMs: 1_000 }, 3_000);
    for (const n of range(0, 99)) loop.give(data(n, numbered(n)), data(1 + n * 1e9, numbered(n)), data(n, numbered(n), { stream: 10 + n }));
    loop.world.run(20_000);
    loop.expectRest();
  });

  it('pass each message of a healthy stream on once, whatever is thrown between', () => {
    const loop = new Loop(count);
    loop.give(announce(1, 'a'));
    for (const n of range(2, 400)) {
      loop.world.run(n * 26);
      loop.give(data(n, numbered(n)));
      if (n % 3 === 0) loop.give(data(n * 1e6, numbered(n)), data(n * 1e6 + 1, numbered(n)));
    }
    loop.expectRest();
    expect(loop.heard.map(({ sequence }) => sequence)).toEqual(range(1, 400));
  });
});
