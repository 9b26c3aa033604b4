import { Encoder } from '../../core/encoder/encoder.ts';
import type { TargetId } from '../../core/base/machine.ts';
import { transports } from '../../core/links/transport.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import { Dialer } from './dialer.ts';
import { Driver } from './driver.ts';
import type { Host, Process } from '../world/host.ts';
import { IMPOSTOR_AHEAD, renumbered } from './impostor.ts';
import { Inflow } from './inflow.ts';
import { MAX_MODEL_FRAME_BYTES } from '../programme/model-frame.ts';
import { EncoderWatch } from '../oracle/encoder-watch.ts';
import type { ModelStream } from '../programme/programme.ts';
import { between, streamId, type Random } from '../world/rng.ts';
import type { Stage } from './stage.ts';
import type { EncoderSpec, Target } from '../world/topology.ts';
import { UdpSocket } from '../transport/udp.ts';

/** What waits for a stopped process: beyond that the source drops frames. */
const PIPE_BYTES = 65_536;
const MAX_BOOT_MS = 300;

/** An encoder: the model source, the core's Encoder, and its connections. */
export class EncoderProcess implements Process {
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #spec: EncoderSpec;
  readonly #encoder: Encoder;
  readonly #driver: Driver;
  readonly #source: ModelStream;
  readonly #targets: { send(bytes: Uint8Array): void; readonly dialer?: Dialer }[] = [];
  readonly #inflow: Inflow;
  readonly #watch: EncoderWatch;
  readonly #jitter: Random;
  readonly #delayUs: number;
  readonly #tick = (): void => this.#due();
  readonly #frame = new Uint8Array(MAX_MODEL_FRAME_BYTES);
  #pipeBytes = 0;
  #leave: () => void = () => {};
  #framesOfTitle = 0;
  #titles = 0;
  #isDead = false;

  constructor(stage: Stage, host: Host, spec: EncoderSpec, start: number) {
    this.#stage = stage;
    this.#host = host;
    this.#spec = spec;
    const { dice, world } = stage;
    this.#jitter = dice.stream(`encoder:${spec.name}:jitter`);
    // These belong to the machine, and are the same after a restart; when it starts is new each time.
    this.#delayUs = ms(spec.delayMs ?? between(dice.stream(`encoder:${spec.name}:delay`), 20, 50));
    const ppm = spec.ppm ?? Math.round(between(dice.stream(`encoder:${spec.name}:clock`), -30, 30));
    const boot = between(dice.stream(`encoder:${spec.name}:start`), 0, ms(MAX_BOOT_MS));
    this.#source = spec.pulls === undefined ? this.#ownSource(start, boot, ppm) : stage.server(spec.pulls.server).source;
    const taken = spec.stranger?.impersonates === undefined ? undefined : stage.cast.sendingOf(spec.stranger.impersonates);
    const id = taken?.id ?? streamId(dice.stream(`encoder:${spec.name}:id`));
    if (taken === undefined) stage.cast.add(id, this.#source);
    const aheadBy = taken === undefined ? 0 : taken.messages() + IMPOSTOR_AHEAD;
    this.#encoder = new Encoder(
      { settings: stage.settings, streamId: id, mountpoint: spec.mount, headers: [['Icy-Name', 'Davecast model station']], origin: spec.stranger?.origin ?? host.name },
      {
        send: (target, bytes) => {
          const sent = aheadBy === 0 ? bytes : renumbered(bytes, spec.to[target]!.transport, aheadBy);
          this.#watch.sent(target, sent);
          this.#targets[target]!.send(sent);
        },
        backlogBytes: (target) => this.#targets[target]!.dialer?.backlogBytes ?? 0,
        reset: (target, reason) => {
          this.#watch.down(target);
          this.#targets[target]!.dialer?.reset(reason);
        },
        event: (event) => {
          const { kind, fields } = stage.cast.readable(event);
          stage.trace.note(world.now, host.name, kind, fields);
        },
      },
    );
    stage.cast.sends(spec.name, { id, messages: () => this.#encoder.stats.messages });
    this.#driver = new Driver(this.#encoder, host, stage.settings.maxTimerLagMs, () => this.#checkBound());
    this.#inflow = new Inflow(this.#driver, stage.settings.targetKeepMs);
    this.#watch = new EncoderWatch(host.name, stage.oracle, stage.programme, stage.settings);
  }

  start(): void {
    for (const target of this.#spec.to) this.#open(target);
    this.#encoder.setTitle(this.#driver.now, `On air from ${this.#source.name}`);
    this.#driver.settle();
    if (this.#spec.pulls === undefined) this.#scheduleWrite();
    else this.#leave = this.#stage.server(this.#spec.pulls.server).pull(this.#spec.pulls.burstMs, (frame) => this.#pulled(frame));
  }

  killed(): void {
    this.#isDead = true;
    this.#leave();
    this.#driver.stop();
    for (const { dialer } of this.#targets) dialer?.stop();
  }

  #ownSource(start: number, boot: number, ppm: number): ModelStream {
    const { name, mount, format, stranger } = this.#spec;
    const { programme, world } = this.#stage;
    const beginsAtUs = Math.round(world.now + boot);
    return programme.newStream({ name: `${name}#${start}`, mount, format, beginsAtUs, ppm, feed: this.#stage.feed(name), isForeign: stranger !== undefined, isStranger: stranger !== undefined && stranger.impersonates === undefined });
  }

  #open({ relay, transport }: Target): void {
    const { network, trace, host } = this.#stage;
    const id: TargetId = this.#encoder.addTarget(this.#driver.now, transports[transport], relay);
    if (transport === 'udp') {
      const socket = new UdpSocket({ network, trace, from: this.#host, to: host(relay), port: 'in' });
      this.#targets[id] = { send: (bytes) => socket.send(bytes) };
      return;
    }
    const dialer = new Dialer(
      { stage: this.#stage, host: this.#host, to: relay, port: 'in', watchIdle: false },
      {
        up: () => {
          this.#watch.up(this.#driver.now, id);
          this.#encoder.targetUp(this.#driver.now, id);
          this.#driver.settle();
        },
        received: (bytes) => {
          this.#watch.said(this.#driver.now, id);
          this.#encoder.targetSaid(this.#driver.now, id, bytes);
          this.#driver.settle();
        },
        down: () => {
          this.#watch.down(id);
          this.#encoder.targetDown(this.#driver.now, id);
          this.#driver.settle();
        },
      },
    );
    this.#targets[id] = { send: (bytes) => dialer.write(bytes), dialer };
    dialer.start();
  }

  /** The next write holds `framesPerWrite` frames, and comes when the last of them has been recorded and encoded. */
  #scheduleWrite(): void {
    const { framesPerWrite, feedDelayMs, jitterMs, timesTooFast = 1 } = this.#spec;
    const beginsUs = this.#source.positionUs(0);
    const sinceUs = this.#source.positionUs(this.#source.made + framesPerWrite) - beginsUs;
    const recorded = beginsUs + sinceUs / timesTooFast + ms(feedDelayMs);
    const at = Math.round(recorded + this.#delayUs + ms(jitterMs) * this.#jitter());
    this.#stage.world.at(Math.max(at, this.#stage.world.now) as Micros, this.#tick);
  }

  #due(): void {
    if (this.#isDead) return;
    for (let i = 0; i < this.#spec.framesPerWrite; i++) this.#record();
    this.#scheduleWrite();
  }

  #record(): void {
    if (!this.#host.isPaused) this.#take(this.#frame.subarray(0, this.#source.make(this.#frame)));
    else if (this.#pipeBytes >= PIPE_BYTES) this.#source.skip();
    else this.#keep(this.#frame.slice(0, this.#source.make(this.#frame)));
  }

  /** A server keeps what does not fit into the pipe, too, but nobody is stopped for so long. */
  #pulled(frame: Uint8Array): void {
    if (this.#host.isPaused) this.#keep(frame);
    else this.#take(frame);
  }

  /** For when it goes on. */
  #keep(frame: Uint8Array): void {
    this.#pipeBytes += frame.length;
    this.#host.run(() => {
      this.#pipeBytes -= frame.length;
      this.#take(frame);
    });
  }

  #take(frame: Uint8Array): void {
    this.#inflow.add(frame.length);
    this.#watch.made(this.#driver.now, this.#stage.programme.glance(frame, 0)?.index ?? -1, frame.length);
    this.#changeTitle();
    this.#encoder.receive(this.#driver.now, frame);
    this.#driver.settle();
    for (const [target, { dialer }] of this.#targets.entries()) {
      if (dialer !== undefined) this.#watch.unacknowledged(this.#driver.now, target as TargetId, dialer.unacknowledgedBytes);
    }
  }

  #changeTitle(): void {
    const { titleEveryFrames } = this.#spec;
    if (titleEveryFrames === undefined || ++this.#framesOfTitle < titleEveryFrames) return;
    this.#framesOfTitle = 0;
    this.#titles++;
    this.#encoder.setTitle(this.#driver.now, `Part ${this.#titles} from ${this.#source.name}`);
  }

  /** It may keep as much as ever came in while it keeps things, for all targets together; with headers, opening messages and a chunk that is begun. */
  #checkBound(): void {
    this.#stage.oracle.bound(this.#host.name, 'held bytes', this.#encoder.heldBytes, 1.5 * this.#inflow.peakBytes + 65_536);
  }
}
