import type { HeaderList } from '../../core/wire/messages/headers.ts';
import { icyTitleText } from '../../core/wire/icy.ts';
import { SentFrames } from '../../core/encoder/repeat-guard.ts';
import type { Settings } from '../../core/config/settings.ts';
import { SourcePace } from '../../core/arrival/timing/source-pace.ts';
import type { SourceAuthConfig } from '../icecast/auth-service/source-auth.ts';
import type { Endpoint } from '../net/addresses/address.ts';
import type { Log } from '../log/log.ts';
import { PacedSource } from './source/paced-source.ts';
import type { SourceApi, SourceInfo, SourceSink } from './source/source.ts';
import type { StreamWay } from './uplink.ts';

/** Where the audio of a mountpoint comes from. A password is needed of source clients; without one they are accepted from this machine only. */
export type MountInput =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'from'; readonly url: URL }
  | { readonly kind: 'listen'; readonly user?: string | undefined; readonly password: string | undefined; readonly auth?: SourceAuthConfig | undefined; readonly authTimeoutMs?: number | undefined };

/** What is configured of the streams of one mountpoint. */
export interface StreamMount {
  /** Without its leading slash. */
  readonly name: string;
  /** Of the targets of the process; all, unless given. */
  readonly to?: readonly Endpoint[] | undefined;
  /** Given by the operator: they go before what the source says. */
  readonly headers: HeaderList;
  readonly title: string;
  /** What the encoder is called, whichever stream it sends. */
  readonly origin?: string | undefined;
}

/** One mountpoint of an encoder. */
export interface EncoderMount extends StreamMount {
  readonly input: MountInput;
}

/** Makes a stream of each source of one mountpoint, of which one comes after the other. */
export class Mountpoint implements SourceApi {
  #mount: StreamMount;
  readonly #way: StreamWay;
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #sent = new SentFrames();
  readonly #pace: SourcePace;
  #sources = 0;

  constructor(mount: StreamMount, { way, settings, log }: { readonly way: StreamWay; readonly settings: Settings; readonly log: Log }) {
    this.#mount = mount;
    this.#way = way;
    this.#settings = settings;
    this.#log = log;
    this.#pace = new SourcePace(settings);
  }

  /** For the sources that begin from now on. */
  change(mount: StreamMount): void {
    this.#mount = mount;
  }

  get hasSource(): boolean {
    return this.#sources > 0;
  }

  /** A source begins: a new stream. */
  begin({ from, flow, headers }: SourceInfo): SourceSink {
    const { name: mount, title, origin, to, headers: own } = this.#mount;
    const session = this.#way.open({ from, mountpoint: mount, headers: [...own, ...headers], origin, to, sent: this.#sent });
    if (title !== '') session.metadata(icyTitleText(title));
    const { stream } = session;
    this.#sources++;
    this.#log({ kind: 'source-started', mount, stream, from });
    return new PacedSource({
      pace: this.#pace,
      flow,
      sink: {
        get hasFrames() {
          return session.hasFrames;
        },
        audio: (bytes) => session.audio(bytes),
        title: (text) => session.title(text),
        metadata: (text) => session.metadata(text),
        end: (reason) => {
          this.#sources--;
          session.end();
          this.#log({ kind: 'source-ended', mount, stream, from, reason, frames: session.frames });
        },
      },
      takenUs: () => session.takenUs,
      paced: () => this.#log({ kind: 'source-paced', mount, stream, from, aheadMs: this.#settings.sourceAheadMs }),
    });
  }
}
