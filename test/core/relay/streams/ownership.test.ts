import { beforeEach, describe, expect, it } from 'vitest';
import type { RelayEvent } from '../../../../core/relay/events.ts';
import type { PathId, SubscriberId } from '../../../../core/base/machine.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports, type TransportName } from '../../../../core/links/transport.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { Relay } from '../../../../core/relay/relay.ts';
import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { range } from '../../support/frames.ts';
import { announce, data, framed, parts, source, unframed } from '../../support/messages.ts';

const OWNER = '10.0.0.1';
const OTHER = '10.6.6.6';

class Rig {
  nowMs = 1_000;
  readonly events: RelayEvent[] = [];
  readonly sent: Uint8Array[] = [];
  readonly relay: Relay;
  readonly subscriber: SubscriberId;

  constructor(settings: Partial<Settings> = {}) {
    this.relay = new Relay({ settings: { ...defaultSettings, ...settings } }, {
      send: (_, bytes) => this.sent.push(bytes.slice()),
      backlogBytes: () => 0,
      cut: () => {},
      drop: () => {},
      event: (event) => this.events.push(event),
    });
    this.subscriber = this.relay.subscribe(this.now, anonymous('subscriber', 'edge'))!;
  }

  get now(): Micros {
    return ms(this.nowMs);
  }

  open(address: string, { transport = 'tcp', isUpstream = false }: { transport?: TransportName; isUpstream?: boolean } = {}): PathId {
    const label = transport === 'tcp' ? `${address}:4711` : address;
    return this.relay.openPath(this.now, transports[transport], anonymous(isUpstream ? 'relay' : 'source', label))!;
  }

  close(path: PathId): void {
    this.relay.closePath(this.now, path, 'closed by peer');
  }

  after(spanMs: number): void {
    this.nowMs += spanMs;
    this.relay.advance(this.now);
  }

  tcp(path: PathId, ...messages: Uint8Array[]): void {
    this.relay.receive(this.now, path, framed(...messages));
  }

  udp(path: PathId, message: Uint8Array): void {
    this.relay.receive(this.now, path, message);
  }

  /** Frames that were passed on: `sequence:first byte`. */
  get passed(): string[] {
    this.after(10);
    return unframed(join(...this.sent))
      .map(parts)
      .filter(({ type }) => type === MessageType.DATA)
      .map(({ sequence, payload }) => `${sequence}:${payload[0]}`);
  }

  dropped(path: PathId): number {
    return this.relay.stats.paths.find(({ id }) => id === path)!.dropped['not-owner'] ?? 0;
  }
}

/** Framed, a length of zero. */
const NOTHING_TO_SEND = new Uint8Array(0);

const frame = (sequence: number, of = 1): Uint8Array => data(sequence, Uint8Array.of(of));

describe('a stream at a relay', () => {
  let rig: Rig;
  let owner: PathId;
  let other: PathId;

  beforeEach(() => {
    rig = new Rig();
    owner = rig.open(OWNER);
    rig.tcp(owner, announce(1, 'radio'), frame(2), frame(3));
    other = rig.open(OTHER);
  });

  it('is not taken from another address than the one that brought it', () => {
    rig.tcp(other, frame(4, 66), frame(5, 66));
    rig.tcp(owner, frame(4), frame(5));
    expect(rig.passed).toEqual(['2:1', '3:1', '4:1', '5:1']);
    expect(rig.dropped(other)).toBe(2);
  });

  it('nor by UDP, nor by another connection from the same address: everybody behind one NAT has that', () => {
    for (const address of [OTHER, OWNER]) rig.udp(rig.open(address, { transport: 'udp' }), frame(4, 66));
    rig.tcp(rig.open(OWNER), frame(4, 66));
    rig.tcp(owner, frame(4));
    expect(rig.passed).toEqual(['2:1', '3:1', '4:1']);
  });

  it('has what its owner left out from anybody: a second way of the encoder makes the losses of the first good', () => {
    rig.tcp(owner, frame(6));
    rig.udp(rig.open(OWNER, { transport: 'udp' }), frame(4, 2));
    rig.tcp(other, frame(5, 2), frame(6, 66), frame(7, 66));
    rig.tcp(owner, frame(7));
    expect(rig.passed).toEqual(['2:1', '3:1', '6:1', '4:2', '5:2', '7:1']);
  });

  it('tells an operator who sends it, at powers of two', () => {
    for (let sequence = 4; sequence < 12; sequence++) rig.tcp(other, frame(sequence, 66));
    const told = rig.events.filter((event) => event.kind === 'stream-contested');
    expect(told.map(({ messages }) => messages)).toEqual([1, 2, 4, 8]);
    expect(told[0]).toMatchObject({ mount: 'radio', owner: OWNER, label: `${OTHER}:4711` });
  });

  it('has no place for a stranger to move, and its name and source stay', () => {
    rig.tcp(other, announce(1_000_000, 'mine'), frame(1_000_001, 66), frame(1_000_002, 66));
    rig.tcp(owner, frame(4));
    expect(rig.passed).toEqual(['2:1', '3:1', '4:1']);
    const told = unframed(join(...rig.sent)).map(parts).filter(({ type }) => type === MessageType.SOURCE);
    expect(told).toHaveLength(1);
  });

  it('goes on by a second connection of its owner, when the first one is half open, or closed', () => {
    rig.after(1_600);
    const again = rig.open(OWNER);
    rig.tcp(again, frame(4));
    rig.close(again);
    rig.close(owner);
    rig.tcp(rig.open(OWNER), frame(5));
    expect(rig.passed).toEqual(['2:1', '3:1', '4:1', '5:1']);
  });

  it('comes from nobody else at once when the connections of its owner are closed: edges are to notice that first', () => {
    rig.close(owner);
    rig.after(500);
    rig.tcp(other, frame(4, 66));
    rig.after(1_500);
    rig.tcp(other, frame(5, 2));
    expect(rig.passed).toEqual(['2:1', '3:1', '5:2']);
  });

  it('comes from another address after a silence, and from the first one again when that is back', () => {
    rig.after(1_000);
    rig.tcp(other, frame(4, 2));
    rig.after(1_000);
    rig.tcp(other, frame(5, 2));
    rig.tcp(owner, frame(6));
    rig.tcp(other, frame(7, 2));
    expect(rig.passed).toEqual(['2:1', '3:1', '5:2', '6:1']);
  });

  it('stays its encoder\'s while that has no source, and says that it waits: a stranger would be taken for it, and it not heard when it goes on', () => {
    const near = rig.open(OWNER);
    for (let waited = 0; waited < 30; waited++) {
      rig.after(300);
      rig.tcp(owner, NOTHING_TO_SEND);
      for (const stranger of [other, near]) rig.tcp(stranger, frame(4 + waited, 66));
    }
    rig.tcp(owner, frame(4));
    expect(rig.passed).toEqual(['2:1', '3:1', '4:1']);
  });

  it('is not taken from another address in the pauses between bursts', () => {
    for (let burst = 0; burst < 4; burst++) {
      rig.after(2_700);
      rig.tcp(owner, frame(4 + burst));
    }
    rig.after(2_600);
    const late = rig.open(OTHER);
    rig.tcp(late, frame(8, 66));
    expect(rig.dropped(late)).toBe(1);
  });

  it('is not held by whoever replays it, and was first after the relay had started: its encoder goes on', () => {
    const replayed = [9, 4, 7, 3, 9, 5, 8, 6];
    const encoder = rig.open('10.0.0.2');
    const passed: number[] = [];
    for (let sequence = 10; sequence < 60; sequence++) {
      rig.after(100);
      rig.tcp(owner, frame(replayed[sequence % replayed.length]!));
      rig.tcp(encoder, frame(sequence, 2));
      if (rig.passed.includes(`${sequence}:2`)) passed.push(sequence);
    }
    // From 1.9 s after the last number that nobody had brought.
    expect(passed).toEqual(range(30, 59));
  });

  it('is not taken back by whoever replays what its encoder has sent since', () => {
    const encoder = rig.open('10.0.0.2');
    rig.after(2_000);
    for (let sequence = 4; sequence < 60; sequence++) {
      rig.tcp(encoder, frame(sequence, 2));
      rig.after(100);
      rig.tcp(owner, frame(4 + ((sequence * 7) % (sequence - 3))));
    }
    expect(rig.dropped(encoder)).toBe(0);
  });

  it('is not held by one who replays it in a row, again and again, for longer than an encoder takes to send what it has kept', () => {
    rig.tcp(owner, ...range(4, 23).map((sequence) => frame(sequence)));
    for (let again = 0; again < 7; again++) {
      const encoder = rig.open('10.0.0.2');
      for (let sequence = 4; sequence < 24; sequence++) {
        rig.after(100);
        rig.tcp(owner, frame(sequence));
        rig.tcp(encoder, frame(24 + 20 * again + sequence, 2));
      }
    }
    expect(rig.passed.at(-1)).toBe('167:2');
  });

  it('is its encoder\'s while that sends again, slowly, what it has kept', () => {
    rig.tcp(owner, ...range(4, 40).map((sequence) => frame(sequence)));
    rig.close(owner);
    const again = rig.open(OWNER);
    for (let sequence = 4; sequence <= 40; sequence++) {
      rig.after(150);
      rig.tcp(again, frame(sequence));
      rig.tcp(other, frame(41, 66));
    }
    rig.tcp(again, frame(41));
    expect(rig.passed.at(-1)).toBe('41:1');
  });

  it('of two addresses that go on for a silent owner, the first one is believed', () => {
    rig.after(2_500);
    rig.tcp(other, frame(4, 2));
    const third = rig.open('10.7.7.7');
    rig.tcp(third, frame(5, 3));
    expect(rig.passed.at(-1)).toBe('4:2');
  });

  it('comes from everybody where that is allowed', () => {
    const open = new Rig({ ownerIdleMs: 0 });
    open.tcp(open.open(OWNER), announce(1, 'radio'), frame(2));
    open.tcp(open.open(OTHER), frame(3, 2));
    expect(open.passed).toEqual(['2:1', '3:2']);
  });
});

describe('a stream that another relay brings', () => {
  const relayed = (address: string): { readonly rig: Rig; readonly upstream: PathId } => {
    const rig = new Rig();
    const upstream = rig.open('relay-2', { isUpstream: true });
    rig.tcp(upstream, announce(1, 'radio'), frame(2));
    rig.tcp(upstream, source(1, { isOpen: true, hops: 0, address }));
    return { rig, upstream };
  };

  it('is taken from the address that the relay has it from, and from no other one', () => {
    const { rig } = relayed(OWNER);
    const other = rig.open(OTHER);
    rig.tcp(other, frame(3, 66));
    rig.tcp(rig.open(OWNER), frame(3));
    expect(rig.passed).toEqual(['2:1', '3:1']);
    expect(rig.dropped(other)).toBe(1);
  });

  it('also when that has pushed it itself, and been silent here for long: it still comes by the relay', () => {
    const { rig, upstream } = relayed(OWNER);
    const owner = rig.open(OWNER);
    rig.tcp(owner, frame(3));
    const other = rig.open(OTHER);
    for (let n = 4; n < 30; n++) {
      rig.after(100);
      rig.tcp(upstream, frame(n));
    }
    rig.tcp(other, frame(30, 66));
    rig.tcp(owner, frame(30));
    expect(rig.passed.filter((one) => one.endsWith(':66'))).toEqual([]);
    expect(rig.passed.at(-1)).toBe('30:1');
    expect(rig.dropped(other)).toBe(1);
  });

  it('is taken from whoever brings it, where the relay does not say', () => {
    const { rig } = relayed('');
    rig.tcp(rig.open(OTHER), frame(3));
    expect(rig.passed).toEqual(['2:1', '3:1']);
  });

  it('is taken from relays always', () => {
    const { rig, upstream } = relayed(OWNER);
    rig.tcp(rig.open(OWNER), frame(3));
    rig.tcp(upstream, frame(4));
    expect(rig.passed).toEqual(['2:1', '3:1', '4:1']);
  });
});
