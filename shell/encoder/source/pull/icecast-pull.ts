import type net from 'node:net';
import { bodyReader } from '../push/body.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import { basicAuthorization, urlCredentials } from '../../../http/auth/basic-auth.ts';
import { unsupportedContentType } from '../../../http/message/content-types.ts';
import { Dechunker, isChunked } from '../../../http/message/dechunker.ts';
import { HeadReader, statusOf, type Head } from '../../../http/message/head.ts';
import { IcyStripper } from '../../../http/client/icy-stripper.ts';
import { icyHeadersOf, type SourceApi, type SourceFlow, type SourceSink } from '../source.ts';
import { dialTcp, type TakeBytes } from '../../../net/tcp.ts';
import { dialTls } from '../../../net/tls/dial.ts';
import { connectionProblem } from '../../../net/tls/problems.ts';
import { isPlaylist, PlaylistReader } from './playlist.ts';
import { version } from '../../../process/version.ts';

export interface PullWatcher {
  /** The server is connected, and asked; `redirected`: it has sent us to another one. */
  established(): void;
  redirected(): void;
  /** The stream begins, behind this head. */
  opened(head: Head): void;
  /** Some of it came. */
  carried(): void;
  /** Its first frame came. */
  found(): void;
  /** The desk does not want more for now. What it wants again is told by `carried`. */
  held(): void;
  /** It is over, or never began. Not told after `stop`. */
  ended(reason: string): void;
}

export interface PullOptions {
  readonly api: SourceApi;
  readonly settings: Settings;
  readonly watcher: PullWatcher;
  /** Certificates of authorities in PEM, for https; the system's, unless given. */
  readonly ca?: string | undefined;
  /** Attempts before this one: of a playlist each takes the next entry. */
  readonly attempt?: number;
}

/** Also from a playlist to a stream. */
const MAX_REDIRECTS = 5;

/** One attempt at a mountpoint of an Icecast or Shoutcast server, as their own relays do it; audio and titles go to the desk. A playlist leads to one. */
export class IcecastPull {
  readonly #url: URL;
  readonly #options: PullOptions;
  readonly #watcher: PullWatcher;
  readonly #reader = new HeadReader();
  readonly #redirects: number;
  #socket: net.Socket;
  #sink: SourceSink | undefined;
  /** Where bytes go: first to the head's reader, then to the body's. */
  #take: TakeBytes = (bytes) => this.#readHead(bytes);
  /** A playlist whose end may be that of its connection. */
  #playlist: PlaylistReader | undefined;
  #redirected: IcecastPull | undefined;
  #stopped = false;

  constructor(url: URL, options: PullOptions, redirects = 0) {
    this.#url = url;
    this.#options = options;
    this.#watcher = options.watcher;
    this.#redirects = redirects;
    const isTls = url.protocol === 'https:';
    this.#socket = this.#dial(isTls);
    let reason = 'closed by peer';
    this.#socket.on(isTls ? 'secureConnect' : 'connect', () => {
      this.#watcher.established();
      this.#socket.write(requestFor(url));
    });
    this.#socket.on('error', (error) => {
      reason = connectionProblem(error);
    });
    this.#socket.on('close', () => (this.#playlist === undefined ? this.#end(reason) : this.#follow(this.#playlist)));
  }

  stop(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#take = () => undefined;
    this.#socket.destroy();
    this.#redirected?.stop(reason);
    this.#sink?.end(reason);
  }

  #dial(isTls: boolean): net.Socket {
    const { hostname, port } = this.#url;
    const { settings, ca } = this.#options;
    const host = hostname.replace(/^\[|\]$/g, '');
    const take: TakeBytes = (bytes) => this.#take(bytes);
    const { keepAliveMs } = settings;
    if (isTls) return dialTls({ host, port: Number(port || 443), keepAliveMs, ca }, take);
    return dialTcp({ host, port: Number(port || 80), keepAliveMs }, take);
  }

  #end(reason: string): void {
    if (this.#stopped) return;
    this.stop(reason);
    this.#watcher.ended(reason);
  }

  #readHead(bytes: Uint8Array): void {
    const progress = this.#reader.push(bytes);
    if (progress === 'more') return;
    const head = progress === 'head too long' ? progress : this.#reader.parse();
    if (typeof head === 'string') return this.#end(head);
    const status = statusOf(head);
    const location = head.headers.get('location');
    const rest = bytes.subarray(progress as number);
    if (status === 200 && isPlaylist(head.headers.get('content-type'), this.#url.pathname)) this.#readPlaylist(head, rest);
    else if (status === 200) this.#begin(head, rest);
    else if (status !== undefined && status >= 300 && status < 400 && location !== undefined) this.#redirect(location);
    else this.#end(status === undefined ? 'response is not HTTP' : `status ${status}`);
  }

  #begin(head: Head, rest: Uint8Array): void {
    const type = unsupportedContentType(head.headers.get('content-type'));
    if (type !== undefined) return this.#end(`sends ${type}, which is not supported`);
    const sink = this.#options.api.begin({ from: this.#url.host + this.#url.pathname, headers: icyHeadersOf(head.headers), flow: this.#flow });
    this.#sink = sink;
    this.#watcher.opened(head);
    const interval = Number(head.headers.get('icy-metaint') ?? 0);
    let unsupported: string | undefined;
    const audio: TakeBytes = (bytes) => void (unsupported ??= sink.audio(bytes));
    const stripper = interval > 0 ? new IcyStripper(interval, audio, (text) => sink.metadata(text)) : undefined;
    const body: TakeBytes = stripper === undefined ? audio : (bytes) => stripper.push(bytes);
    const dechunker = isChunked(head.headers) ? new Dechunker(body) : undefined;
    let hasFrames = false;
    this.#take = (bytes) => {
      this.#watcher.carried();
      if (dechunker === undefined) body(bytes);
      else if (dechunker.push(bytes) !== undefined) this.#end('bad chunk');
      else if (dechunker.ended) this.#end('end of body');
      if (unsupported !== undefined) this.#end(unsupported);
      if (hasFrames || !sink.hasFrames) return;
      hasFrames = true;
      this.#watcher.found();
    };
    if (rest.length > 0) this.#take(rest);
  }

  get #flow(): SourceFlow {
    return {
      pause: () => {
        this.#socket.pause();
        this.#watcher.held();
      },
      resume: () => {
        this.#watcher.carried();
        this.#socket.resume();
      },
    };
  }

  #readPlaylist(head: Head, rest: Uint8Array): void {
    const playlist = new PlaylistReader(this.#url);
    let problem: string | undefined;
    const read = bodyReader(head, (bytes) => (problem = playlist.push(bytes)));
    this.#playlist = playlist;
    this.#take = (bytes) => {
      const ended = read(bytes);
      if (ended === undefined) return;
      if (problem === undefined && ended !== 'bad chunk') return this.#follow(playlist);
      this.#end(ended);
    };
    this.#take(rest);
  }

  /** To one of the streams of a playlist: another one at each attempt. */
  #follow(playlist: PlaylistReader): void {
    if (this.#stopped) return;
    this.#playlist = undefined;
    this.#take = () => undefined;
    const entries = playlist.entries();
    if (typeof entries === 'string') this.#end(entries);
    else this.#goTo(entries[(this.#options.attempt ?? 0) % entries.length]!);
  }

  #redirect(location: string): void {
    const url = URL.canParse(location, this.#url.href) ? new URL(location, this.#url) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return this.#end(`redirected to ${location}`);
    this.#goTo(url);
  }

  #goTo(url: URL): void {
    if (this.#redirects === MAX_REDIRECTS) return this.#end('too many redirects');
    this.#socket.removeAllListeners('close').destroy();
    this.#watcher.redirected();
    this.#redirected = new IcecastPull(url, this.#options, this.#redirects + 1);
  }
}

function requestFor(url: URL): string {
  const credentials = urlCredentials(url);
  return [
    `GET ${url.pathname}${url.search} HTTP/1.0`,
    `Host: ${url.host}`,
    `User-Agent: Davecast/${version}`,
    'Icy-MetaData: 1',
    ...(credentials === undefined ? [] : [`Authorization: ${basicAuthorization(credentials)}`]),
    '\r\n',
  ].join('\r\n');
}
