import { EventStream, eventText } from '../../http/event-stream.ts';
import { anybody, type Guard } from '../../http/auth/guards.ts';
import type { RequestHead } from '../../http/message/head.ts';
import { finish, formatReply, htmlReply, type Reply } from '../../http/message/reply.ts';
import { requestFailed } from '../../http/server/request-failed.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Route } from '../../http/router.ts';
import type { EventSink } from '../../log/events.ts';
import { rangeSet, type RangeSet, type Ranges } from '../../net/addresses/range-set.ts';
import { pageReply, type PageAt } from './document.ts';
import type { Page } from './page.ts';
import type { Command, View } from './state.ts';

/** Pages that are open at a time: for everybody, and for those who may see all. */
const MAX_VIEWERS: Readonly<Record<View, number>> = { public: 100, full: 32, operator: 32 };
/** How long a client gets to read a document: a phone may be at the edge of its network. */
const READ_MS = 30_000;
/** Further documents that are made at a time, for those who ask for one. */
const MAX_ASKED = 16;

export interface PageRoutesOptions {
  readonly page: Page;
  /** Who may see names and addresses, besides this machine and operators. */
  readonly allow: Ranges;
  /** Of the pages of operators, asked at each request; undefined: there are none. */
  readonly operators?: (() => Guard | undefined) | undefined;
  /** What operators can have done here. */
  readonly commands?: () => readonly Command[];
  readonly tell: EventSink;
}

/**
 * The page and what it follows. `/` and `/page/…` are everybody's, with names and addresses for this machine and those who are allowed; `/admin/page` and what is below is for operators: a browser that has
 * logged in there sends its login to all of it, and to the commands beside it.
 */
export class PageRoutes {
  readonly #options: PageRoutesOptions;
  readonly #allowed: RangeSet;
  readonly #viewers: Readonly<Record<View, EventStream>>;
  #asked = 0;

  constructor(options: PageRoutesOptions) {
    this.#options = options;
    this.#allowed = rangeSet(options.allow);
    const stream = (view: View): EventStream => new EventStream({ maxFollowers: MAX_VIEWERS[view] });
    this.#viewers = { public: stream('public'), full: stream('full'), operator: stream('operator') };
    options.page.lookedAtBy({
      isThere: () => this.#all.some(({ size }) => size > 0),
      told: (changes) => this.#tell(changes),
    });
  }

  get routes(): readonly Route[] {
    const { operators = () => undefined } = this.#options;
    const isFor = (): boolean => operators() !== undefined;
    const operator: Guard = (request) => operators()!(request);
    const get = (at: string, who: Guard, handle: Route['handle']): Route => ({ at, methods: ['GET', 'HEAD'], who, handle });
    const below = (at: string, who: Guard, viewOf: (request: HttpRequest) => View): readonly Route[] => [
      get(`${at}/events`, who, (request) => this.#follow(request, viewOf(request))),
      get(`${at}/state`, who, (request) => this.#state(request, viewOf(request))),
    ];
    return [
      { ...get('', anybody, (request) => showPage('page', request)), isFor: ({ head }) => wantsPage(head) },
      ...below('page', anybody, (request) => this.#viewOf(request)),
      ...[get('admin/page', operator, (request) => showPage('admin/page', request)), ...below('admin/page', operator, () => 'operator')].map((route) => ({ ...route, isFor })),
    ];
  }

  stop(): void {
    for (const stream of this.#all) stream.end();
  }

  get #all(): readonly EventStream[] {
    return Object.values(this.#viewers);
  }

  #viewOf({ client }: HttpRequest): View {
    return client.isLocal || this.#allowed.has(client.address) ? 'full' : 'public';
  }

  #follow(request: HttpRequest, view: View): Reply | 'taken' {
    if (request.head.method === 'HEAD') return this.#viewers[view].follow(request, () => '');
    return this.#later(request, async () => {
      const whole = await this.#options.page.whole(view, this.#own(view));
      if (request.socket.destroyed) return;
      const answer = this.#viewers[view].follow(request, () => eventText('whole', whole));
      if (answer !== 'taken') finish(request.socket, formatReply(answer));
    });
  }

  #state(request: HttpRequest, view: View): Reply | 'taken' {
    return this.#later(request, async () => {
      const body = await this.#options.page.whole(view, this.#own(view));
      finish(request.socket, formatReply({ status: 200, contentType: 'application/json; charset=UTF-8', body: `${body}\n` }, request.head.method), READ_MS);
    });
  }

  #later(request: HttpRequest, answer: () => Promise<void>): Reply | 'taken' {
    if (this.#asked >= MAX_ASKED) return htmlReply(503, 'Too many ask at the same time: retry in a second', [['Retry-After', '1']]);
    this.#asked++;
    answer().catch((error: unknown) => requestFailed(request, error, this.#options.tell)).finally(() => void this.#asked--);
    return 'taken';
  }

  #tell({ public: forAll, full }: Readonly<Record<'public' | 'full', string>>): void {
    for (const view of ['public', 'full', 'operator'] as const) {
      this.#viewers[view].send(view === 'public' ? forAll : full, () => eventText('whole', this.#options.page.wholeNow(view, this.#own(view))));
    }
  }

  #own(view: View): { readonly canLogIn: boolean; readonly commands: readonly Command[] } {
    const { operators, commands = () => [] } = this.#options;
    return { canLogIn: operators?.() !== undefined, commands: view === 'operator' ? commands() : [] };
  }
}

function showPage(at: PageAt, { head, socket }: HttpRequest): 'taken' {
  finish(socket, formatReply(pageReply(at), head.method), READ_MS);
  return 'taken';
}

/** A browser shows the page; a player that asks for titles, as Shoutcast's do, gets the stream of the only mountpoint. */
function wantsPage({ headers }: RequestHead): boolean {
  return headers.get('accept')?.includes('text/html') === true && headers.get('icy-metadata') !== '1';
}
