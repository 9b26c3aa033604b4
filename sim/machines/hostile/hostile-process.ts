import { encodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { Deframer } from '../../../core/wire/deframer.ts';
import { prefixed } from '../../../core/wire/framing.ts';
import { decodeMessage, encodeMessage, MAX_PDU_BYTES, MessageType, PDU_HEADER_BYTES } from '../../../core/wire/pdu.ts';
import { encodeTitle } from '../../../core/wire/messages/set-title.ts';
import { ms, toMs } from '../../../core/base/units.ts';
import type { Host, Process } from '../../world/host.ts';
import { joined } from '../../programme/joined.ts';
import { MAX_MODEL_FRAME_BYTES } from '../../programme/model-frame.ts';
import type { ModelStream } from '../../programme/programme.ts';
import { between, exponential, pick, streamId, type Random } from '../../world/rng.ts';
import { THEIRS, type Stage } from '../stage.ts';
import { connectTcp } from '../../world/transport/tcp-connect.ts';
import type { Socket, TcpUser } from '../../world/socket.ts';
import type { HostileSpec } from '../../world/topology.ts';

/** What a hostile peer remembers of what others send, to use it against them. */
const REMEMBERED_MESSAGES = 400;
const MEAN_PAUSE_MS = 120;
/**
 * Without keys a relay cannot hold a stream for an encoder that is not there: whoever is the first to send its numbers to a relay that was started, or
 * has lost the encoder, is believed. So those who forge others' messages do so only while the relay has just sent some, by the connections that they have.
 */
const FRESH_MS = 300;
/** Nor can it tell who fills in what a datagram has left out: a thief is ahead of all that the encoder can have sent until then. */
const THIEF_AHEAD = 40;
const THIEF_SPREAD = 20;
const CROWD = 40;
/** Messages of a flood at once, and the bytes in each: what a narrow path carries besides the station. */
const FLOOD = 40;
const FLOOD_BYTES = 40;
/** Faster than any clock, and slow enough for every connection: a relay shares none out among streams, so what is more than it carries is everybody's loss. */
const UNPACED_TIMES = 5;
/** By when a relay has sent its history, of which nobody knows how old it is. */
const HISTORY_MS = 2_000;

/** Somebody who means harm, or is broken: it connects to one relay, and does what its kind does. */
export class HostileProcess implements Process {
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #spec: HostileSpec;
  readonly #random: Random;
  readonly #ids: readonly Uint8Array[];
  #heard: { readonly message: Uint8Array; readonly at: number }[] = [];
  readonly #frame = new Uint8Array(MAX_MODEL_FRAME_BYTES);
  #own: ModelStream | undefined;
  #in: Socket | undefined;
  #out: Socket | undefined;
  #sequence = 1;
  #isDead = false;

  constructor(stage: Stage, host: Host, spec: HostileSpec) {
    this.#stage = stage;
    this.#host = host;
    this.#spec = spec;
    this.#random = stage.dice.stream(`hostile:${spec.name}`);
    this.#ids = [streamId(this.#random), streamId(this.#random)];
  }

  start(): void {
    const { kind } = this.#spec;
    if (kind === 'deaf') return this.#subscribe(1);
    if (kind === 'mute') return this.#crowd('in', 3);
    if (kind === 'crowd') return this.#crowd('out', CROWD);
    if (kind === 'replays' || kind === 'far' || kind === 'thief' || kind === 'edge-key') this.#subscribe(Infinity);
    this.#act();
  }

  killed(): void {
    this.#isDead = true;
  }

  /** Does something, and again a little later. */
  #act(): void {
    if (this.#isDead) return;
    const { world } = this.#stage;
    const bytes = this.#does();
    if (bytes !== undefined) this.#push(bytes);
    world.after(ms(this.#pauseMs()), () => this.#host.run(() => this.#act()));
  }

  #pauseMs(): number {
    const { kind, format } = this.#spec;
    const frameMs = (1_000 * format.samplesPerFrame) / format.sampleRateHz;
    if (kind === 'unpaced') return frameMs / UNPACED_TIMES;
    if (kind === 'stranger' || kind === 'trespasser') return frameMs;
    return 1 + exponential(this.#random, MEAN_PAUSE_MS);
  }

  #does(): Uint8Array | undefined {
    const random = this.#random;
    switch (this.#spec.kind) {
      case 'noise':
        return this.#noise(Math.floor(between(random, 1, 600)));
      case 'garbled':
        return prefixed(this.#garbled(this.#ids[0]!, this.#sequence++));
      case 'extremes':
        return prefixed(this.#garbled(this.#ids[0]!, anyNumber(random)));
      case 'ids':
        return prefixed(this.#garbled(streamId(random), this.#sequence++));
      case 'replays':
        return this.#heard.length === 0 ? undefined : prefixed(pick(random, this.#heard).message);
      case 'far':
        return this.#altered((sequence) => sequence + 1_000_000);
      case 'thief':
        return this.#altered((sequence) => sequence + THIEF_AHEAD + Math.floor(THIEF_SPREAD * random()));
      case 'stranger':
      case 'unpaced':
      case 'trespasser':
        return this.#foreignFrame();
      case 'flood':
        return this.#flood();
      case 'edge-key':
        this.#setTitle();
        return this.#altered((sequence) => sequence + THIEF_AHEAD);
      default:
        return undefined;
    }
  }

  #noise(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(256 * this.#random()));
  }

  /** A message with something wrong about it. */
  #garbled(id: Uint8Array, sequence: number): Uint8Array {
    const random = this.#random;
    const type = pick(random, [0, 0, 1, 2, 3, 16, 17, Math.floor(256 * random())]);
    const payload = this.#noise(Math.floor(between(random, 0, pick(random, [10, 300, 5_000]))));
    const message = encodeMessage({ type, replica: Math.floor(256 * random()), streamId: id, sequence, payload: payload.subarray(0, MAX_PDU_BYTES - PDU_HEADER_BYTES) });
    return random() < 0.1 ? message.subarray(0, Math.floor(message.length * random())) : message;
  }

  /** A message that somebody has sent, moved to another place, with audio of our own in it. */
  #altered(move: (sequence: number) => number): Uint8Array | undefined {
    if (!this.#connected().isEstablished) return undefined;
    const freshFrom = this.#spec.isBold === true ? 0 : this.#stage.world.now - ms(FRESH_MS);
    const original = this.#heard.findLast(({ message, at }) => message[0] === MessageType.DATA && at >= freshFrom);
    const message = original && decodeMessage(original.message);
    if (message === undefined || typeof message === 'string') return undefined;
    const payload = this.#frame.slice(0, this.#foreign().make(this.#frame));
    // Another one may have sent the highest number that there is.
    const sequence = Math.min(move(message.sequence), Number.MAX_SAFE_INTEGER);
    return prefixed(encodeMessage({ ...message, replica: 0, sequence, payload }));
  }

  /** Of a stream that it may send. */
  #flood(): Uint8Array {
    const streamId = this.#ids[0]!;
    const messages = Array.from({ length: FLOOD }, (_, index): Uint8Array => {
      const sequence = this.#sequence++;
      if (index === 0) return announcing(streamId, sequence, THEIRS);
      return prefixed(encodeMessage({ type: pick(this.#random, [0, 0, 0, 2, 3, 16, 17, 20]), replica: 0, streamId, sequence, payload: this.#noise(FLOOD_BYTES) }));
    });
    return joined(messages);
  }

  /** By the connection that it is sent the streams of others by: of the newest of them. */
  #setTitle(): void {
    const newest = this.#heard.at(-1);
    const message = newest && decodeMessage(newest.message);
    if (message === undefined || typeof message === 'string' || this.#out?.isOpen !== true) return;
    const version = Math.floor(toMs(this.#stage.world.now)) + 1_000;
    const payload = encodeTitle({ version, title: `Forged ${version}`, isOrdered: false });
    this.#out.write(prefixed(encodeMessage({ type: MessageType.TITLE, replica: 0, streamId: message.streamId, sequence: 0, payload })));
  }

  #foreignFrame(): Uint8Array {
    const { mount } = this.#spec;
    const streamId = this.#ids[0]!;
    const own = this.#foreign();
    const head = own.made % 80 === 0 ? [announcing(streamId, this.#sequence++, mount)] : [];
    const frame = this.#frame.slice(0, own.make(this.#frame));
    return joined([...head, prefixed(encodeMessage({ type: MessageType.DATA, replica: 0, streamId, sequence: this.#sequence++, payload: frame }))]);
  }

  #foreign(): ModelStream {
    if (this.#own !== undefined) return this.#own;
    const { name, kind, mount, format } = this.#spec;
    const { programme, world, cast } = this.#stage;
    const isStranger = kind === 'stranger' || kind === 'unpaced';
    this.#own = programme.newStream({ name, mount, format, beginsAtUs: 1e9 + world.now, ppm: 0, isForeign: true, isStranger });
    if (isStranger) cast.add(this.#ids[0]!, this.#own);
    return this.#own;
  }

  #push(bytes: Uint8Array): void {
    this.#connected().write(bytes);
  }

  #connected(): Socket {
    if (this.#in?.isOpen !== true) this.#in = this.#connect('in', { opened: () => this.#opened(), closed: () => (this.#in = undefined) });
    return this.#in;
  }

  /** What was heard until now may be of a relay that is gone. */
  #opened(): void {
    if (this.#spec.kind !== 'replays' && this.#spec.isBold !== true) this.#heard = [];
  }

  /** Takes in what a relay sends, no faster than it is told to. */
  #subscribe(bitsPerSecond: number): void {
    if (this.#isDead) return;
    const { world } = this.#stage;
    let liveFrom = Infinity;
    const deframer = new Deframer((bytes, start, end) => {
      if (this.#spec.kind !== 'replays' && world.now < liveFrom) return;
      this.#heard.push({ message: bytes.slice(start, end), at: world.now });
      if (this.#heard.length > REMEMBERED_MESSAGES) this.#heard.shift();
    });
    const again = (): void => void world.after(ms(1_000), () => this.#subscribe(bitsPerSecond));
    this.#out = this.#connect('out', { opened: () => (liveFrom = world.now + ms(HISTORY_MS)), received: (bytes) => deframer.push(bytes), closed: again });
    this.#out.readAtMost(bitsPerSecond);
  }

  /** Connections on which nothing is ever said. */
  #crowd(port: 'in' | 'out', count: number): void {
    for (let i = 0; i < count; i++) this.#connect(port);
  }

  #connect(port: 'in' | 'out', user: Partial<TcpUser> = {}): Socket {
    const { network, trace } = this.#stage;
    const to = this.#stage.host(this.#spec.relay);
    return connectTcp({ network, trace, from: this.#host, to, port }, { opened: () => {}, received: () => {}, closed: () => {}, ...user });
  }
}

function announcing(streamId: Uint8Array, sequence: number, mountpoint: string): Uint8Array {
  return prefixed(encodeMessage({ type: MessageType.ANNOUNCE, replica: 0, streamId, sequence, payload: encodeAnnouncement({ mountpoint, audioType: 0 }) }));
}

/** From the whole range of what a message can carry, and mostly from its ends. */
function anyNumber(random: Random): number {
  const most = Number.MAX_SAFE_INTEGER;
  return pick(random, [0, 1, Math.floor(100 * random()), 2 ** 31, 2 ** 32 - 1, 2 ** 40 + Math.floor(10 * random()), most - Math.floor(10 * random()), Math.floor(most * random())]);
}
