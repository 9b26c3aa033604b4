import { randomBytes } from 'node:crypto';
import type { Settings } from '../../../core/config/settings.ts';
import { addressOf, encodeHello, HELLO_TAKES_MOMENTS, HELLO_TAKES_TITLES_AND_WANTS, HELLO_TAKES_WANTS, type Hello } from '../../../core/wire/messages/extensions.ts';
import { prefixed } from '../../../core/wire/framing.ts';
import { encodeMessage, formatStreamId, MessageType, STREAM_ID_BYTES } from '../../../core/wire/pdu.ts';
import { FirstBytes, type Introduction, type LookedFor } from '../../../core/links/wiring/first-bytes.ts';
import { problemOf, type WiringProblem } from '../../../core/links/wiring/problem.ts';
import { Processes } from '../../../core/links/wiring/processes.ts';
import { Reminders } from '../../../core/links/wiring/reminders.ts';
import type { Log } from '../../log/log.ts';
import { monotonicNow } from '../../process/time/clock.ts';
import { LinkWiring } from './link-wiring.ts';

/** Where a connection of ours leads: what was given for it, and one address of that. */
export interface Dialled {
  readonly endpoint: string;
  readonly label: string;
  readonly expected: LookedFor;
  /** Whether it may be asked by a connection of its own, which has no key, who it is. */
  readonly mayAsk: boolean;
}

/** What comes back by a connection and is read; all: also moments and breaks. */
export type Takes = 'nothing' | 'wants' | 'titles and wants' | 'all';

const takesNumbers: Readonly<Record<Takes, number>> = { 'nothing': 1, 'wants': HELLO_TAKES_WANTS, 'titles and wants': HELLO_TAKES_TITLES_AND_WANTS, 'all': HELLO_TAKES_TITLES_AND_WANTS };

/** Tells, of all connections of a process, which program at the other end does not belong there, and what to change. */
export class Wiring {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #id = randomBytes(STREAM_ID_BYTES);
  readonly #processes = new Processes<LinkWiring>(formatStreamId(this.#id));
  readonly #reminders = new Reminders();

  constructor(settings: Settings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  /** The first message for whoever is connected to a port of ours and reads: that it is a relay's, which process, which port, and what is read that comes back. */
  hello(side: Hello['side'], peerPort = 0, takes: Takes = 'nothing'): Uint8Array {
    const payload = encodeHello({ side, peerPort });
    const message = encodeMessage({ type: MessageType.HELLO, replica: takes === 'all' ? HELLO_TAKES_MOMENTS : 0, streamId: this.#id, sequence: takesNumbers[takes], payload });
    return prefixed(message, 0, message.length);
  }

  /** A connection that we make. */
  dialled({ endpoint, label, expected, mayAsk }: Dialled): LinkWiring {
    const link: LinkWiring = new LinkWiring(this.#settings, { expected, mayAsk }, {
      problem: (problem) => this.#tell(problem, label, label),
      noStreamYet: () => this.#log({ kind: 'no-stream-yet', peer: label }),
      leadsTo: (processId) => {
        const found = processId === undefined ? this.#processes.lost(link) : this.#processes.found(link, endpoint, processId);
        if (found === 'own') this.#tell('own-relay', label, label);
        else if (found !== undefined) this.#tell('same-relay', endpoint, [endpoint, found.other].sort().join(' '), found.other);
      },
    });
    return link;
  }

  /** A connection that is made to us: takes what comes by it until that is known to be right or wrong, and says then how it begins. @param who as for `#tell`. */
  accepted(expected: 'source' | 'subscriber', peer: string, who: string): (bytes: Uint8Array) => Introduction['kind'] | undefined {
    const first = new FirstBytes();
    return (bytes) => {
      const introduction = first.push(bytes);
      if (introduction === undefined) return undefined;
      const problem = problemOf(expected, introduction);
      if (problem !== undefined) this.#tell(problem, peer, who);
      return introduction.kind;
    };
  }

  /** A connection to our incoming port is closed: nothing has come by it in its time. */
  silentOnInPort(peer: string): void {
    this.#tell('silent-on-in-port', peer, addressOf(peer));
  }

  /** @param who of whom the same thing is not told again so soon. */
  #tell(problem: WiringProblem, peer: string, who: string, other?: string): void {
    if (!this.#reminders.take(monotonicNow(), `${problem} ${who}`)) return;
    this.#log({ kind: 'wiring', peer, ...(other !== undefined && { other }), problem });
  }
}
