import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { hlsCollector, type HlsToMeasure } from './figures/hls.ts';
import type { ProcessRole } from '../../process/app.ts';
import { inTurns } from '../../process/time/in-turns.ts';
import { stackOf } from '../../process/problems.ts';
import type { EventSink } from '../../log/events.ts';
import type { Refusals } from '../../log/refusals.ts';
import type { Ranges } from '../../net/addresses/range-set.ts';
import type { Guard } from '../../http/auth/guards.ts';
import { finish, formatReply, htmlReply, responseHead } from '../../http/message/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Route } from '../../http/router.ts';
import { contentTypes, formatFor, takesGzip } from './accept.ts';
import { metricsGuard } from './allowed.ts';
import type { Collector } from './collector.ts';
import { edgeCollector, type EdgeToMeasure } from './figures/edge.ts';
import { encoderCollector, type EncoderToMeasure } from './figures/encoder.ts';
import { EventCounts } from './figures/event-counts.ts';
import { LoopLag } from './figures/loop-lag.ts';
import { MountsCounts } from './figures/mount-counts.ts';
import { tellDescriptors, tellProcess } from './figures/process-figures.ts';
import { relayCollector, type RelayToMeasure } from './figures/relay.ts';
import { NO_LABELS, labels, Scrape, type Format } from './scrape.ts';

export interface MetricsOptions {
  readonly role: ProcessRole;
  /** Who may read them, besides this machine and operators. */
  readonly allow?: Ranges;
  /** Log lines that were dropped since the start. */
  readonly droppedLines?: () => number;
  /** Told when a scrape fails. */
  readonly tell: EventSink;
}

/** How long a client gets to read an answer: there may be megabytes of it. */
const READ_MS = 10_000;

const compress = promisify(gzip);

/**
 * What `/metrics` of a process tells. Figures are read from machines when they are asked for; what machines do not keep is counted from events.
 *
 *     fan-out of events -> counts -.
 *     Edge, Relay, Encoder ---------> Scrape -> text -> whoever may read it
 *     the process ------------------'
 *
 * However many ask at a time, there is one scrape for all of them, and it is done in short turns.
 */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #events = new EventCounts();
  readonly #mounts: MountsCounts;
  readonly #lag = new LoopLag();
  readonly #collectors: Collector[] = [];
  readonly #running = new Map<Format, Promise<Uint8Array>>();
  /** Of what was told. */
  readonly #small = new WeakMap<Uint8Array, Promise<Uint8Array>>();
  /** Processor time of the last scrape. */
  #tookMs = 0;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#mounts = new MountsCounts({ nowMs: () => performance.now(), countsFrames: options.role === 'encoder' });
  }

  /** Takes the events of the process. */
  readonly event: EventSink = (event) => {
    this.#events.take(event);
    this.#mounts.take(event);
  };

  /** One by HLS; of others an event tells. */
  listenerJoined(mount: string): void {
    this.#mounts.listenerJoined(mount);
  }

  /** Events do not tell of all. */
  listenerLeft(mount: string, reason: string): void {
    this.#mounts.listenerLeft(mount, reason);
  }

  measureEdge(edge: EdgeToMeasure): void {
    this.#collectors.push(edgeCollector(edge, this.#mounts));
  }

  measureHls(figures: () => HlsToMeasure): void {
    this.#collectors.push(hlsCollector(figures, this.#mounts));
  }

  measureRelay(relay: RelayToMeasure): void {
    this.#collectors.push(relayCollector(relay));
  }

  measureEncoder(figures: () => EncoderToMeasure): void {
    this.#collectors.push(encoderCollector(figures, this.#mounts));
  }

  /** The page of a role. @param operators who may read it by a password; nobody, unless given. */
  route(refusals: Refusals, operators?: () => Guard | undefined): Route {
    const who = metricsGuard({ allow: this.#options.allow ?? [], refusals, operators });
    return { at: 'metrics', methods: ['GET'], who, handle: (request) => this.#answer(request) };
  }

  /** All that there is to tell now. */
  text(format: Format): Promise<Uint8Array> {
    const running = this.#running.get(format) ?? this.#scrape(format).finally(() => this.#running.delete(format));
    this.#running.set(format, running);
    return running;
  }

  stop(): void {
    this.#lag.stop();
  }

  #answer({ head, socket, from }: HttpRequest): 'taken' {
    const format = formatFor(head.headers.get('accept'));
    const isSmall = takesGzip(head.headers.get('accept-encoding'));
    const answered = this.text(format).then(async (text) => {
      const body = isSmall ? await this.#compressed(text) : text;
      const more = ['Vary: Accept, Accept-Encoding', ...(isSmall ? ['Content-Encoding: gzip'] : []), `Content-Length: ${body.length}`];
      socket.cork();
      socket.write(responseHead(200, contentTypes[format], more));
      // All who get the same share its bytes.
      finish(socket, head.method === 'HEAD' ? '' : body, READ_MS);
    });
    answered.catch((error: unknown) => {
      this.#options.tell({ kind: 'request-failed', from, method: head.method, target: head.target, error: stackOf(error) });
      finish(socket, formatReply(htmlReply(500, 'Internal server error'), head.method));
    });
    return 'taken';
  }

  #compressed(text: Uint8Array): Promise<Uint8Array> {
    const small = this.#small.get(text) ?? compress(text);
    this.#small.set(text, small);
    return small;
  }

  async #scrape(format: Format): Promise<Uint8Array> {
    const scrape = new Scrape();
    let tookMs = 0;
    await tellDescriptors(scrape);
    for (const collect of this.#collectors) tookMs += await inTurns(collect(scrape));
    tookMs += await inTurns(this.#mounts.tell(scrape));
    this.#events.tell(scrape);
    tellProcess(scrape, { role: this.#options.role, lag: this.#lag, droppedLines: this.#options.droppedLines ?? (() => 0) });
    for (const [label, count] of scrape.summed) scrape.add('davecast_metrics_summed', labels({ label }), count);
    scrape.add('davecast_metrics_duration_seconds', NO_LABELS, this.#tookMs / 1_000);
    const parts: Uint8Array[] = [];
    this.#tookMs = tookMs + (await inTurns(scrape.text(format), (part) => parts.push(Buffer.from(part))));
    return Buffer.concat(parts);
  }
}
