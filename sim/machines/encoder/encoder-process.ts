import { streamIdOfKey } from '../../../core/links/paths/stream-ids.ts';
import { Encoder } from '../../../core/encoder/encoder.ts';
import type { TargetId } from '../../../core/base/machine.ts';
import { transports } from '../../../core/links/transport.ts';
import { ms, toMs } from '../../../core/base/units.ts';
import { Dialer } from '../links/dialer.ts';
import { Driver } from '../driver.ts';
import { EncoderSource } from './encoder-source.ts';
import type { Host, Process } from '../../world/host.ts';
import { IMPOSTOR_AHEAD, renumbered } from '../hostile/impostor.ts';
import { Inflow } from '../links/inflow.ts';
import { EncoderWatch } from '../../oracle/watches/encoder-watch.ts';
import type { ModelStream } from '../../programme/programme.ts';
import { between, streamId, type Random } from '../../world/rng.ts';
import { modelSigner } from '../signing.ts';
import type { Stage } from '../stage.ts';
import { tellWallClock } from '../wall-clock.ts';
import { mountsOf, type EncoderSpec, type Target } from '../../world/topology.ts';
import { UdpSocket } from '../../world/transport/udp.ts';

const MAX_BOOT_MS = 300;

/** An encoder: its model sources, one for each mountpoint, the core's Encoder, and its connections. */
export class EncoderProcess implements Process {
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #spec: EncoderSpec;
  readonly #encoder: Encoder;
  readonly #driver: Driver;
  readonly #sources: readonly EncoderSource[];
  readonly #targets: { send(bytes: Uint8Array): void; readonly dialer?: Dialer }[] = [];
  readonly #inflow: Inflow;
  readonly #watch: EncoderWatch;
  readonly #jitter: Random;
  readonly #delayUs: number;
  #tellNoMore: () => void = () => {};

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
    const impersonated = spec.stranger?.impersonates === undefined ? undefined : stage.cast.sendingOf(spec.stranger.impersonates);
    const aheadBy = impersonated === undefined ? 0 : impersonated.messages() + IMPOSTOR_AHEAD;
    this.#encoder = new Encoder(
      { settings: stage.settings, ...(spec.signs === true && { signer: modelSigner(spec.name, () => toMs(world.now)) }) },
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
    this.#driver = new Driver(this.#encoder, host, stage.settings.maxTimerLagMs, () => this.#checkBound());
    this.#inflow = new Inflow(this.#driver, stage.settings.targetKeepMs);
    this.#watch = new EncoderWatch(host.name, stage.oracle, stage.programme, stage.settings);
    const ids = dice.stream(`encoder:${spec.name}:id`);
    this.#sources = mountsOf(spec).map((mount) => {
      const model = spec.pulls === undefined ? this.#ownModel(mount, start, boot, ppm) : stage.server(spec.pulls.server).source;
      const id = streamId(ids);
      return this.#source(mount, model, impersonated?.id ?? (stage.rightsOf === undefined ? id : streamIdOfKey(id, host.name)), impersonated === undefined);
    });
  }

  start(): void {
    if (this.#spec.saysNoTime !== true) this.#tellNoMore = tellWallClock(this.#stage, this.#host, (unixUs) => this.#encoder.clock(this.#driver.now, unixUs));
    for (const target of this.#spec.to) this.#open(target);
    for (const source of this.#sources) source.start();
  }

  setTitle(mount: string, title: string): void {
    this.#stage.oracle.titleSet(title);
    this.#encoder.setMountTitle(this.#driver.now, mount, title, Math.floor(toMs(this.#stage.world.now)));
    this.#driver.settle();
  }

  killed(): void {
    this.#tellNoMore();
    for (const source of this.#sources) source.stop();
    this.#driver.stop();
    for (const { dialer } of this.#targets) dialer?.stop();
  }

  #ownModel(mount: string, start: number, boot: number, ppm: number): ModelStream {
    const { name, format, stranger } = this.#spec;
    const { programme, world } = this.#stage;
    const beginsAtUs = Math.round(world.now + boot);
    const of = mount === this.#spec.mount ? name : `${name}/${mount}`;
    return programme.newStream({ name: `${of}#${start}`, mount, format, beginsAtUs, ppm, feed: this.#stage.feed(name), isForeign: stranger !== undefined, isStranger: stranger !== undefined && stranger.impersonates === undefined });
  }

  #source(mount: string, model: ModelStream, id: Uint8Array, isOwnId: boolean): EncoderSource {
    const stage = this.#stage;
    const spec = this.#spec;
    const encoder = this.#encoder;
    if (isOwnId) stage.cast.add(id, model);
    const origin = spec.stranger?.origin ?? this.#host.name;
    const source = encoder.openSource(this.#driver.now, { streamId: id, mountpoint: mount, headers: [['Icy-Name', 'Davecast model station']], origin });
    if (mount === spec.mount) stage.cast.sends(spec.name, { id, messages: () => encoder.source(source).messages });
    return new EncoderSource({
      stage,
      host: this.#host,
      spec,
      encoder,
      driver: this.#driver,
      id: source,
      model,
      inflow: this.#inflow,
      watch: this.#watch,
      jitter: this.#jitter,
      delayUs: this.#delayUs,
      taken: () => this.#lookAtTargets(),
    });
  }

  #open({ relay, transport }: Target): void {
    const { network, trace, host } = this.#stage;
    const id: TargetId = this.#encoder.addTarget(this.#driver.now, { transport: transports[transport], label: relay });
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

  #lookAtTargets(): void {
    for (const [target, { dialer }] of this.#targets.entries()) {
      if (dialer !== undefined) this.#watch.unacknowledged(this.#driver.now, target as TargetId, dialer.unacknowledgedBytes);
    }
  }

  /** It may keep as much as ever came in while it keeps things, for all targets together; with headers, opening messages and, of each stream, a chunk that is begun. */
  #checkBound(): void {
    this.#stage.oracle.bound(this.#host.name, 'held bytes', this.#encoder.heldBytes, 1.5 * this.#inflow.peakBytes + 65_536 * this.#sources.length);
  }
}
