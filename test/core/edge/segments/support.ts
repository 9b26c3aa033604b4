import { Edge } from '../../../../core/edge/edge.ts';
import type { EdgeOptions } from '../../../../core/edge/options.ts';
import { Encoder } from '../../../../core/encoder/encoder.ts';
import type { PathId, SourceId } from '../../../../core/base/machine.ts';
import { micros, type Micros } from '../../../../core/base/units.ts';
import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import type { Segment } from '../../../../core/edge/segments/segment.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { FRAME_US, numbered, numbersIn, makersIn } from '../../support/frames.ts';
import { crc32 } from '../../../../core/recording/file/checksum.ts';
import { message, streamId, withId } from '../../support/messages.ts';
import { encodeHello, HELLO_TAKES_MOMENTS } from '../../../../core/wire/messages/extensions.ts';
import { momentIn, type Moment } from '../../../../core/wire/messages/moment-message.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';

/** A whole number of slots of 6 s. */
export const UNIX_US = 1_800_000_000_000_000;
export const SLOT_US = 6_000_000;

/** An encoder of frames with its number and its own; each message of its stream is one datagram to all edges. */
export class Studio {
  readonly world: SegmentWorld;
  readonly maker: number;
  /** Its clock shows so much more than it should. */
  clockOffUs: number;
  hasClock = true;
  /** Frames come so much later than they were recorded. */
  lateUs = 0;
  make: (n: number) => Uint8Array = (n) => numbered(n, this.maker);
  /** How long its frames are. */
  frameUs: number = FRAME_US;
  readonly encoder: Encoder;
  readonly source: SourceId;
  readonly history: { readonly atUs: number; readonly message: Uint8Array }[] = [];
  isOn = true;
  made = 0;
  #dueUs: number;

  constructor(world: SegmentWorld, maker: number, { clockOffUs = 0, hasClock = true, mountpoint = 'test' }: { clockOffUs?: number; hasClock?: boolean; mountpoint?: string } = {}) {
    this.world = world;
    this.maker = maker;
    this.clockOffUs = clockOffUs;
    this.hasClock = hasClock;
    this.#dueUs = world.nowUs + FRAME_US;
    this.encoder = new Encoder({ settings: defaultSettings }, { send: (_, message) => this.#send(message), backlogBytes: () => 0, reset: () => undefined, event: () => undefined });
    this.encoder.addTarget(world.now, { transport: transports.udp, label: 'edges' });
    this.source = this.encoder.openSource(world.now, { streamId: streamId(maker), mountpoint, origin: `studio-${maker}` });
  }

  get dueUs(): number {
    return this.isOn ? this.#dueUs + this.lateUs : Infinity;
  }

  frame(): void {
    const { now } = this.world;
    if (this.hasClock) this.encoder.clock(now, now + UNIX_US + this.clockOffUs);
    this.#dueUs += this.frameUs;
    this.encoder.receive(now, this.source, this.make(this.made++));
  }

  #send(message: Uint8Array): void {
    const copy = message.slice();
    this.history.push({ atUs: this.world.nowUs, message: copy });
    for (const listener of this.world.edges) listener.take(this, copy);
  }
}

/** An edge, with what it makes. */
export class SegmentEdge {
  readonly world: SegmentWorld;
  /** Of all mountpoints. */
  readonly segments: Segment[] = [];
  readonly #byMount: Map<string, Segment[]> = new Map();
  readonly segmentsOf = (mount: string): readonly Segment[] => this.#byMount.get(mount) ?? [];
  /** What it has said to relays. */
  readonly told: { readonly relay: string; readonly message: Uint8Array }[] = [];
  readonly endings: number[] = [];
  readonly parts: Segment[] = [];
  clockOffUs: number;
  edge: Edge;
  /** What does not reach it. */
  loses: (studio: Studio, type: number) => boolean = () => false;
  readonly delayUs: number;
  readonly #options: EdgeOptions;
  #paths: Map<Studio, PathId> = new Map();
  #lives = 0;
  /** What relays have kept takes until then to come, and what is new comes behind it. */
  #busyUntilUs = 0;

  constructor(world: SegmentWorld, { delayUs = 1_000, clockOffUs = 0, settings = {}, ...options }: { delayUs?: number; clockOffUs?: number; settings?: Partial<Settings> } & Omit<EdgeOptions, 'settings'> = {}) {
    this.world = world;
    this.delayUs = delayUs;
    this.clockOffUs = clockOffUs;
    this.#options = { settings: { ...defaultSettings, hlsSegmentMs: 6_000, ...settings }, policies: { test: { trust: 'all' } }, ...options };
    this.edge = this.#start();
  }

  /** It ends, and another one begins, which gets what relays have kept. @param opening what they say before that. @param takesUs how long all of it is under way. */
  restart(opening: readonly Uint8Array[] = [], takesUs = 0): void {
    this.#lives++;
    this.#paths = new Map();
    this.edge = this.#start();
    for (const message of opening) this.take(this.world.studios[0]!, message);
    const { nowUs, studios } = this.world;
    for (const studio of studios) {
      const kept = studio.history.filter(({ atUs }) => atUs > nowUs - 10_000_000);
      for (const [at, { message }] of kept.entries()) {
        this.#busyUntilUs = nowUs + Math.round((takesUs * at) / kept.length);
        this.take(studio, message);
      }
    }
  }

  take(studio: Studio, message: Uint8Array): void {
    if (this.loses(studio, message[0]!)) return;
    const path = this.#path(studio);
    const life = this.#lives;
    this.world.after(Math.max(0, this.#busyUntilUs - this.world.nowUs) + this.delayUs, () => {
      if (this.#lives === life) this.edge.receive(this.world.now, path, message);
    });
  }

  /** Another process goes on with what this one has. */
  handOver(): void {
    const writer = new ByteWriter(1_000_000);
    this.edge.snapshot(new StateWriter(writer, 'whole'));
    const paths = this.#paths;
    this.edge = this.#start();
    this.edge.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
    this.#paths = paths;
  }

  clock(): void {
    this.edge.clock(this.world.now, this.world.nowUs + UNIX_US + this.clockOffUs);
  }

  #start(): Edge {
    const edge = new Edge(this.#options, {
      answer: (id, bytes) => {
        this.told.push({ relay: [...this.edge.paths].find((path) => path.id === id)!.peer.name, message: bytes.slice(2) });
        this.world.spread(bytes.slice(2));
      },
      send: () => undefined,
      backlogBytes: () => 0,
      end: () => undefined,
      event: () => undefined,
      segment: (mount, segment) => {
        this.segments.push(segment);
        this.#byMount.set(mount, [...this.segmentsOf(mount), segment]);
      },
      segmentsEnded: () => this.endings.push(this.segments.length),
      part: (_, part) => this.parts.push(part),
    });
    edge.clock(this.world.now, this.world.nowUs + UNIX_US + this.clockOffUs);
    return edge;
  }

  #path(studio: Studio): PathId {
    const known = this.#paths.get(studio);
    if (known !== undefined) return known;
    const path = this.edge.openPath(this.world.now, transports.udp, anonymous('relay', `relay of ${studio.maker}`))!;
    this.#paths.set(studio, path);
    if (this.world.spreads) this.edge.receive(this.world.now, path, message(MessageType.HELLO, 1, encodeHello({ side: 'out', peerPort: 1 }), { stream: 999, replica: HELLO_TAKES_MOMENTS }));
    return path;
  }
}

/** Studios and edges in virtual time. */
export class SegmentWorld {
  nowUs = 1_000_000;
  readonly studios: Studio[] = [];
  readonly edges: SegmentEdge[] = [];
  /** Relays take moments of edges, and give them to all. */
  spreads = false;
  readonly moments: Moment[] = [];
  readonly #newest = new Map<number, Uint8Array>();
  readonly #later: { readonly atUs: number; readonly run: () => void }[] = [];

  get now(): Micros {
    return micros(this.nowUs);
  }

  studio(maker: number, options?: ConstructorParameters<typeof Studio>[2]): Studio {
    const studio = new Studio(this, maker, options);
    this.studios.push(studio);
    return studio;
  }

  edge(options?: ConstructorParameters<typeof SegmentEdge>[1]): SegmentEdge {
    const edge = new SegmentEdge(this, options);
    this.edges.push(edge);
    return edge;
  }

  /** What an edge says goes to all of them by their first path; the newest comes first to one that is started. */
  spread(bytes: Uint8Array): void {
    const moment = bytes[0] === MessageType.MOMENT ? momentIn({ bytes, start: 0, end: bytes.length }) : undefined;
    if (moment !== undefined) this.moments.push(moment);
    this.#newest.set(bytes[0]!, bytes);
    for (const one of this.edges) one.take(this.studios[0]!, bytes);
  }

  /** What a relay says first of the newest stream. */
  get opening(): readonly Uint8Array[] {
    const studio = this.studios.findLast(({ isOn }) => isOn)!;
    const announced = studio.history.findLast(({ message: one }) => one[0] === MessageType.ANNOUNCE)!.message;
    return [announced, ...[...this.#newest.values()].map((one) => withId(one, streamId(studio.maker)))];
  }

  after(us: number, run: () => void): void {
    const atUs = this.nowUs + us;
    let at = this.#later.length;
    while (at > 0 && this.#later[at - 1]!.atUs > atUs) at--;
    this.#later.splice(at, 0, { atUs, run });
  }

  /** Goes on to this many seconds. */
  run(untilS: number): void {
    const untilUs = untilS * 1e6;
    let clockUs = this.nowUs + 1e6;
    for (;;) {
      const [next] = this.#later;
      const studio = this.studios.reduce<Studio | undefined>((first, one) => (first === undefined || one.dueUs < first.dueUs ? one : first), undefined);
      const edge = this.edges.reduce<SegmentEdge | undefined>((first, one) => (first === undefined || one.edge.deadline < first.edge.deadline ? one : first), undefined);
      const dueUs = Math.min(next?.atUs ?? Infinity, studio?.dueUs ?? Infinity, edge?.edge.deadline ?? Infinity, clockUs);
      if (dueUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, dueUs);
      if (clockUs <= dueUs) {
        clockUs += 1e6;
        for (const one of this.edges) one.clock();
      } else if (next !== undefined && next.atUs <= dueUs) {
        this.#later.shift();
        next.run();
      } else if (studio !== undefined && studio.dueUs <= dueUs) studio.frame();
      else edge!.edge.advance(this.now);
    }
    this.nowUs = untilUs;
  }
}

/** All that is in a segment, and a checksum of its bytes: those take long to compare. */
export function inShort({ bytes, format, ...rest }: Segment): object {
  return { ...rest, codec: format.codec, length: bytes.length, checksum: crc32(bytes) };
}

/** Of a segment: the numbers of its frames, and who made them. */
export function framesOf({ bytes }: Segment): number[] {
  return numbersIn(bytes);
}

export function makersOf({ bytes }: Segment): number[] {
  return [...new Set(makersIn(bytes))];
}

export const TIMELINE: number = MessageType.TIMELINE;
export const METADATA: number = MessageType.METADATA;

/** A message of a stream, with these three numbers in it. */
export function timeline(sequence: number, numbers: readonly number[], stream: number): Uint8Array {
  const payload = new Uint8Array(24);
  for (const [i, number] of numbers.entries()) new DataView(payload.buffer).setBigUint64(8 * i, BigInt(number));
  return message(TIMELINE, sequence, payload, { stream });
}
