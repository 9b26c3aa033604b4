import type { MountInfo } from '../../../core/edge/edge.ts';
import type { MountOutput, OutputOf } from '../../../core/edge/output/output.ts';
import { EventStream, eventText } from '../../http/event-stream.ts';
import { anybody } from '../../http/auth/guards.ts';
import { corsLines, jsonReply, type Reply } from '../../http/message/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import { mountIn } from '../../http/message/request-target.ts';
import type { Route } from '../../http/router.ts';
import { saidOf } from '../../icecast/source-figures.ts';
import { Titles, type TitleOnAir } from './titles.ts';

/** Web pages that follow titles at a time; others get 503, and can ask for the document instead. */
const MAX_FOLLOWERS = 1_000;
/** So that proxies do not close what is quiet, and that those who are gone are noticed. */
const QUIET_MS = 15_000;

export interface NowPlayingOptions {
  /** A mountpoint on air, without its leading slash, and all of them. */
  readonly mount: (name: string) => MountInfo | undefined;
  readonly mounts: () => readonly MountInfo[];
  /** What a new listener is given at once, and has in its buffer from then on. */
  readonly burstMs: number;
  readonly wallMs?: () => number;
}

/** A title in JSON. Times are in UTC, as ISO 8601 has them. */
export interface TitleJson {
  readonly title: string;
  /** When its first frame left; null: before this process noted it. */
  readonly onAirAt: string | null;
  /** When a listener hears that who has a burst in its buffer. */
  readonly heardAt: string | null;
}

export interface MountTitleJson extends TitleJson {
  readonly mount: string;
  /** What the stream calls itself. */
  readonly name: string | null;
  /** What is heard until `heardAt`. */
  readonly before: TitleJson | null;
}

/** What websites show: the title of each mountpoint, and when it is heard. `/now-playing` in JSON or as events, `?mount=/radio` of one mountpoint. */
export class NowPlaying {
  readonly #options: NowPlayingOptions;
  readonly #wallMs: () => number;
  readonly #titles: Titles;
  readonly #events = new EventStream({ maxFollowers: MAX_FOLLOWERS, isForAll: true });
  /** Mountpoints with something new, to be told when the machine's call is over. */
  readonly #news = new Set<string>();
  #quiet: NodeJS.Timeout | undefined;

  constructor(options: NowPlayingOptions) {
    this.#options = options;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#titles = new Titles({ wallMs: this.#wallMs, changed: (mount) => this.#changed(mount) });
  }

  output(of: OutputOf): MountOutput {
    return this.#titles.output(of);
  }

  get routes(): readonly Route[] {
    const route = (at: string, handle: Route['handle']): Route => ({ at, methods: ['GET', 'HEAD', 'OPTIONS'], who: anybody, handle });
    return [
      route('now-playing', (request) => (EventStream.isWanted(request) ? this.#follow(request) : this.#document(request))),
      route('now-playing/events', (request) => this.#follow(request)),
    ];
  }

  stop(): void {
    clearInterval(this.#quiet);
    this.#events.end();
  }

  #document({ target }: HttpRequest): Reply {
    const name = mountIn(target);
    const mounts = this.#mounts(name);
    if (mounts.length === 0 && name !== undefined) return jsonReply(404, { message: 'no such mountpoint' }, corsLines);
    return jsonReply(200, this.#told(mounts), corsLines);
  }

  /** The titles of now, then each change. */
  #follow(request: HttpRequest): Reply | 'taken' {
    const name = mountIn(request.target);
    const answer = this.#events.follow(request, () => this.#whole(name), name);
    if (answer === 'taken') this.#quiet ??= setInterval(() => this.#keep(), QUIET_MS).unref();
    return answer;
  }

  #keep(): void {
    this.#events.send(':\n\n', (topic) => this.#whole(topic));
    if (this.#events.size > 0) return;
    clearInterval(this.#quiet);
    this.#quiet = undefined;
  }

  #changed(mount: string): void {
    if (this.#events.size === 0) return;
    if (this.#news.size === 0) setImmediate(() => this.#tell());
    this.#news.add(mount);
  }

  #tell(): void {
    for (const name of this.#news) {
      const mount = this.#options.mount(name);
      const text = mount === undefined ? eventText('ended', JSON.stringify({ mount: `/${name}` })) : eventText('now-playing', JSON.stringify(this.#told([mount])));
      this.#events.send(text, (topic) => this.#whole(topic), name);
    }
    this.#news.clear();
  }

  #whole(name: string | undefined): string {
    return eventText('now-playing', JSON.stringify(this.#told(this.#mounts(name))));
  }

  #mounts(name: string | undefined): readonly MountInfo[] {
    if (name === undefined) return this.#options.mounts();
    const mount = this.#options.mount(name);
    return mount === undefined ? [] : [mount];
  }

  #told(mounts: readonly MountInfo[]): { readonly now: string; readonly burstMs: number; readonly mounts: readonly MountTitleJson[] } {
    return { now: isoTime(this.#wallMs()), burstMs: this.#options.burstMs, mounts: mounts.map((mount) => this.#titleOf(mount)) };
  }

  #titleOf(mount: MountInfo): MountTitleJson {
    const titles = this.#titles.of(mount.name);
    return {
      mount: `/${mount.name}`,
      name: saidOf(mount).get('icy-name') ?? null,
      ...(titles === undefined ? { title: mount.title, onAirAt: null, heardAt: null } : this.#json(titles.now)),
      before: titles?.before === undefined ? null : this.#json(titles.before),
    };
  }

  #json({ title, onAirMs }: TitleOnAir): TitleJson {
    return { title, onAirAt: isoTime(onAirMs), heardAt: isoTime(onAirMs + this.#options.burstMs) };
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
