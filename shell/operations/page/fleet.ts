import { fetchText } from '../../http/client/fetch-text.ts';
import { answerOf } from './answer-of.ts';
import type { FleetPart, Parts } from './state.ts';
import { messageOf } from '../../process/problems.ts';

const TIMEOUT_MS = 5_000;
/** Of an answer: five hundred mountpoints with two encoders each take half of it. */
const MAX_ANSWER_BYTES = 4_194_304;
/** Asked again so long after its last answer. */
const EVERY_MS = 2_000;

/** Another edge, station or relay, by the address of its pages. */
export interface FleetMember {
  /** Without a login. */
  readonly url: URL;
  /** `admin:PASSWORD`; undefined: it tells what it tells everybody. */
  readonly auth: string | undefined;
}

export interface FleetOptions {
  readonly members: readonly FleetMember[];
  readonly ca?: string | undefined;
  readonly wallMs: () => number;
}

interface Known {
  readonly member: FleetMember;
  part: FleetPart;
  isAsking: boolean;
  askedAtMs: number;
}

/** The other processes of `--fleet`. They are asked only while somebody looks, each once at a time. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #known: readonly Known[];

  constructor(options: FleetOptions) {
    this.#options = options;
    const sinceMs = options.wallMs();
    this.#known = options.members.map((member) => ({
      member,
      part: { kind: 'fleet', name: member.url.host, link: linkOf(member), error: 'not asked yet', sinceMs, clockAheadMs: 0, parts: {} },
      isAsking: false,
      askedAtMs: -Infinity,
    }));
  }

  get parts(): readonly FleetPart[] {
    return this.#known.map(({ part }) => part);
  }

  /** Somebody looks: asks those whose turn it is, and waits for none. */
  refresh(): void {
    for (const known of this.#known) void this.#ask(known);
  }

  async #ask(known: Known): Promise<void> {
    const { wallMs, ca } = this.#options;
    if (known.isAsking || Math.abs(wallMs() - known.askedAtMs) < EVERY_MS) return;
    known.isAsking = true;
    const { member: { url, auth }, part } = known;
    try {
      const { status, text } = await fetchText({ method: 'GET', url: new URL(auth === undefined ? 'page/state' : 'admin/page/state', url), auth, ca, timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
      const answer = status === 200 ? parse(text) : undefined;
      if (answer === undefined) throw new Error(status === 401 || status === 403 ? `refuses the login (${status})` : `answers ${status}, but not as a Davecast does`);
      const clockAheadMs = Math.round((answer.nowMs - wallMs()) / 1_000) * 1_000;
      known.part = { ...part, error: undefined, sinceMs: part.error === undefined ? part.sinceMs : wallMs(), clockAheadMs: Math.abs(clockAheadMs - part.clockAheadMs) > 1_000 ? clockAheadMs : part.clockAheadMs, parts: answer.parts };
    } catch (error) {
      // What was known of it last is shown with its lanes as they were.
      known.part = { ...part, error: messageOf(error), sinceMs: part.error === undefined || known.askedAtMs === -Infinity ? wallMs() : part.sinceMs };
    } finally {
      known.isAsking = false;
      known.askedAtMs = wallMs();
    }
  }
}

/** Its own page: for whoever has a login the one with commands. */
function linkOf({ url, auth }: FleetMember): string {
  return new URL(auth === undefined ? '' : 'admin/page', url).href;
}

function parse(text: string): { readonly nowMs: number; readonly parts: Parts } | undefined {
  try {
    return answerOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
