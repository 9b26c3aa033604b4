import { Encoder } from '../core/encoder.ts';
import type { TargetId } from '../core/machine.ts';
import { ms, type Micros } from '../core/units.ts';
import { Dialer } from './dialer.ts';
import { Driver } from './driver.ts';
import type { Host, Process } from './host.ts';
import { Inflow } from './inflow.ts';
import { MAX_MODEL_FRAME_BYTES } from './model-frame.ts';
import { EncoderWatch } from './oracle/encoder-watch.ts';
import type { ModelStream } from './programme.ts';
import { between, streamId, type Random } from './rng.ts';
import type { Stage } from './stage.ts';
import type { EncoderSpec, Target } from './topology.ts';
import { UdpSocket } from './udp.ts';

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
    this.#source = stage.programme.newStream({
      name: `${spec.name}#${start}`,
      mount: spec.mount,
      format: spec.format,
      beginsAtUs: Math.round(world.now + boot),
      ppm,
      feed: stage.feed(spec.name),
    });
    const id = streamId(dice.stream(`encoder:${spec.name}:id`));
    stage.cast.add(id, this.#source);
    this.#encoder = new Encoder(
      { settings: stage.settings, streamId: id, mountpoint: spec.mount, headers: [['Icy-Name', 'Davecast model station']], origin: host.name },
      {
        send: (target, bytes) => {
          this.#watch.sent(target, bytes);
          this.#targets[target]!.send(bytes);
        },
        backlogBytes: (target) => this.#targets[target]!.dialer?.backlogBytes ?? 0,
        unacknowledgedBytes: (target) => this.#targets[target]!.dialer?.unacknowledgedBytes ?? 0,
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
    this.#driver = new Driver(this.#encoder, host, stage.settings.lateMs, () => this.#checkBound());
    this.#inflow = new Inflow(this.#driver, stage.settings.targetKeepMs);
    this.#watch = new EncoderWatch(host.name, stage.oracle, stage.programme, stage.settings);
  }

  start(): void {
    for (const target of this.#spec.to) this.#open(target);
    this.#encoder.setTitle(this.#driver.now, `On air from ${this.#source.name}`);
    this.#driver.settle();
    this.#scheduleWrite();
  }

  killed(): void {
    this.#isDead = true;
    this.#driver.stop();
    for (const { dialer } of this.#targets) dialer?.stop();
  }

  #open({ relay, transport }: Target): void {
    const { network, trace, host } = this.#stage;
    const id: TargetId = this.#encoder.addTarget(this.#driver.now, transport, relay);
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
        received: () => {},
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
    const { framesPerWrite, feedDelayMs, jitterMs } = this.#spec;
    const recorded = this.#source.positionUs(this.#source.made + framesPerWrite) + ms(feedDelayMs);
    const at = Math.round(recorded + this.#delayUs + ms(jitterMs) * this.#jitter());
    this.#stage.world.at(Math.max(at, this.#stage.world.now) as Micros, this.#tick);
  }

  #due(): void {
    if (this.#isDead) return;
    for (let i = 0; i < this.#spec.framesPerWrite; i++) this.#record();
    this.#scheduleWrite();
  }

  #record(): void {
    if (!this.#host.isPaused) {
      this.#take(this.#frame.subarray(0, this.#source.make(this.#frame)));
      return;
    }
    if (this.#pipeBytes >= PIPE_BYTES) {
      this.#source.skip();
      return;
    }
    const frame = this.#frame.slice(0, this.#source.make(this.#frame));
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

  /** It may keep, for each target, as much as ever came in while it keeps things; with headers, opening messages and a chunk that is begun. */
  #checkBound(): void {
    const perTarget = 1.5 * this.#inflow.peakBytes + 65_536;
    this.#stage.oracle.bound(this.#host.name, 'held bytes', this.#encoder.heldBytes, perTarget * this.#spec.to.length);
  }
}
