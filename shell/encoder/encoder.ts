import { SUPPORTED } from '../../core/codec/scan/foreign.ts';
import type { HeaderList } from '../../core/wire/headers.ts';
import { SentFrames } from '../../core/encoder/repeat-guard.ts';
import type { Settings } from '../../core/config/settings.ts';
import { SourcePace } from '../../core/timing/source-pace.ts';
import { interfaceOf, type Endpoint } from '../net/address.ts';
import type { App } from '../process/app.ts';
import { Uplink } from './uplink.ts';
import type { EncoderSession } from './session.ts';
import { IcecastSource } from '../source/icecast-source.ts';
import type { Log } from '../log/log.ts';
import type { Lookup } from '../net/resolve.ts';
import { PacedSource } from '../source/paced-source.ts';
import type { Source, SourceApi, SourceInfo, SourceSink } from '../source/source.ts';
import { UsageError } from '../process/problems.ts';
import { SourceServer } from '../source/source-server.ts';
import { StdinSource } from '../source/stdin-source.ts';
import { SteadyTimers } from '../process/steady-timers.ts';

export type EncoderInput =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'from'; readonly url: URL }
  | { readonly kind: 'listen'; readonly port: number; readonly password: string | undefined };

export interface EncoderConfig {
  /** Without its leading slash. */
  readonly mount: string;
  readonly targets: readonly Endpoint[];
  readonly input: EncoderInput;
  /** Where `listen` listens, and by which interface multicast leaves. */
  readonly bind: string;
  /** Given by the operator: they go before what the source says. */
  readonly headers: HeaderList;
  readonly title: string;
  /** What it is called, whichever stream it sends. */
  readonly origin?: string | undefined;
  readonly settings: Settings;
  /** Of the targets' names; the system's, unless given. */
  readonly lookup?: Lookup | undefined;
}

/** How often it is looked whether targets have taken a source's last audio. */
const DRAIN_LOOK_MS = 20;

/**
 * An encoder with its source and its targets.
 *
 *     stdin, Icecast mount, or source client -> core Encoder -> TCP and UDP targets
 */
export class EncoderApp implements App, SourceApi {
  readonly finished: Promise<void>;
  readonly #config: EncoderConfig;
  readonly #log: Log;
  readonly #uplink: Uplink;
  readonly #source: Source;
  readonly #sent = new SentFrames();
  readonly #pace: SourcePace;
  readonly #timers: SteadyTimers;
  #finish: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(config: EncoderConfig, log: Log) {
    const { targets, settings, bind, lookup } = config;
    this.#config = config;
    this.#log = log;
    this.#pace = new SourcePace(settings);
    this.#timers = new SteadyTimers(settings);
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.#uplink = new Uplink(targets, { settings, log, multicastVia: interfaceOf(bind), lookup });
    this.#source = this.#makeSource();
  }

  async start(): Promise<void> {
    this.#uplink.start();
    try {
      await this.#source.start();
    } catch (error) {
      await this.#uplink.finish(0);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#source.stop();
    await this.#uplink.finish(this.#config.settings.stopMs);
    this.#timers.stop();
  }

  /** A source begins: a new stream. */
  begin(info: SourceInfo): SourceSink {
    const { mount, title, origin, settings } = this.#config;
    const headers = [...this.#config.headers, ...info.headers];
    const session = this.#uplink.open({ mountpoint: mount, headers, title, origin, sent: this.#sent });
    this.#log({ kind: 'source-started', mount, stream: session.stream, from: info.from });
    return new PacedSource({
      pace: this.#pace,
      flow: info.flow,
      sink: {
        get hasFrames() {
          return session.hasFrames;
        },
        audio: (bytes) => session.audio(bytes),
        title: (text) => session.title(text),
        metadata: (text) => session.metadata(text),
        end: (reason) => this.#end(session, info, reason),
      },
      takenUs: () => session.takenUs,
      paced: () => this.#log({ kind: 'source-paced', mount, stream: session.stream, from: info.from, aheadMs: settings.sourceAheadMs }),
    });
  }

  #end(session: EncoderSession, { from }: SourceInfo, reason: string): void {
    session.end();
    this.#log({ kind: 'source-ended', mount: this.#config.mount, stream: session.stream, from, reason, frames: session.frames });
  }

  #makeSource(): Source {
    const { input, bind, settings } = this.#config;
    const log = this.#log;
    switch (input.kind) {
      case 'stdin':
        return new StdinSource(process.stdin, this, (problem) => {
          if (problem === undefined) void this.#drain();
          else this.#fail(new UsageError(`--stdin: ${problem}; send ${SUPPORTED}`));
        });
      case 'from':
        return new IcecastSource(input.url, { api: this, settings, log });
      case 'listen':
        return new SourceServer({ api: this, bind: { address: bind, port: input.port }, password: input.password, settings, log });
      default:
        return input satisfies never;
    }
  }

  /** The input has ended for good: done when the targets have what there is, or have had their time. */
  async #drain(): Promise<void> {
    let isLate = false;
    this.#timers.timer(() => (isLate = true)).set(this.#config.settings.drainMs);
    const isDone = (): boolean => isLate || this.#uplink.drained;
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    this.#finish();
  }
}
