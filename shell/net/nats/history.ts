import type { NatsEndpoint } from '../addresses/nats-address.ts';
import { messageOf } from '../../process/problems.ts';
import type { NatsMessage, NatsWire } from './wire.ts';

/** How long JetStream keeps each message: as long as the history of a relay and the ring of an edge. */
const HISTORY_MS = 10_000;
/** The most that it keeps, whatever comes: four megabytes a second are 250 mountpoints at 128 kbit/s. */
const HISTORY_BYTES = 268_435_456;
const NS_PER_MS = 1_000_000;
const ANSWER_MS = 2_000;
/** Messages asked for at a time. Of the longest that our programs make at once, they are no more than a server holds for one connection (64 MB). */
const BATCH = 1_024;
/** Copies in a cluster: the history of a server that has died is with the others. */
const COPIES = 3;

/** Characters of what a server says. */
const MAX_REASON = 200;

/** Codes of JetStream (nats-server/server/errors.json). */
const NO_SUCH_STREAM = 10_059;
const NO_CLUSTER = 10_074;
const NO_RESOURCES: readonly number[] = [10_005, 10_023];

/** Why there is no history, where JetStream has not said anything in time. */
export const NO_ANSWER = 'JetStream does not answer';
const WRONG_ANSWER = 'an answer that is none of JetStream';

/** Where the history of an endpoint is. */
export type HistoryPlace = Pick<NatsEndpoint, 'prefix' | 'domain'>;

export interface HistoryNames extends HistoryPlace {
  /** All that is to be kept. */
  readonly subjects: string;
}

/** Whoever may answer questions to JetStream can say anything. */
interface Answer {
  readonly error?: { readonly code?: unknown; readonly err_code?: unknown; readonly description?: unknown } | undefined;
  readonly name?: unknown;
  readonly num_pending?: unknown;
}

/** The stream of JetStream for a prefix: letters, digits, - and _. */
function historyName(prefix: string): string {
  return prefix.toUpperCase().replaceAll('.', '_');
}

/** Has JetStream keep the newest ten seconds, in memory, unless it does already. @return why it does not; undefined: it does. */
export async function keepHistory(wire: NatsWire, { subjects, ...place }: HistoryNames): Promise<string | undefined> {
  const name = historyName(place.prefix);
  const api = apiOf(place);
  const found = await ask(wire, `${api}.STREAM.INFO.${name}`, {});
  if (found.error === undefined) return undefined;
  if (found.error.err_code !== NO_SUCH_STREAM) return reasonOf(found);
  const nanos = HISTORY_MS * NS_PER_MS;
  const config = { name, subjects: [subjects], storage: 'memory', retention: 'limits', discard: 'old', max_age: nanos, duplicate_window: nanos, max_bytes: HISTORY_BYTES, max_msgs: -1, max_consumers: -1, no_ack: true };
  const made = await ask(wire, `${api}.STREAM.CREATE.${name}`, { ...config, num_replicas: COPIES });
  const code = made.error?.err_code;
  if (typeof code !== 'number' || (code !== NO_CLUSTER && !NO_RESOURCES.includes(code))) return reasonOf(made);
  return reasonOf(await ask(wire, `${api}.STREAM.CREATE.${name}`, { ...config, num_replicas: 1 }));
}

export interface ReadHistoryOptions extends HistoryPlace {
  /** Each is read by itself. */
  readonly subjects: readonly string[];
  readonly take: (message: NatsMessage) => void;
  readonly isOver: () => boolean;
}

/** Reads all that JetStream has kept, the oldest first: it is told how much that is by its clock, and not by ours. @return why there is nothing to read; undefined: there was. */
export async function readHistory(wire: NatsWire, { subjects, take, isOver, ...place }: ReadHistoryOptions): Promise<string | undefined> {
  const name = historyName(place.prefix);
  const api = apiOf(place);
  for (const subject of subjects) {
    const config = { ack_policy: 'none', deliver_policy: 'all', filter_subject: subject, mem_storage: true, num_replicas: 1, inactive_threshold: 5_000 * NS_PER_MS };
    const made = await ask(wire, `${api}.CONSUMER.CREATE.${name}`, { stream_name: name, config });
    // The first encoder has yet to make it, and says so if it may not.
    if (made.error?.err_code === NO_SUCH_STREAM) return undefined;
    const { name: consumer, num_pending: pending } = made;
    if (made.error !== undefined || typeof consumer !== 'string' || !/^[\w-]{1,64}$/.test(consumer)) return reasonOf(made) ?? WRONG_ANSWER;
    await readAll(wire, `${api}.CONSUMER.MSG.NEXT.${name}.${consumer}`, typeof pending === 'number' ? pending : 0, take, isOver);
    void ask(wire, `${api}.CONSUMER.DELETE.${name}.${consumer}`, {});
  }
  return undefined;
}

/** Asks for batch after batch, so that no more is on its way than one of them. */
async function readAll(wire: NatsWire, next: string, pending: number, take: (message: NatsMessage) => void, isOver: () => boolean): Promise<void> {
  for (let left = pending; left > 0 && !isOver(); ) {
    const batch = Math.min(BATCH, left);
    const came = await readBatch(wire, next, batch, take);
    if (came < batch) return;
    left -= came;
  }
}

function readBatch(wire: NatsWire, next: string, batch: number, take: (message: NatsMessage) => void): Promise<number> {
  const inbox = wire.newInbox();
  return new Promise((resolve) => {
    let came = 0;
    const end = (): void => {
      clearTimeout(late);
      unsubscribe();
      resolve(came);
    };
    const late = setTimeout(end, ANSWER_MS);
    const unsubscribe = wire.subscribe(inbox, (message) => {
      // Whatever the server says by itself, such as 404 or 408, is that no more comes.
      if (message.status !== 0) return end();
      came++;
      take(message);
      if (came === batch) end();
    }, end);
    void wire.closed.then(end);
    wire.publish(next, new TextEncoder().encode(JSON.stringify({ batch, no_wait: true })), inbox);
  });
}

/** What the subjects of JetStream's questions begin with. */
function apiOf({ domain }: HistoryPlace): string {
  return domain === undefined ? '$JS.API' : `$JS.${domain}.API`;
}

/** What JetStream answers; an error where nobody does. */
async function ask(wire: NatsWire, subject: string, body: object): Promise<Answer> {
  try {
    const answer: unknown = JSON.parse(await wire.request(subject, JSON.stringify(body), ANSWER_MS));
    return isAnswer(answer) ? answer : { error: { description: WRONG_ANSWER } };
  } catch (error) {
    if (error instanceof SyntaxError) return { error: { description: WRONG_ANSWER } };
    return { error: { description: messageOf(error) } };
  }
}

function isAnswer(answer: unknown): answer is Answer {
  if (typeof answer !== 'object' || answer === null) return false;
  const { error } = answer as { readonly error?: unknown };
  return error === undefined || (typeof error === 'object' && error !== null);
}

function reasonOf({ error }: Answer): string | undefined {
  if (error === undefined) return undefined;
  const description = typeof error.description === 'string' ? error.description.slice(0, MAX_REASON) : '';
  if (/no responders|503/i.test(description)) return 'JetStream is off';
  return /timeout/i.test(description) ? NO_ANSWER : description || WRONG_ANSWER;
}
