import { randomBytes } from 'node:crypto';
import type { Settings } from '../../core/config/settings.ts';
import { addressOf, encodeHello, HELLO_TAKES_TITLES, type Hello } from '../../core/wire/extensions.ts';
import { prefixed } from '../../core/wire/framing.ts';
import { encodeMessage, formatStreamId, MessageType, STREAM_ID_BYTES } from '../../core/wire/pdu.ts';
import { FirstBytes, type LookedFor } from '../../core/wiring/first-bytes.ts';
import { problemOf, type WiringProblem } from '../../core/wiring/problem.ts';
import { Processes } from '../../core/wiring/processes.ts';
import { Reminders } from '../../core/wiring/reminders.ts';
import type { Log } from '../log/log.ts';
import { monotonicNow } from '../process/clock.ts';
import { LinkWiring } from './link-wiring.ts';

/** Where a connection of ours leads: what was given for it, and one address of that. */
export interface Dialled {
  readonly endpoint: string;
  readonly label: string;
  readonly expected: LookedFor;
  /** Whether it may be asked by a connection of its own, which has no key, who it is. */
  readonly mayAsk?: boolean;
}

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

  /**
   * The first message for whoever is connected to a port of ours and reads: that it is a relay's, which process, which port, and whether titles are read that
   * come back.
   */
  hello(side: Hello['side'], peerPort = 0, takesTitles = false): Uint8Array {
    const payload = encodeHello({ side, peerPort });
    const message = encodeMessage({ type: MessageType.HELLO, replica: 0, streamId: this.#id, sequence: takesTitles ? HELLO_TAKES_TITLES : 1, payload });
    return prefixed(message, 0, message.length);
  }

  /** A connection that we make. */
  dialled({ endpoint, label, expected, mayAsk = true }: Dialled): LinkWiring {
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

  /** A connection that is made to us: takes what comes by it until that is known to be right or wrong. True when it is. */
  accepted(expected: 'source' | 'subscriber', peer: string, who: string = addressOf(peer)): (bytes: Uint8Array) => boolean {
    const first = new FirstBytes();
    return (bytes) => {
      const introduction = first.push(bytes);
      if (introduction === undefined) return false;
      const problem = problemOf(expected, introduction);
      if (problem !== undefined) this.#tell(problem, peer, who);
      return true;
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
