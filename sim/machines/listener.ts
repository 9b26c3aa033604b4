import { Player } from '../../core/probe/player.ts';
import { ms, toMs, type Micros } from '../../core/base/units.ts';
import { FrameReader } from '../programme/frame-reader.ts';
import type { Gauge } from '../world/gauge.ts';
import { Hearing } from '../programme/hearing.ts';
import type { Host, Process } from '../world/host.ts';
import { nominalFrameUs, type KnownFrame } from '../programme/programme.ts';
import type { Stage } from './stage.ts';
import { connectTcp } from '../world/transport/tcp-connect.ts';
import type { Socket } from '../world/socket.ts';
import type { ListenerSpec } from '../world/topology.ts';

export interface ListenerReport {
  readonly name: string;
  readonly mount: string;
  /** Connections that carried audio and then ended. */
  readonly disconnects: number;
  readonly silenceMs: number;
  /** The longest time without a byte. */
  readonly longestStallMs: number;
  /** Of what it played: frames of digital silence, and those that a hanging encoder repeated. */
  readonly digitalSilenceMs: number;
  readonly loopedMs: number;
  /** Of another mountpoint, or of a file. */
  readonly fallbackMs: number;
  readonly switches: readonly SwitchReport[];
  /** Whether it had something to play at the end. */
  readonly isPlaying: boolean;
}

/** A place where the listener's programme does not simply go on. */
export interface SwitchReport {
  readonly atMs: number;
  /** The edge's reason for a switch; 'gap': frames of one stream are missing; 'reconnected'. */
  readonly reason: string;
  readonly missingMs: number;
  readonly repeatedMs: number;
  readonly garbledMs: number;
}

/** What a listener says behind the mountpoint that it wants, to be given titles. */
export const ICY_GREETING = ' with titles';

const RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Somebody who listens, with a player that connects again when it is thrown out. */
export class ListenerProcess implements Process {
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #spec: ListenerSpec;
  readonly #player: Player<KnownFrame>;
  readonly #hearing: Hearing;
  #socket: Socket | undefined;
  #disconnects = 0;
  #hasAudio = false;
  #isDead = false;

  constructor(stage: Stage, host: Host, spec: ListenerSpec) {
    this.#stage = stage;
    this.#host = host;
    this.#spec = spec;
    this.#hearing = new Hearing(spec.mount, (before, after) => this.#why(before, after));
    this.#player = new Player(ms(spec.bufferMs), {
      plays: (frame) => this.#plays(frame),
      silence: (fromUs, untilUs) => this.#note('silence', { fromMs: rounded(fromUs), silentMs: rounded(untilUs - fromUs) }),
    });
  }

  start(): void {
    const joinsAt = ms(this.#spec.joinsAtS * 1000);
    this.#stage.world.after(Math.max(0, joinsAt - this.#stage.world.now), () => this.#connect());
  }

  killed(): void {
    this.#isDead = true;
  }

  gauges(): readonly Gauge[] {
    return [{ kind: 'player', of: '', value: toMs(Math.round(this.#player.heldUs(this.#stage.world.now)) as Micros) }];
  }

  /** What was experienced until now; to be asked once, at the end. */
  report(): ListenerReport {
    const { name, mount } = this.#spec;
    const { silenceUs, longestStallUs, isPlaying } = this.#player.finish(this.#stage.world.now);
    return {
      name,
      mount,
      disconnects: this.#disconnects,
      silenceMs: rounded(silenceUs),
      longestStallMs: rounded(longestStallUs),
      digitalSilenceMs: rounded(this.#hearing.digitalSilenceUs),
      loopedMs: rounded(this.#hearing.loopedUs),
      fallbackMs: rounded(this.#hearing.fallbackUs),
      switches: this.#hearing.splices.map((splice) => ({
        atMs: rounded(splice.atUs),
        reason: splice.reason,
        missingMs: rounded(splice.missingUs),
        repeatedMs: rounded(splice.repeatedUs),
        garbledMs: rounded(splice.garbledUs),
      })),
      isPlaying,
    };
  }

  #connect(): void {
    if (this.#isDead) return;
    const { network, trace, world } = this.#stage;
    const reader = new FrameReader(
      (bytes, start, end) => this.#take(bytes, start, end),
      (bytes) => this.#stage.oracle.violated('cuts are at frame boundaries', `${this.#spec.name} got ${bytes} bytes that begin no frame`),
    );
    this.#hasAudio = false;
    this.#player.connected();
    this.#hearing.reconnected();
    const edge = this.#stage.host(this.#spec.edge);
    const socket = connectTcp(
      { network, trace, from: this.#host, to: edge, port: 'http', greeting: this.#spec.wantsIcy === true ? `${this.#spec.mount}${ICY_GREETING}` : this.#spec.mount },
      {
        opened: () => {},
        received: (bytes) => reader.push(bytes),
        closed: (reason) => this.#closed(reason),
      },
    );
    socket.readAtMost(this.#spec.readsBitsPerSecond);
    this.#socket = socket;
    world.after(ms(CONNECT_TIMEOUT_MS), () => {
      if (socket !== this.#socket || socket.isEstablished) return;
      socket.destroy();
      this.#closed('connect timeout');
    });
  }

  #closed(reason: string): void {
    this.#socket = undefined;
    if (this.#hasAudio) {
      this.#disconnects++;
      this.#note('disconnected', { reason });
    }
    this.#stage.world.after(ms(RETRY_MS), () => this.#connect());
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    const { programme, oracle, world } = this.#stage;
    const frame = programme.recognise(bytes, start, end);
    if (typeof frame === 'string') {
      // Nothing was made by an encoder that stands behind audio of another one in its stream, and reaches back into that.
      if (programme.glance(bytes, start)?.stream.isForged === true) return;
      oracle.violated('every delivered frame equals one that an encoder made', `${this.#spec.name} got ${frame}`);
      return;
    }
    if (!this.#hasAudio) this.#note('connected', { stream: frame.stream.name });
    this.#hasAudio = true;
    this.#player.take(world.now, frame, nominalFrameUs(frame.stream.format));
  }

  #plays(frame: KnownFrame): void {
    const known = this.#hearing.splices.length;
    this.#hearing.frame(this.#stage.world.now, frame);
    const splice = this.#hearing.splices[known];
    if (splice === undefined) return;
    const { reason, from, to, missingUs, repeatedUs } = splice;
    this.#note('splice', { reason, from, to, missingMs: rounded(missingUs), repeatedMs: rounded(repeatedUs) });
  }

  #why(before: KnownFrame, after: KnownFrame): string {
    if (before.stream === after.stream) return 'gap';
    if (before.stream.isForged || after.stream.isForged) return 'forged';
    const { edge, mount } = this.#spec;
    const { cast } = this.#stage;
    const reason = after.stream.mount === mount ? cast.whySwitched(edge, after.stream.name) : cast.fallbackOf(edge, mount);
    if (reason !== undefined) return reason;
    const what = `${this.#spec.name} got ${after.stream.name} after ${before.stream.name}, and the edge reported no switch`;
    this.#stage.oracle.violated('every switch is reported', what);
    return 'unexplained';
  }

  #note(kind: string, fields: Readonly<Record<string, unknown>>): void {
    this.#stage.trace.note(this.#stage.world.now, this.#host.name, kind, fields);
  }
}

/** Milliseconds, to the microsecond. */
function rounded(us: number): number {
  return toMs(Math.round(us) as Parameters<typeof toMs>[0]);
}
