import type { SourceId } from '../../../core/base/machine.ts';
import type { Encoder } from '../../../core/encoder/encoder.ts';
import { ms, type Micros } from '../../../core/base/units.ts';
import type { Driver } from '../driver.ts';
import type { EncoderWatch } from '../../oracle/watches/encoder-watch.ts';
import type { Host } from '../../world/host.ts';
import type { Inflow } from '../links/inflow.ts';
import { MAX_MODEL_FRAME_BYTES } from '../../programme/model-frame.ts';
import type { ModelStream } from '../../programme/programme.ts';
import type { Random } from '../../world/rng.ts';
import type { Stage } from '../stage.ts';
import type { EncoderSpec } from '../../world/topology.ts';

/** What waits for a stopped process: beyond that the source drops frames. */
const PIPE_BYTES = 65_536;

export interface EncoderSourceOptions {
  readonly stage: Stage;
  readonly host: Host;
  readonly spec: EncoderSpec;
  readonly encoder: Encoder;
  readonly driver: Driver;
  readonly id: SourceId;
  readonly model: ModelStream;
  readonly inflow: Inflow;
  readonly watch: EncoderWatch;
  readonly jitter: Random;
  /** From the last sample of a frame to its bytes. */
  readonly delayUs: number;
  /** Is called whenever the encoder has been given something. */
  readonly taken: () => void;
}

/** One source of an encoder: gives it the frames and the titles of a model stream, as its specification says. */
export class EncoderSource {
  readonly #options: EncoderSourceOptions;
  readonly #tick = (): void => this.#due();
  readonly #frame = new Uint8Array(MAX_MODEL_FRAME_BYTES);
  #pipeBytes = 0;
  #leave: () => void = () => {};
  #framesOfTitle = 0;
  #titles = 0;
  #isStopped = false;

  constructor(options: EncoderSourceOptions) {
    this.#options = options;
  }

  start(): void {
    const { stage, spec, model } = this.#options;
    this.#title(`On air from ${model.name}`);
    if (spec.pulls === undefined) this.#scheduleWrite();
    else this.#leave = stage.server(spec.pulls.server).pull(spec.pulls.burstMs, (frame) => this.#pulled(frame));
  }

  stop(): void {
    this.#isStopped = true;
    this.#leave();
  }

  /** The next write holds `framesPerWrite` frames, and comes when the last of them has been recorded and encoded. */
  #scheduleWrite(): void {
    const { model, delayUs, jitter, stage, spec } = this.#options;
    const { framesPerWrite, feedDelayMs, jitterMs, timesTooFast = 1 } = spec;
    const beginsUs = model.positionUs(0);
    const sinceUs = model.positionUs(model.made + framesPerWrite) - beginsUs;
    const recorded = beginsUs + sinceUs / timesTooFast + ms(feedDelayMs);
    const at = Math.round(recorded + delayUs + ms(jitterMs) * jitter());
    stage.world.at(Math.max(at, stage.world.now) as Micros, this.#tick);
  }

  #due(): void {
    if (this.#isStopped) return;
    for (let i = 0; i < this.#options.spec.framesPerWrite; i++) this.#record();
    this.#scheduleWrite();
  }

  #record(): void {
    const { host, model } = this.#options;
    if (!host.isPaused) this.#take(this.#frame.subarray(0, model.make(this.#frame)));
    else if (this.#pipeBytes >= PIPE_BYTES) model.skip();
    else this.#keep(this.#frame.slice(0, model.make(this.#frame)));
  }

  /** A server keeps what does not fit into the pipe, too, but nobody is stopped for so long. */
  #pulled(frame: Uint8Array): void {
    if (this.#options.host.isPaused) this.#keep(frame);
    else this.#take(frame);
  }

  /** For when it goes on. */
  #keep(frame: Uint8Array): void {
    this.#pipeBytes += frame.length;
    this.#options.host.run(() => {
      this.#pipeBytes -= frame.length;
      this.#take(frame);
    });
  }

  #take(frame: Uint8Array): void {
    const { inflow, watch, driver, stage, model, encoder, id, taken } = this.#options;
    inflow.add(frame.length);
    watch.made(driver.now, model.instance, stage.programme.glance(frame, 0)?.index ?? -1, frame.length);
    this.#changeTitle();
    encoder.receive(driver.now, id, frame);
    driver.settle();
    taken();
  }

  #changeTitle(): void {
    const { spec, model } = this.#options;
    if (spec.titleEveryFrames === undefined || ++this.#framesOfTitle < spec.titleEveryFrames) return;
    this.#framesOfTitle = 0;
    this.#titles++;
    this.#title(`Part ${this.#titles} from ${model.name}`);
  }

  #title(title: string): void {
    const { encoder, driver, id } = this.#options;
    encoder.setTitle(driver.now, id, title);
    driver.settle();
  }
}
